/*
 * Helpers against Linux: every call of calls.def, run by BPF_PROG_TEST_RUN and by our own functions
 * on the same packet, has to leave the same result, memory, context fields and packet.
 */
#include <arpa/inet.h>
#include <errno.h>

#include "../lib/linux_prog.h"
#include "../tap.h"
#include "base/skep.h"
#include "helper/helper.h"
#include "helper/packet.h"

enum arg_how {
	HOW_NONE,
	HOW_CTX,
	HOW_VALUE, /* each of the set, from memory: unknown to the verifier */
	HOW_CONST, /* each of the set, as a constant */
	HOW_MEM,   /* the address of `n` bytes, or of a pattern when n is 0 */
};

struct call_arg {
	enum arg_how how;
	const u64 *set; /* the bytes of HOW_MEM */
	u32 n;
};

struct call_step {
	const char *helper;
	struct call_arg arg[5];
};

struct call {
	u32 line;
	u64 types, packets;
	struct call_step step[3]; /* the last is the one that is tried */
	u32 flags;
};

enum { ALL = -1, NO_FLAGS = 0, IGNORE_R0 = 1, SOCKET = 2, NO_CGROUP = 0 };
enum { IP4 = 1, IP4_CE = 2, IP4_SHORT = 4, IP6 = 8, VLAN = 16, ARP = 256 };

static const u64 offsets[] = {0,  1,  13, 14,    33,    34,      41,         42,
			      69, 74, 75, 65535, 65536, 1 << 20, 0x7fffffff, 0xffffffff};
static const u64 sizes[] = {1, 2, 4, 14, 20, 60};
static const u64 small[] = {0, 1, 2, 3, 4, 8};
static const u64 flags2[] = {0, 1, 2, 3, 4, 1ull << 32, -1ull};
static const u64 lengths[] = {0,    1,    13,   14,    34,    42,         60,
			      1500, 3500, 3501, 16064, 16065, 0x7fffffff, 0xffffffff};
static const u64 csum_offsets[] = {0, 1, 24, 50, 72, 73, 74, 65536, 0xffffffff};
static const u64 words[] = {0, 1, 0xffff, 0x1234, 0xfffe0001, 0xffffffff, 1ull << 33};
static const u64 csum_flags[] = {0,    1,    2,    4,    0x10, 0x12, 0x14, 0x20,
				 0x22, 0x24, 0x60, 0x62, 0x74, 0x84, 0x94, 0x102};
static const u64 csum_sizes[] = {4, 8, 20, 60, 62};
static const u64 protocols[] = {0, 0x0008, 0xdd86, 0x0081, 0xa888, 0x0608, 0x1ffff};
static const u64 diffs[] = {0,    1,    4,   14,     20,      40,         0xfff,      0x1000,
			    -1,   -2,   -4,  -8,     -14,     -20,        -40,        -50,
			    -60,  -61,  -74, -0xfff, -0x1000, 0x7fffffff, 0x80000000, 216,
			    -216, -217, 256, -256,   3500,    3520};
static const u64 room_flags[] = {0,
				 1,
				 2,
				 3,
				 4,
				 6,
				 8,
				 0xa,
				 0x12,
				 0x1a,
				 0x20,
				 0x22,
				 0x42,
				 0x80,
				 0x100,
				 0x180,
				 0x102,
				 0x200,
				 0x400,
				 14ull << 56 | 0x42,
				 64ull << 56 | 0x42,
				 -1ull};
static const u64 indices[] = {0, 1, 77777, 0xffffffff};
static const u64 absent[] = {0, 77777, 0xffffffff};
static const u64 flag_bits[] = {0, 1, 2, 4, 8, 16, 32, 64, 1 << 16, 1 << 17, 1ull << 40, -1ull};
static const u64 fib_sizes[] = {1, 63, 64, 128};
static const u64 tunnel_sizes[] = {4, 8, 12, 20, 24, 28, 44, 48};
static const u64 encap_types[] = {0, 1, 2, 3, 0xffffffff};
static const u64 actions[] = {0, 1, 2, 3, 7, 9, 16};
static const u64 bad_addresses[] = {0, 8, 4095, 1ull << 63, 0xdead000000000000};

