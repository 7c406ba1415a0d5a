/* Running programs at the host's call: skep_run, skep_run_packet, skep_run_packets. */
#include <errno.h>

#include "base/abi.h"
#include "base/types.h"
#include "skep/skep.h"
#include "tests/tap.h"

enum { ROOM = 64, FRAME = 60, SIZE = 256, MANY = 100 };

#define INSN(c, d, s, o, i)                                                                        \
	{                                                                                          \
		.code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i)                \
	}
#define MOV(d, i) INSN(0xb7, d, 0, 0, i)
#define LDW(d, s, o) INSN(0x61, d, s, o, 0)
#define STW(d, o, i) INSN(0x62, d, 0, o, i)
#define CALL(id) INSN(0x85, 0, 0, 0, id)
#define EXIT INSN(0x95, 0, 0, 0, 0)
#define LOAD(type, ...)                                                                            \
	load(type, (struct bpf_insn[]){__VA_ARGS__},                                               \
	     sizeof((struct bpf_insn[]){__VA_ARGS__}) / sizeof(struct bpf_insn))

static struct {
	struct skep *skep;
	unsigned char memory[MANY][SIZE];
	struct skep_packet packet[MANY];
} fixture;

static struct skep_prog *load(u32 type, const struct bpf_insn *insns, size_t n)
{
	static char log[4096];
	union bpf_attr attr = {
		.prog_type = type,
		.insns = (uintptr_t)insns,
		.insn_cnt = (u32)n,
		.license = (uintptr_t) "GPL",
		.log_buf = (uintptr_t)log,
		.log_size = sizeof(log),
		.log_level = 1,
	};
	long fd = skep_bpf(fixture.skep, BPF_PROG_LOAD, &attr, sizeof(attr));
	struct skep_prog *prog = NULL;

	if (fd < 0)
		printf("# load: %ld %s\n", fd, log);
	CHECK(fd >= 0 && !skep_prog_get(fixture.skep, (int)fd, &prog));
	if (fd >= 0)
		skep_close(fixture.skep, (int)fd);
	return prog;
}

/* IPv4 frames whose first byte after the header is their number. */
static void fill(void)
{
	for (u32 i = 0; i < MANY; i++) {
		unsigned char *frame = fixture.memory[i] + ROOM;

		memset(fixture.memory[i], 0, SIZE);
		frame[12] = 8;
		frame[14] = (unsigned char)i;
		fixture.packet[i] = (struct skep_packet){
			.buf = fixture.memory[i],
			.size = SIZE,
			.off = ROOM,
			.len = FRAME,
			.ifindex = i + 1,
			.verdict = 77,
		};
	}
}

/* Every packet is its own: data, ends, interface. */
static void xdp_batch_sees_each_packet(void)
{
	struct skep_prog *prog =
		LOAD(BPF_PROG_TYPE_XDP, LDW(2, 1, 0), LDW(3, 1, 4), INSN(0xbf, 4, 2, 0, 0),
		     INSN(0x07, 4, 0, 0, 15), MOV(0, -1), INSN(0x2d, 4, 3, 4, 0),
		     INSN(0x71, 0, 2, 14, 0), INSN(0x67, 0, 0, 0, 8), LDW(5, 1, 12),
		     INSN(0x4f, 0, 5, 0, 0), EXIT);

	fill();
	fixture.packet[3].len = 14;
	CHECK_EQ(skep_run_packets(prog, fixture.packet, MANY), 0);
	for (u32 i = 0; i < MANY; i++)
		CHECK_EQ(fixture.packet[i].verdict, i == 3 ? UINT32_MAX : (i << 8 | (i + 1)));
	CHECK_EQ(skep_run_packets(prog, fixture.packet, 0), 0);
	skep_prog_put(prog);
}

