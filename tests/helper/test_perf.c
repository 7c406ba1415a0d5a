/*
 * bpf_perf_event_output on Linux and on skep: what it returns, and the bytes of the record that
 * readers find in the buffer, for all sizes and flags of the table.
 */
#include <errno.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "map/perf.h"
#include "sys/sys.h"
#include "tests/lib/both.h"
#include "tests/lib/linux_prog.h"
#include "tests/tap.h"

enum { PAGE = 4096, RING = 8 * PAGE, DATA = 200, CPUS = 64 };

/* A system with a buffer for the first CPU; skep NULL: Linux. */
struct side {
	struct skep *skep;
	int array, ring;
	struct perf_event_mmap_page *page;
};

/* A record and what the call returned. */
struct result {
	u64 r0, len;
	u8 record[4096];
};

static int open_ring(struct side *s)
{
	struct perf_event_attr attr = {.type = PERF_TYPE_SOFTWARE,
				       .size = sizeof(attr),
				       .config = PERF_COUNT_SW_BPF_OUTPUT,
				       .sample_type = PERF_SAMPLE_RAW,
				       .sample_period = 1,
				       .wakeup_events = 1};
	struct obj *ring;
	void *page = MAP_FAILED;

	if (s->skep) {
		if (perf_ring_create(s->skep, &ring))
			return 0;
		s->ring = sys_fd_for_obj(s->skep, ring);
		if (perf_ring_map(ring, PAGE + RING, &page))
			page = MAP_FAILED;
		obj_put(ring);
	} else {
		s->ring = (int)syscall(__NR_perf_event_open, &attr, -1, 0, -1, 0);
		page = mmap(NULL, PAGE + RING, PROT_READ | PROT_WRITE, MAP_SHARED, s->ring, 0);
	}
	s->page = page;
	return page != MAP_FAILED;
}

/* The array with the buffer at index 0; nothing is at 1. */
static int open_side(struct side *s)
{
	union bpf_attr attr = {.map_type = BPF_MAP_TYPE_PERF_EVENT_ARRAY,
			       .key_size = 4,
			       .value_size = 4,
			       .max_entries = 2};
	u32 key = 0;

	s->array = (int)both_bpf(s->skep, BPF_MAP_CREATE, &attr);
	if (!CHECK(s->array >= 0) || !CHECK(open_ring(s)))
		return 0;
	attr = (union bpf_attr){
		.map_fd = (u32)s->array, .key = ptr_to_u64(&key), .value = ptr_to_u64(&s->ring)};
	return CHECK(!both_bpf(s->skep, BPF_MAP_UPDATE_ELEM, &attr));
}

static int open_sides(struct side *theirs, struct side *ours)
{
	struct skep_config config = {.os = &os_host};

	return CHECK(!sys_create(&config, &ours->skep)) && open_side(theirs) && open_side(ours);
}

static void close_sides(struct side *theirs, struct side *ours)
{
	munmap(theirs->page, PAGE + RING);
	close(theirs->ring);
	close(theirs->array);
	sys_close(ours->skep, ours->ring);
	sys_close(ours->skep, ours->array);
	sys_free(ours->skep);
}

struct call {
	u32 type, size;
	u64 flags;
};

/* 200 bytes on the stack, all of the value 0x5a, are the data; R0 & 0xffff is returned. */
static int load(const struct side *s, const struct call *call)
{
	struct bpf_insn insns[64] = {
		{.code = BPF_LD | BPF_IMM | BPF_DW,
		 .dst_reg = 2,
		 .src_reg = BPF_PSEUDO_MAP_FD,
		 .imm = s->array},
		{.code = 0},
		{.code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = 3, .imm = (s32)call->flags},
		{.code = 0, .imm = (s32)(call->flags >> 32)},
		{.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 4, .src_reg = 10},
		{.code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = 4, .imm = -DATA},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 5, .imm = (s32)call->size},
	};
	union bpf_attr attr = {
		.prog_type = call->type, .insns = ptr_to_u64(insns), .license = ptr_to_u64("GPL")};
	u32 n = 7;

	for (int at = -DATA; at < 0; at += 8)
		insns[n++] = (struct bpf_insn){.code = BPF_ST | BPF_MEM | BPF_DW,
					       .dst_reg = 10,
					       .off = (s16)at,
					       .imm = 0x5a5a5a5a};
	insns[n++] =
		(struct bpf_insn){.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_perf_event_output};
	insns[n++] = (struct bpf_insn){.code = BPF_JMP | BPF_EXIT};
	attr.insn_cnt = n;
	return (int)both_bpf(s->skep, BPF_PROG_LOAD, &attr);
}