#define U32(v) (u8)(v), (u8)((v) >> 8), (u8)((v) >> 16), (u8)((v) >> 24)
static const u8 fib_ip4[128] = {AF_INET, 6, 0, 0, 0, 0, 0, 0, U32(1)};
static const u8 fib_ip6[128] = {AF_INET6, 6, 0, 0, 0, 0, 0, 0, U32(1)};
static const u8 fib_far[128] = {AF_INET, 6, 0, 0, 0, 0, 0, 0, U32(77777)};
static const u8 mtu_unset[4] = {0};
static const u8 mtu_set[4] = {U32(1500)};
static const u8 tunnel_key[48] = {U32(0x123456),
				  10,
				  0,
				  0,
				  1,
				  0,
				  0,
				  0,
				  0,
				  0,
				  0,
				  0,
				  0,
				  0,
				  0,
				  0,
				  0,
				  7,
				  8,
				  0,
				  0,
				  0,
				  0,
				  0,
				  0,
				  11,
				  0,
				  0,
				  2};
static const u8 outer_ip4[60] = {0x45, 0, 0, 80, 0, 0, 0, 0, 64, 4, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2};

#define TYPES_NAMES                                                                                \
	enum {                                                                                     \
		SCHED_CLS = 1 << BPF_PROG_TYPE_SCHED_CLS,                                          \
		SOCKET_FILTER = 1 << BPF_PROG_TYPE_SOCKET_FILTER,                                  \
		CGROUP_SKB = 1 << BPF_PROG_TYPE_CGROUP_SKB,                                        \
		XDP = 1 << BPF_PROG_TYPE_XDP,                                                      \
		LWT_IN = 1 << BPF_PROG_TYPE_LWT_IN,                                                \
		LWT_OUT = 1 << BPF_PROG_TYPE_LWT_OUT,                                              \
		LWT_XMIT = 1 << BPF_PROG_TYPE_LWT_XMIT,                                            \
		LWT_SEG6LOCAL = 1 << BPF_PROG_TYPE_LWT_SEG6LOCAL                                   \
	}
TYPES_NAMES;

#define NONE                                                                                       \
	{                                                                                          \
		NULL,                                                                              \
		{                                                                                  \
			{                                                                          \
				0                                                                  \
			}                                                                          \
		}                                                                                  \
	}
#define STEP(name, ...)                                                                            \
	{                                                                                          \
#name,                                                                             \
		{                                                                                  \
			__VA_ARGS__                                                                \
		}                                                                                  \
	}
#define CTX                                                                                        \
	{                                                                                          \
		HOW_CTX, NULL, 0                                                                   \
	}
#define VALUE(values)                                                                              \
	{                                                                                          \
		HOW_VALUE, values, ARRAY_SIZE(values)                                              \
	}
#define SIZE(values)                                                                               \
	{                                                                                          \
		HOW_CONST, values, ARRAY_SIZE(values)                                              \
	}
#define C(value)                                                                                   \
	{                                                                                          \
		HOW_CONST, (const u64[]){(u64)(value)}, 1                                          \
	}
#define SIZE1(value) C(value)
#define MEM0                                                                                       \
	{                                                                                          \
		HOW_MEM, NULL, 0                                                                   \
	}
#define MEM1                                                                                       \
	{                                                                                          \
		HOW_MEM, NULL, 0                                                                   \
	}
#define BYTES(bytes)                                                                               \
	{                                                                                          \
		HOW_MEM, (const u64 *)(const void *)(bytes), sizeof(bytes)                         \
	}
#define CALL(types, packets, first, second, step, flags)                                           \
	{__LINE__, types, (u64)(packets), {first, second, step}, flags},

static const struct call calls[] = {
#include "calls.def"
};

static const struct packet_sample {
	const char *name;
	u32 len;
	u8 bytes[128];
} packets[] = {
#define PACKET(name, len, ...) {#name, len, {__VA_ARGS__}},
#include "packets.def"
};

/* What a program sees and leaves; Linux's programs have it as their map value. */
enum { FIELDS = 12, STEPS = 3, MEMORY = 128 };
struct area {
	u64 r0;
	u64 arg[5];
	u64 field[FIELDS];
	u8 memory[STEPS][5][MEMORY];
};

/* One try: the constants of the program, and the values it finds in memory. */
struct attempt {
	const struct call *call;
	u32 type;
	u32 complete; /* BPF_F_TEST_SKB_CHECKSUM_COMPLETE, or 0 */
	u64 value[5];
};