static void xdp_moves_ends_within_the_buffer(void)
{
	struct skep_prog *prog = LOAD(BPF_PROG_TYPE_XDP, INSN(0xbf, 6, 1, 0, 0), MOV(2, -8),
				      CALL(BPF_FUNC_xdp_adjust_head), INSN(0xbf, 1, 6, 0, 0),
				      MOV(2, 4), CALL(BPF_FUNC_xdp_adjust_tail), EXIT);

	fill();
	CHECK_EQ(skep_run_packet(prog, &fixture.packet[0]), 0);
	CHECK_EQ(fixture.packet[0].verdict, 0);
	CHECK_EQ(fixture.packet[0].off, ROOM - 8);
	CHECK_EQ(fixture.packet[0].len, FRAME + 12);
	fixture.packet[1].off = 4; /* no room before it, none behind it */
	fixture.packet[1].len = SIZE - 4;
	CHECK_EQ(skep_run_packet(prog, &fixture.packet[1]), 0);
	CHECK_EQ((int)fixture.packet[1].verdict, -EINVAL);
	CHECK_EQ(fixture.packet[1].off, 4);
	CHECK_EQ(fixture.packet[1].len, SIZE - 4);
	skep_prog_put(prog);
}

static void packets_outside_their_buffer_are_refused(void)
{
	struct skep_prog *xdp = LOAD(BPF_PROG_TYPE_XDP, MOV(0, 2), EXIT);
	struct skep_prog *tc = LOAD(BPF_PROG_TYPE_SCHED_CLS, MOV(0, 2), EXIT);

	fill();
	fixture.packet[0].off = SIZE + 1;
	fixture.packet[1].len = SIZE - ROOM + 1;
	fixture.packet[2].off = UINT32_MAX;
	fixture.packet[3].buf = NULL;
	for (u32 i = 0; i < 4; i++) {
		CHECK_EQ(skep_run_packet(xdp, &fixture.packet[i]), -EINVAL);
		CHECK_EQ(skep_run_packet(tc, &fixture.packet[i]), -EINVAL);
		CHECK_EQ(fixture.packet[i].verdict, 77);
	}
	fixture.packet[4].len = 13; /* less than a link layer header */
	CHECK_EQ(skep_run_packet(xdp, &fixture.packet[4]), 0);
	CHECK_EQ(skep_run_packet(tc, &fixture.packet[4]), -EINVAL);
	skep_prog_put(xdp);
	skep_prog_put(tc);
}

/* What one packet's run writes into its context is gone for the next. */
static void skb_context_is_fresh(void)
{
	struct skep_prog *prog =
		LOAD(BPF_PROG_TYPE_SCHED_CLS, LDW(0, 1, offsetof(struct __sk_buff, cb)),
		     LDW(2, 1, offsetof(struct __sk_buff, mark)), INSN(0x4f, 0, 2, 0, 0),
		     LDW(2, 1, offsetof(struct __sk_buff, tc_classid)), INSN(0x4f, 0, 2, 0, 0),
		     LDW(2, 1, offsetof(struct __sk_buff, vlan_present)), INSN(0x4f, 0, 2, 0, 0),
		     INSN(0xbf, 7, 0, 0, 0), STW(1, offsetof(struct __sk_buff, cb), 1),
		     STW(1, offsetof(struct __sk_buff, mark), 2),
		     STW(1, offsetof(struct __sk_buff, tc_classid), 4), MOV(2, 0x81), MOV(3, 5),
		     CALL(BPF_FUNC_skb_vlan_push), INSN(0xbf, 0, 7, 0, 0), EXIT);

	fill();
	CHECK_EQ(skep_run_packets(prog, fixture.packet, MANY), 0);
	for (u32 i = 0; i < MANY; i++)
		CHECK_EQ(fixture.packet[i].verdict, 0);
	skep_prog_put(prog);
}

static void skb_types_start_where_they_should(void)
{
	static const struct {
		u32 type, len;
	} types[] = {
		{BPF_PROG_TYPE_SCHED_CLS, FRAME},     {BPF_PROG_TYPE_SCHED_ACT, FRAME},
		{BPF_PROG_TYPE_SOCKET_FILTER, FRAME}, {BPF_PROG_TYPE_LWT_IN, FRAME - 14},
		{BPF_PROG_TYPE_LWT_XMIT, FRAME - 14},
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct skep_prog *prog =
			LOAD(types[i].type, LDW(0, 1, 0),
			     LDW(2, 1, offsetof(struct __sk_buff, protocol)),
			     INSN(0x67, 2, 0, 0, 16), INSN(0x4f, 0, 2, 0, 0), EXIT);

		fill();
		CHECK_EQ(skep_run_packet(prog, &fixture.packet[0]), 0);
		CHECK_EQ(fixture.packet[0].verdict, types[i].len | 8 << 16);
		CHECK_EQ(fixture.packet[0].off, ROOM);
		CHECK_EQ(fixture.packet[0].len, FRAME);
		skep_prog_put(prog);
	}
}