/* What came since the last time; the reader's position moves on. */
static void read_ring(struct side *s, struct result *out)
{
	const u8 *data = (const u8 *)s->page + PAGE;
	u64 head = __atomic_load_n(&s->page->data_head, __ATOMIC_ACQUIRE);

	out->len = head - s->page->data_tail;
	CHECK(out->len <= sizeof(out->record));
	for (u64 i = 0; i < out->len && i < sizeof(out->record); i++)
		out->record[i] = data[(s->page->data_tail + i) % RING];
	__atomic_store_n(&s->page->data_tail, head, __ATOMIC_RELEASE);
}

static int run(struct side *s, const struct call *call, struct result *out)
{
	u8 packet[100];
	union bpf_attr attr = {
		.test = {.data_in = ptr_to_u64(packet), .data_size_in = sizeof(packet)}};
	int fd = load(s, call);
	long err;

	for (u32 i = 0; i < sizeof(packet); i++)
		packet[i] = (u8)i;
	memset(out, 0, sizeof(*out));
	if (!CHECK(fd >= 0))
		return 0;
	attr.test.prog_fd = (u32)fd;
	err = both_bpf(s->skep, BPF_PROG_TEST_RUN, &attr);
	out->r0 = attr.test.retval;
	read_ring(s, out);
	both_close(s->skep, fd);
	return CHECK(err == 0);
}

/*
 * The bytes behind the program's own up to the next multiple of 8 are whatever was there in Linux's
 * buffer: not compared.
 */
static int same(const struct result *a, const struct result *b, u64 bytes)
{
	return a->r0 == b->r0 && a->len == b->len &&
	       !memcmp(a->record, b->record, a->len < bytes ? a->len : bytes);
}

static void compare(struct side *theirs, struct side *ours, const struct call *call)
{
	static struct result a, b;
	u64 bytes = sizeof(struct perf_event_header) + 4 + call->size + (call->flags >> 32);

	if (!run(theirs, call, &a) || !run(ours, call, &b) || same(&a, &b, bytes))
		return;
	tap_bad++;
	printf("# type %u size %u flags %llx: Linux %d, %llu bytes; skep %d, %llu bytes\n",
	       call->type, call->size, (long long)call->flags, (s32)a.r0, (long long)a.len,
	       (s32)b.r0, (long long)b.len);
	for (u64 i = 0; i < a.len && i < b.len; i++)
		if (a.record[i] != b.record[i])
			printf("#   byte %llu: Linux %02x, skep %02x\n", (long long)i, a.record[i],
			       b.record[i]);
}