static const u16 skb_fields[FIELDS] = {
	offsetof(struct __sk_buff, len),      offsetof(struct __sk_buff, pkt_type),
	offsetof(struct __sk_buff, protocol), offsetof(struct __sk_buff, vlan_present),
	offsetof(struct __sk_buff, vlan_tci), offsetof(struct __sk_buff, vlan_proto),
	offsetof(struct __sk_buff, ifindex),  offsetof(struct __sk_buff, hash),
};
enum { SKB_FIELDS = 8 };

struct code {
	struct bpf_insn insn[160];
	u32 len;
};

static void emit(struct code *c, u8 code, u8 dst, u8 src, s16 off, s32 imm)
{
	c->insn[c->len++] = (struct bpf_insn){code, dst, src, off, imm};
}

static u32 helper_id(const char *name)
{
	for (u32 id = 1; helper_by_id(id); id++)
		if (!strcmp(helper_by_id(id)->name, name))
			return id;
	return 0;
}

static void emit_arg(struct code *c, const struct attempt *try, u32 step, u32 i)
{
	const struct call_arg *arg = &try->call->step[step].arg[i];
	u8 reg = (u8)(i + 1);

	switch (arg->how) {
	case HOW_NONE:
		break;
	case HOW_CTX:
		emit(c, BPF_ALU64 | BPF_MOV | BPF_X, reg, 6, 0, 0);
		break;
	case HOW_VALUE:
		emit(c, BPF_LDX | BPF_MEM | BPF_DW, reg, 7, (s16)offsetof(struct area, arg[i]), 0);
		break;
	case HOW_CONST:
		emit(c, BPF_ALU64 | BPF_MOV | BPF_K, reg, 0, 0,
		     (s32)(step == STEPS - 1 ? try->value[i] : arg->set[0]));
		break;
	case HOW_MEM:
		emit(c, BPF_ALU64 | BPF_MOV | BPF_X, reg, 7, 0, 0);
		emit(c, BPF_ALU64 | BPF_ADD | BPF_K, reg, 0, 0,
		     (s32)offsetof(struct area, memory[step][i]));
		break;
	}
}

static void emit_fields(struct code *c, u32 type)
{
	if (type == BPF_PROG_TYPE_XDP)
		return;
	for (u32 i = 0; i < SKB_FIELDS; i++) {
		emit(c, BPF_LDX | BPF_MEM | BPF_W, 1, 6, (s16)skb_fields[i], 0);
		emit(c, BPF_STX | BPF_MEM | BPF_DW, 7, 1, (s16)offsetof(struct area, field[i]), 0);
	}
}

