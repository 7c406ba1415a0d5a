/* A program writes samples, libbpf's perf_buffer reads them, from a buffer for each CPU. */
#include "client.h"

#include <bpf/libbpf.h>
#include <linux/bpf.h>

struct seen {
	int samples, lost;
};

static void on_sample(void *cookie, int cpu, void *data, __u32 size)
{
	struct seen *seen = cookie;

	(void)cpu;
	if (!seen->samples++)
		printf("sample of %u: %.5s\n", size, (const char *)data);
}

static void on_lost(void *cookie, int cpu, __u64 count)
{
	(void)cpu;
	((struct seen *)cookie)->lost += (int)count;
}

/* bpf_perf_event_output(ctx, map, BPF_F_CURRENT_CPU, "hello\0\0", 8); return 0 */
static int load(int map)
{
	struct bpf_insn insns[] = {
		{.code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = 6, .imm = 0x6c6c6568},
		{.imm = 0x6f},
		{.code = BPF_STX | BPF_MEM | BPF_DW, .dst_reg = 10, .src_reg = 6, .off = -8},
		{.code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = 2, .src_reg = 1, .imm = map},
		{.imm = 0},
		{.code = BPF_ALU | BPF_MOV | BPF_K, .dst_reg = 3, .imm = -1},
		{.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 4, .src_reg = 10},
		{.code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = 4, .imm = -8},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 5, .imm = 8},
		{.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_perf_event_output},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 0},
		{.code = BPF_JMP | BPF_EXIT},
	};

	return bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "samples", "GPL", insns,
			     sizeof(insns) / sizeof(insns[0]), NULL);
}

int main(void)
{
	int fd = map_or_die(BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, libbpf_num_possible_cpus(), NULL);
	int prog = load(fd);
	struct seen seen = {0};
	struct perf_buffer *buffer = perf_buffer__new(fd, 8, on_sample, on_lost, &seen, NULL);
	char packet[64] = {};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet));

	printf("program: %d buffer: %d\n", prog >= 0, buffer != NULL);
	if (prog < 0 || !buffer)
		return 1;
	SHOW(perf_buffer__poll(buffer, 0));
	SHOW(bpf_prog_test_run_opts(prog, &opts));
	perf_buffer__poll(buffer, 1000);
	printf("samples %d\n", seen.samples);
	for (int i = 0; i < 2000; i++) {
		bpf_prog_test_run_opts(prog, &opts);
		if (i % 100 == 99)
			perf_buffer__poll(buffer, 100);
	}
	perf_buffer__consume(buffer);
	printf("samples and lost ones %d\n", seen.samples + seen.lost);
	perf_buffer__free(buffer);
	return 0;
}
