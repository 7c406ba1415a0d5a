/* A program writes records, libbpf's ring_buffer reads them; it waits by epoll. */
#include "client.h"

#include <bpf/libbpf.h>
#include <linux/bpf.h>

static int on_record(void *cookie, void *data, size_t size)
{
	if (!(*(int *)cookie)++)
		printf("record of %zu: %s\n", size, (const char *)data);
	return 0;
}

/* bpf_ringbuf_output(map, "hello\0\0" on the stack, 8, 0); return 0 */
static int load(int map)
{
	struct bpf_insn insns[] = {
		{.code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = 6, .imm = 0x6c6c6568},
		{.imm = 0x6f},
		{.code = BPF_STX | BPF_MEM | BPF_DW, .dst_reg = 10, .src_reg = 6, .off = -8},
		{.code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = 1, .src_reg = 1, .imm = map},
		{.imm = 0},
		{.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 2, .src_reg = 10},
		{.code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = 2, .imm = -8},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 3, .imm = 8},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 4, .imm = 0},
		{.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_ringbuf_output},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 0},
		{.code = BPF_JMP | BPF_EXIT},
	};

	return bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "hello", "GPL", insns,
			     sizeof(insns) / sizeof(insns[0]), NULL);
}

int main(void)
{
	int fd = map_or_die(BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, NULL), prog, seen = 0;
	struct ring_buffer *ring;
	char packet[64] = {};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet),
		    .repeat = 1);

	show_info(fd);
	prog = load(fd);
	printf("program: %d\n", prog >= 0);
	ring = ring_buffer__new(fd, on_record, &seen, NULL);
	printf("ring: %d\n", ring != NULL);
	if (prog < 0 || !ring)
		return 1;
	SHOW(ring_buffer__poll(ring, 0));
	SHOW(bpf_prog_test_run_opts(prog, &opts));
	printf("retval %u\n", opts.retval);
	SHOW(ring_buffer__poll(ring, 1000));
	for (int i = 0; i < 1000; i++) {
		bpf_prog_test_run_opts(prog, &opts);
		if (i % 100 == 99)
			ring_buffer__consume(ring);
	}
	printf("seen %d\n", seen);
	SHOW(ring_buffer__poll(ring, 0));
	ring_buffer__free(ring);
	SHOW(bpf_map_create(BPF_MAP_TYPE_RINGBUF, "odd", 0, 0, 4097, NULL));
	SHOW(bpf_map_lookup_elem(fd, &seen, packet));
	return 0;
}