static void emit_program(struct code *c, const struct attempt *try, int map)
{
	c->len = 0;
	emit(c, BPF_ALU64 | BPF_MOV | BPF_X, 6, 1, 0, 0);
	emit(c, BPF_LD | BPF_IMM | BPF_DW, 7, BPF_PSEUDO_MAP_VALUE, 0, map);
	emit(c, 0, 0, 0, 0, 0);
	for (u32 step = 0; step < STEPS; step++) {
		if (!try->call->step[step].helper)
			continue;
		for (u32 i = 0; i < 5; i++)
			emit_arg(c, try, step, i);
		emit(c, BPF_JMP | BPF_CALL, 0, 0, 0, (s32)helper_id(try->call->step[step].helper));
	}
	emit(c, BPF_STX | BPF_MEM | BPF_DW, 7, 0, 0, 0);
	emit_fields(c, try->type);
	emit(c, BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0);
	emit(c, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/* An outcome: the area, and the packet. */
struct outcome {
	struct area area;
	int error; /* of the run: EBADMSG when the packet's sum no longer holds */
	u32 len;
	u8 packet[20000];
};

static void area_init(struct area *area, const struct attempt *try)
{
	memset(area, 0, sizeof(*area));
	memcpy(area->arg, try->value, sizeof(area->arg));
	for (u32 s = 0; s < STEPS; s++)
		for (u32 i = 0; i < 5; i++) {
			const struct call_arg *arg = &try->call->step[s].arg[i];
			for (u32 k = 0; k < MEMORY; k++)
				area->memory[s][i][k] = (u8)(k * 7 + i * 50 + 1);
			if (arg->how == HOW_MEM && arg->n)
				memcpy(area->memory[s][i], arg->set, arg->n);
		}
}

static int linux_map(void)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = BPF_MAP_TYPE_ARRAY;
	attr.key_size = 4;
	attr.value_size = sizeof(struct area);
	attr.max_entries = 1;
	return (int)linux_bpf(BPF_MAP_CREATE, &attr);
}

static int linux_element(int cmd, int map, struct area *area)
{
	union bpf_attr attr;
	u32 key = 0;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = (u32)map;
	attr.key = ptr_to_u64(&key);
	attr.value = ptr_to_u64(area);
	return (int)linux_bpf(cmd, &attr);
}

static int linux_program(const struct attempt *try, int map)
{
	struct code code;
	union bpf_attr attr;

	emit_program(&code, try, map);
	memset(&attr, 0, sizeof(attr));
	attr.prog_type = try->type;
	attr.insns = ptr_to_u64(code.insn);
	attr.insn_cnt = code.len;
	attr.license = ptr_to_u64("GPL");
	return (int)linux_bpf(BPF_PROG_LOAD, &attr);
}

/* `prog` is the program of the attempt. */
static int linux_outcome(const struct attempt *try, int prog, int map,
			 const struct packet_sample *packet, struct outcome *out)
{
	union bpf_attr attr;
	u8 in[4096] = {0};

	memcpy(in, packet->bytes, sizeof(packet->bytes));
	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = (u32)prog;
	attr.test.data_in = ptr_to_u64(in);
	attr.test.data_size_in = packet->len;
	attr.test.data_out = ptr_to_u64(out->packet);
	attr.test.data_size_out = sizeof(out->packet);
	attr.test.flags = try->complete;
	if (linux_element(BPF_MAP_UPDATE_ELEM, map, &out->area))
		return -1;
	out->error = linux_bpf(BPF_PROG_TEST_RUN, &attr) ? errno : 0;
	if (out->error && out->error != EBADMSG)
		return -1;
	out->len = out->error ? 0 : attr.test.data_size_out;
	return linux_element(BPF_MAP_LOOKUP_ELEM, map, &out->area);
}

/* Our own side: a run without an engine, whose helpers are called one by one. */
struct ours {
	struct skep skep;
	struct slot slot;
	struct run run;
	u8 buf[8192];
};

static void run_steps(struct ours *o, const struct attempt *try, void *ctx, struct area *area)
{
	for (u32 s = 0; s < STEPS; s++) {
		const struct call_step *step = &try->call->step[s];
		u64 r[5] = {0};
		if (!step->helper)
			continue;
		for (u32 i = 0; i < 5; i++) {
			const struct call_arg *arg = &step->arg[i];
			if (arg->how == HOW_CTX)
				r[i] = ptr_to_u64(ctx);
			else if (arg->how == HOW_MEM)
				r[i] = ptr_to_u64(area->memory[s][i]);
			else if (arg->how != HOW_NONE)
				r[i] = s == STEPS - 1 ? try->value[i] : arg->set[0];
			if (arg->how == HOW_CONST)
				r[i] = (u64)(s64)(s32)r[i];
		}
		helper_fn fn = helper_for(helper_id(step->helper), try->type)->fn;
		area->r0 = fn(r[0], r[1], r[2], r[3], r[4], &o->run);
	}
}

/* As Linux's eth_type_trans tells type and addressee, on the loopback device. */
static void classify(struct skb *skb, const u8 *eth)
{
	static const u8 own[6];
	u16 type;

	memcpy(&type, eth + 12, 2);
	skb->u.protocol = type;
	skb->u.ifindex = 1;
	skb->u.pkt_type = eth[0] & 1 ? 2 : memcmp(eth, own, 6) ? 3 : 0;
}

enum { HEADROOM = 64, ETH = 14, XDP_HEADROOM = 216, XDP_ROOM = 3520 };

static void our_skb(struct ours *o, const struct attempt *try, u32 len, struct outcome *out)
{
	const int link = try->type == BPF_PROG_TYPE_SCHED_CLS;
	struct packet_mem mem = {o->buf, sizeof(o->buf), HEADROOM, len, &os_host};
	struct skb skb;

	skb_init(&skb, &mem);
	classify(&skb, skb.pkt.data);
	skb.net = skb.pkt.data + ETH;
	if (!link)
		skb_move_data(&skb, ETH);
	if (try->complete)
		skb_csum_complete(&skb);
	run_steps(o, try, &skb, &out->area);
	out->error = try->complete ? -skb_csum_check(&skb) : 0;
	for (u32 i = 0; i < SKB_FIELDS; i++)
		out->area.field[i] = *(u32 *)((u8 *)&skb + skb_fields[i]);
	if (!link) { /* as Linux gives it back: with an empty link layer header */
		memset(out->packet, 0, ETH);
		packet_read(&skb.pkt, 0, out->packet + ETH, packet_len(&skb.pkt));
		out->len = ETH + packet_len(&skb.pkt);
	} else {
		packet_read(&skb.pkt, 0, out->packet, packet_len(&skb.pkt));
		out->len = packet_len(&skb.pkt);
	}
	if (out->error)
		out->len = 0;
	packet_release(&skb.pkt);
}

static void our_xdp(struct ours *o, const struct attempt *try, u32 len, struct outcome *out)
{
	struct packet_mem mem = {o->buf, XDP_HEADROOM + XDP_ROOM, XDP_HEADROOM, len, &os_host};
	struct xdp xdp;

	xdp_init(&xdp, &mem);
	run_steps(o, try, &xdp, &out->area);
	/* as Linux gives it back: with its metadata */
	u32 meta = (u32)(xdp.pkt.data - xdp.pkt.data_meta);
	out->len = meta + packet_len(&xdp.pkt);
	memcpy(out->packet, xdp.pkt.data_meta, meta);
	packet_read(&xdp.pkt, 0, out->packet + meta, packet_len(&xdp.pkt));
	packet_release(&xdp.pkt);
}

static void our_outcome(struct ours *o, const struct attempt *try,
			const struct packet_sample *packet, struct outcome *out)
{
	const int xdp = try->type == BPF_PROG_TYPE_XDP;

	memset(o->buf, 0, sizeof(o->buf));
	memcpy(o->buf + (xdp ? XDP_HEADROOM : HEADROOM), packet->bytes, sizeof(packet->bytes));
	if (xdp)
		our_xdp(o, try, packet->len, out);
	else
		our_skb(o, try, packet->len, out);
}

struct count {
	u32 tried, differ, refused, skipped;
	u32 shown, shown_line;
	u8 helpers[256];
};

static void show(const struct attempt *try, const struct packet_sample *packet,
		 const struct outcome *theirs, const struct outcome *ours)
{
	printf("# calls.def:%u %s type %u packet %s%s args %llx %llx %llx %llx %llx\n",
	       try->call->line, try->call->step[2].helper, try->type, packet->name,
	       try->complete ? " (summed)" : "", (long long)try->value[0], (long long)try->value[1],
	       (long long)try->value[2], (long long)try->value[3], (long long)try->value[4]);
	printf("#   Linux r0 %lld len %u error %d, ours r0 %lld len %u error %d\n",
	       (long long)theirs->area.r0, theirs->len, theirs->error, (long long)ours->area.r0,
	       ours->len, ours->error);
	for (u32 i = 0; i < FIELDS; i++)
		if (theirs->area.field[i] != ours->area.field[i])
			printf("#   field %u: Linux %llx ours %llx\n", i,
			       (long long)theirs->area.field[i], (long long)ours->area.field[i]);
	for (u32 i = 0; i < theirs->len && i < ours->len; i++)
		if (theirs->packet[i] != ours->packet[i]) {
			printf("#   packet from byte %u: Linux %02x ours %02x\n", i,
			       theirs->packet[i], ours->packet[i]);
			break;
		}
	const u8 *a = (const u8 *)theirs->area.memory, *b = (const u8 *)ours->area.memory;
	for (u32 i = 0; i < sizeof(theirs->area.memory); i++)
		if (a[i] != b[i]) {
			printf("#   memory from byte %u: Linux %02x ours %02x\n", i, a[i], b[i]);
			break;
		}
}

static int same(const struct attempt *try, const struct outcome *a, const struct outcome *b)
{
	if (!(try->call->flags & IGNORE_R0) && a->area.r0 != b->area.r0)
		return 0;
	return a->error == b->error && a->len == b->len && !memcmp(a->packet, b->packet, a->len) &&
	       !memcmp(a->area.field, b->area.field, sizeof(a->area.field)) &&
	       !memcmp(a->area.memory, b->area.memory, sizeof(a->area.memory));
}

static void compare(struct ours *o, const struct attempt *try, int prog, int map,
		    struct count *count)
{
	static struct outcome theirs, ours;

	for (u32 p = 0; p < ARRAY_SIZE(packets); p++) {
		if (!(try->call->packets >> p & 1))
			continue;
		area_init(&theirs.area, try);
		ours.area = theirs.area;
		if (linux_outcome(try, prog, map, &packets[p], &theirs)) {
			count->skipped++;
			continue;
		}
		our_outcome(o, try, &packets[p], &ours);
		count->tried++;
		if (same(try, &theirs, &ours))
			continue;
		count->differ++;
		if (count->shown_line != try->call->line)
			count->shown = 0;
		count->shown_line = try->call->line;
		if (count->shown++ < 3)
			show(try, &packets[p], &theirs, &ours);
	}
}

/* The values of arguments from i on that come from memory: one program does for all of them. */
static void each_value(struct ours *o, struct attempt *try, u32 i, int prog, int map,
		       struct count *count)
{
	if (i == 5) {
		compare(o, try, prog, map, count);
		return;
	}
	const struct call_arg *arg = &try->call->step[2].arg[i];
	if (arg->how != HOW_VALUE) {
		each_value(o, try, i + 1, prog, map, count);
		return;
	}
	for (u32 k = 0; k < arg->n; k++) {
		try->value[i] = arg->set[k];
		each_value(o, try, i + 1, prog, map, count);
	}
}

/* The constants: a program each. */
static void each_const(struct ours *o, struct attempt *try, u32 i, int map, struct count *count)
{
	if (i == 5) {
		int prog = linux_program(try, map);
		if (prog < 0) {
			count->refused++;
			printf("# calls.def:%u %s type %u: not loaded by Linux: %s\n",
			       try->call->line, try->call->step[2].helper, try->type,
			       strerror(errno));
			return;
		}
		each_value(o, try, 0, prog, map, count);
		close(prog);
		return;
	}
	const struct call_arg *arg = &try->call->step[2].arg[i];
	if (arg->how != HOW_CONST) {
		each_const(o, try, i + 1, map, count);
		return;
	}
	for (u32 k = 0; k < arg->n; k++) {
		try->value[i] = arg->set[k];
		each_const(o, try, i + 1, map, count);
	}
}

static void walk_calls(struct ours *o, int map, struct count *count)
{
	const char *only = getenv("ONLY");

	for (u32 i = 0; i < ARRAY_SIZE(calls); i++) {
		struct attempt try = {.call = &calls[i]};
		if (only && strcmp(only, calls[i].step[2].helper))
			continue;
		for (u32 type = 0; type < 33; type++) {
			if (!(calls[i].types >> type & 1))
				continue;
			try.type = type;
			try.complete = 0;
			memset(try.value, 0, sizeof(try.value));
			each_const(o, &try, 0, map, count);
			if (type == BPF_PROG_TYPE_XDP)
				continue;
			try.complete = BPF_F_TEST_SKB_CHECKSUM_COMPLETE;
			memset(try.value, 0, sizeof(try.value));
			each_const(o, &try, 0, map, count);
		}
		count->helpers[helper_id(calls[i].step[2].helper)] = 1;
	}
}

static void every_call_as_linux(void)
{
	static struct ours o;
	static struct count count;
	int map = linux_map();
	u32 helpers = 0;

	o.skep.os = &os_host;
	o.skep.slots.slot = &o.slot;
	o.skep.slots.count = 1;
	o.run.skep = &o.skep;
	o.run.slot = &o.slot;
	walk_calls(&o, map, &count);
	for (u32 i = 0; i < sizeof(count.helpers); i++)
		helpers += count.helpers[i];
	printf("# %u helpers, %u calls, %u differ, %u not run by Linux, %u programs refused\n",
	       helpers, count.tried, count.differ, count.skipped, count.refused);
	CHECK(count.tried > 0);
	CHECK_EQ(count.differ, 0);
	CHECK_EQ(count.refused, 0);
	close(map);
}

int main(void)
{
	if (!linux_available()) {
		tap_skip("every_call_as_linux", "no bpf() here");
		return EXIT_SUCCESS;
	}
	TEST(every_call_as_linux);
	return tap_status();
}