/* A packet that outgrows its buffer comes back if it can, else cut off. */
static void skb_outgrows_its_buffer(void)
{
	struct skep_prog *prog = LOAD(BPF_PROG_TYPE_SCHED_CLS, MOV(2, SIZE), MOV(3, 0),
				      CALL(BPF_FUNC_skb_change_tail), EXIT);
	struct skep_prog *huge = LOAD(BPF_PROG_TYPE_SCHED_CLS, MOV(2, SIZE + 1), MOV(3, 0),
				      CALL(BPF_FUNC_skb_change_tail), EXIT);

	fill();
	CHECK_EQ(skep_run_packet(prog, &fixture.packet[7]), 0);
	CHECK_EQ(fixture.packet[7].verdict, 0);
	CHECK_EQ(fixture.packet[7].off, 0);
	CHECK_EQ(fixture.packet[7].len, SIZE);
	CHECK_EQ(fixture.memory[7][12], 8);
	CHECK_EQ(fixture.memory[7][14], 7);
	CHECK_EQ(skep_run_packets(huge, &fixture.packet[8], 2), -ENOSPC);
	CHECK_EQ(fixture.packet[8].len, SIZE + 1);
	CHECK_EQ(fixture.memory[8][14], 8);
	CHECK_EQ(fixture.packet[9].verdict, 77);
	skep_prog_put(prog);
	skep_prog_put(huge);
}

static void plain_contexts_are_the_hosts_own(void)
{
	struct skep_prog *prog = LOAD(BPF_PROG_TYPE_RAW_TRACEPOINT, LDW(0, 1, 8), EXIT);
	struct skep_prog *xdp = LOAD(BPF_PROG_TYPE_XDP, MOV(0, 2), EXIT);
	struct skep_prog *flow = LOAD(BPF_PROG_TYPE_FLOW_DISSECTOR, MOV(0, 0), EXIT);
	uint64_t args[12] = {1, 42};

	fill();
	CHECK_EQ(skep_run(prog, args), 42);
	CHECK_EQ(skep_run_packet(prog, &fixture.packet[0]), -EINVAL);
	CHECK_EQ(skep_run(xdp, args), -EINVAL);
	CHECK_EQ(skep_run(flow, args), -EINVAL);
	CHECK_EQ(skep_run_packet(flow, &fixture.packet[0]), -EINVAL);
	skep_prog_put(prog);
	skep_prog_put(xdp);
	skep_prog_put(flow);
}

static const struct {
	enum skep_engine engine;
	const char *name;
} engines[] = {
	{SKEP_ENGINE_JIT, "JIT"},
	{SKEP_ENGINE_INTERP, "interpreter"},
	{SKEP_ENGINE_CHECKED, "checked interpreter"},
};

int main(void)
{
	for (size_t i = 0; i < sizeof(engines) / sizeof(engines[0]); i++) {
		struct skep_opts opts = {.size = sizeof(opts), .engine = engines[i].engine};

		printf("# with the %s\n", engines[i].name);
		if (!CHECK(!skep_new(&opts, &fixture.skep)))
			return EXIT_FAILURE;
		TEST(xdp_batch_sees_each_packet);
		TEST(xdp_moves_ends_within_the_buffer);
		TEST(packets_outside_their_buffer_are_refused);
		TEST(skb_context_is_fresh);
		TEST(skb_types_start_where_they_should);
		TEST(skb_outgrows_its_buffer);
		TEST(plain_contexts_are_the_hosts_own);
		skep_free(fixture.skep);
	}
	return tap_status();
}