/* bpf_perf_event_read and bpf_perf_event_read_value: what they return, or else the counter. */
static long counter(const struct side *s, u32 helper, u64 flags)
{
	const struct bpf_insn insns[] = {
		{.code = BPF_LD | BPF_IMM | BPF_DW,
		 .dst_reg = 1,
		 .src_reg = BPF_PSEUDO_MAP_FD,
		 .imm = s->array},
		{.code = 0},
		{.code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = 2, .imm = (s32)flags},
		{.code = 0, .imm = (s32)(flags >> 32)},
		{.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 3, .src_reg = 10},
		{.code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = 3, .imm = -24},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 4, .imm = 24},
		{.code = BPF_ST | BPF_MEM | BPF_DW, .dst_reg = 10, .off = -24},
		{.code = BPF_ST | BPF_MEM | BPF_DW, .dst_reg = 10, .off = -16, .imm = 1},
		{.code = BPF_JMP | BPF_CALL, .imm = (s32)helper},
		{.code = BPF_JMP | BPF_JNE | BPF_K, .off = 3}, /* if r0 != 0 goto exit */
		{.code = BPF_LDX | BPF_MEM | BPF_DW, .src_reg = 10, .off = -24},
		{.code = BPF_LDX | BPF_MEM | BPF_DW, .dst_reg = 1, .src_reg = 10, .off = -16},
		{.code = BPF_JMP | BPF_JNE | BPF_K, .dst_reg = 1, .off = 1},
		{.code = BPF_JMP | BPF_EXIT},
		{.code = BPF_ALU64 | BPF_ADD | BPF_K, .imm = 1000}, /* it has been there */
		{.code = BPF_JMP | BPF_EXIT},
	};
	u8 packet[64] = {0};
	union bpf_attr attr = {.prog_type = BPF_PROG_TYPE_SCHED_CLS,
			       .insns = ptr_to_u64(insns),
			       .insn_cnt = ARRAY_SIZE(insns),
			       .license = ptr_to_u64("GPL")};
	int fd = (int)both_bpf(s->skep, BPF_PROG_LOAD, &attr);

	attr = (union bpf_attr){.test = {.prog_fd = (u32)fd,
					 .data_in = ptr_to_u64(packet),
					 .data_size_in = sizeof(packet)}};
	CHECK(!both_bpf(s->skep, BPF_PROG_TEST_RUN, &attr));
	both_close(s->skep, fd);
	return (s32)attr.test.retval;
}

static void counters_as_linux(void)
{
	static const u64 flags[] = {0, 1, 2, BPF_F_CURRENT_CPU, 1ull << 32};
	struct side theirs = {.skep = NULL}, ours;

	if (!open_sides(&theirs, &ours))
		return;
	for (u32 i = 0; i < ARRAY_SIZE(flags); i++) {
		CHECK_EQ(counter(&ours, BPF_FUNC_perf_event_read, flags[i]),
			 counter(&theirs, BPF_FUNC_perf_event_read, flags[i]));
		CHECK_EQ(counter(&ours, BPF_FUNC_perf_event_read_value, flags[i]),
			 counter(&theirs, BPF_FUNC_perf_event_read_value, flags[i]));
	}
	close_sides(&theirs, &ours);
}

static void records_as_linux(void)
{
	static const u32 types[] = {BPF_PROG_TYPE_SCHED_CLS, BPF_PROG_TYPE_XDP,
				    BPF_PROG_TYPE_SOCKET_FILTER};
	static const u32 sizes[] = {0, 1, 3, 4, 5, 8, 12, 13, 100, 200};
	static const u64 lens[] = {0, 1, 14, 61, 86, 99, 100, 101, 0xfffff, 0x100000};
	static const u64 indices[] = {0, 1, 2, BPF_F_CURRENT_CPU, 7};
	struct side theirs = {.skep = NULL}, ours;
	u32 n = 0;

	if (!open_sides(&theirs, &ours))
		return;
	for (u32 t = 0; t < ARRAY_SIZE(types); t++)
		for (u32 s = 0; s < ARRAY_SIZE(sizes); s++)
			for (u32 l = 0; l < ARRAY_SIZE(lens); l++)
				for (u32 i = 0; i < ARRAY_SIZE(indices); i++, n++)
					compare(&theirs, &ours,
						&(struct call){types[t], sizes[s],
							       lens[l] << 32 | indices[i]});
	printf("# %u calls\n", n);
	close_sides(&theirs, &ours);
}

/* Buffers are CPUs': stay on the first. */
static int stay(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	return !sched_setaffinity(0, sizeof(set), &set);
}

int main(void)
{
	if (!linux_available() || !stay()) {
		tap_skip("records_as_linux", "no bpf() here, or no first CPU");
		return EXIT_SUCCESS;
	}
	TEST(records_as_linux);
	TEST(counters_as_linux);
	return tap_status();
}
