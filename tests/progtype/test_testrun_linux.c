/*
 * BPF_PROG_TEST_RUN of the same programs, on the same random packets and contexts, on Linux and on
 * skep: errno, retval, sizes and every byte that comes back have to be equal.  The programs load
 * and store each field of their context, and move the ends of their packet.
 */
#include <errno.h>
#include <sys/utsname.h>

#include "base/usercopy.h"
#include "progtype/progtype.h"
#include "sys/sys.h"
#include "tests/lib/linux_prog.h"
#include "tests/tap.h"

enum { ROUNDS = 12, MAX_INSNS = 24, DATA_MAX = 6000, CTX_MAX = 200, SHOWN = 10 };

#define INSN(c, d, s, o, i)                                                                        \
	((struct bpf_insn){.code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i)})
#define MOV(d, i) INSN(0xb7, d, 0, 0, i)
#define MOVX(d, s) INSN(0xbf, d, s, 0, 0)
#define CALL(id) INSN(0x85, 0, 0, 0, id)
#define EXIT INSN(0x95, 0, 0, 0, 0)

struct program {
	char name[64];
	u32 type, attach;
	u32 len;
	struct bpf_insn insns[MAX_INSNS];
};

/* One call, and all that it may change. */
struct call {
	union bpf_attr attr;
	long ret;
	u8 data[DATA_MAX], ctx[CTX_MAX], data_out[DATA_MAX + 64], ctx_out[CTX_MAX];
};

static struct {
	struct skep *skep;
	u64 seed;
	u32 same, worked, differ;
	struct call theirs, ours;
} fixture = {.seed = 1};

static void none_differed(void)
{
	CHECK_EQ(fixture.differ, 0);
	fixture.differ = 0;
}

static u32 random_below(u32 n)
{
	fixture.seed = fixture.seed * 6364136223846793005ull + 1442695040888963407ull;
	return (u32)((fixture.seed >> 33) % n);
}

static void emit(struct program *p, struct bpf_insn insn)
{
	if (p->len < MAX_INSNS)
		p->insns[p->len++] = insn;
}

static long bpf_on(struct skep *skep, int cmd, union bpf_attr *attr)
{
	long ret;

	if (skep)
		return sys_bpf(skep, cmd, attr, sizeof(*attr));
	ret = linux_bpf(cmd, attr);
	return ret < 0 ? -errno : ret;
}

static long load_on(struct skep *skep, const struct program *p)
{
	union bpf_attr attr = {
		.prog_type = p->type,
		.expected_attach_type = p->attach,
		.insns = ptr_to_u64(p->insns),
		.insn_cnt = p->len,
		.license = ptr_to_u64("GPL"),
	};

	return bpf_on(skep, BPF_PROG_LOAD, &attr);
}

/* What the caller passes is by address, and has to be each call's own. */
static void run_on(struct skep *skep, long fd, struct call *c)
{
	union bpf_attr *attr = &c->attr;

	attr->test.prog_fd = (u32)fd;
	if (attr->test.data_in)
		attr->test.data_in = ptr_to_u64(c->data);
	if (attr->test.data_out)
		attr->test.data_out = ptr_to_u64(c->data_out);
	if (attr->test.ctx_in)
		attr->test.ctx_in = ptr_to_u64(c->ctx);
	if (attr->test.ctx_out)
		attr->test.ctx_out = ptr_to_u64(c->ctx_out);
	c->ret = bpf_on(skep, BPF_PROG_TEST_RUN, attr);
}

static u32 first_difference(const u8 *a, const u8 *b, u32 n)
{
	u32 i = 0;

	while (i < n && a[i] == b[i])
		i++;
	return i;
}

static void show(const struct program *p, const struct call *a, const struct call *b)
{
	printf("# %s: size %u ctx %u/%u flags %u repeat %u: Linux %ld retval %x sizes %u %u, "
	       "skep %ld retval %x sizes %u %u; data differs at %u, context at %u (%02x, %02x)\n",
	       p->name, a->attr.test.data_size_in, a->attr.test.ctx_size_in,
	       a->attr.test.ctx_size_out, a->attr.test.flags, a->attr.test.repeat, a->ret,
	       a->attr.test.retval, a->attr.test.data_size_out, a->attr.test.ctx_size_out, b->ret,
	       b->attr.test.retval, b->attr.test.data_size_out, b->attr.test.ctx_size_out,
	       first_difference(a->data_out, b->data_out, sizeof(a->data_out)),
	       first_difference(a->ctx_out, b->ctx_out, CTX_MAX),
	       a->ctx_out[first_difference(a->ctx_out, b->ctx_out, CTX_MAX - 1)],
	       b->ctx_out[first_difference(a->ctx_out, b->ctx_out, CTX_MAX - 1)]);
}

static void compare(const struct program *p)
{
	const struct call *a = &fixture.theirs, *b = &fixture.ours;

	if (a->ret == b->ret && a->attr.test.retval == b->attr.test.retval &&
	    a->attr.test.data_size_out == b->attr.test.data_size_out &&
	    a->attr.test.ctx_size_out == b->attr.test.ctx_size_out &&
	    !memcmp(a->data_out, b->data_out, sizeof(a->data_out)) &&
	    !memcmp(a->ctx_out, b->ctx_out, sizeof(a->ctx_out)) &&
	    !memcmp(a->ctx, b->ctx, sizeof(a->ctx))) {
		fixture.same++;
		fixture.worked += a->ret == 0;
		return;
	}
	if (fixture.differ++ < SHOWN)
		show(p, a, b);
}

/* A frame of a kind that matters to eth_type_trans, of a size at one of the limits or anywhere. */
static void random_frame(struct call *c, u32 max)
{
	static const u16 sizes[] = {0,  13, 14,  15,   33,   34,   53,  54,
				    60, 64, 100, 1500, 3711, 3712, 3713};
	static const u16 protocols[] = {0x0800, 0x86dd, 0x0806, 0x8100, 0x0020, 0x05ff, 0x0600};
	u16 protocol = protocols[random_below(7)];
	u32 size = random_below(3) ? random_below(200) : sizes[random_below(15)];

	if (max > 4096 && !random_below(4))
		size = 3400 + random_below(DATA_MAX - 3400);
	for (u32 i = 0; i < DATA_MAX; i++)
		c->data[i] = (u8)(random_below(256));
	if (random_below(2))
		memset(c->data, 0, 6);
	if (!random_below(4))
		memset(c->data, 0xff, 16);
	c->data[12] = (u8)(protocol >> 8);
	c->data[13] = (u8)protocol;
	c->attr.test.data_in = size != 0;
	c->attr.test.data_size_in = size;
}

static void random_outputs(struct call *c)
{
	u32 size = c->attr.test.data_size_in;

	c->attr.test.data_out = random_below(4) != 0;
	if (c->attr.test.data_out)
		c->attr.test.data_size_out =
			random_below(4) ? sizeof(c->data_out) : random_below(size + 2);
	c->attr.test.ctx_out = random_below(2);
	if (c->attr.test.ctx_out)
		c->attr.test.ctx_size_out = random_below(8) ? CTX_MAX : 1 + random_below(CTX_MAX);
	c->attr.test.repeat = random_below(8) ? 0 : random_below(4);
}

/* A word here and there; of devices only the loopback is surely the same on both. */
static void random_ctx(struct call *c, const struct progtype *type)
{
	u32 size = type->ctx->size;

	c->attr.test.ctx_in = random_below(3) != 0;
	if (!c->attr.test.ctx_in)
		return;
	c->attr.test.ctx_size_in = random_below(4) ? size : 1 + random_below(CTX_MAX);
	for (u32 n = random_below(3); n; n--) {
		const struct ctx_field *f = &type->ctx->fields[random_below(type->ctx->nr_fields)];
		u32 value = random_below(4) ? random_below(100) : (u32)fixture.seed;

		if (strstr(f->name, "ifindex") || random_below(100) == 0)
			value &= 1;
		memcpy(c->ctx + f->off, &value, f->size < 4 ? f->size : 4);
	}
}

static void random_xdp_ctx(struct call *c)
{
	u32 words[6] = {0};

	c->attr.test.ctx_in = random_below(3) != 0;
	if (!c->attr.test.ctx_in)
		return;
	c->attr.test.ctx_size_in = sizeof(words);
	words[0] = random_below(3) ? 0 : 4 * random_below(10);
	words[1] = random_below(4) ? c->attr.test.data_size_in
				   : random_below(c->attr.test.data_size_in + 2);
	if (!random_below(10))
		words[random_below(6)] = random_below(3);
	words[3] &= 1;
	memcpy(c->ctx, words, sizeof(words));
}

static void random_call(struct call *c, const struct program *p)
{
	const struct progtype *type = progtype_by_id(p->type);

	memset(c, 0, sizeof(*c));
	if (p->type != BPF_PROG_TYPE_SK_LOOKUP)
		random_frame(c, p->type == BPF_PROG_TYPE_XDP ? DATA_MAX : 4096);
	random_outputs(c);
	if (type->packet & PACKET_SKB && !random_below(4))
		c->attr.test.flags = BPF_F_TEST_SKB_CHECKSUM_COMPLETE;
	if (p->type == BPF_PROG_TYPE_XDP)
		random_xdp_ctx(c);
	else
		random_ctx(c, type);
	if (p->type == BPF_PROG_TYPE_SK_LOOKUP) {
		c->attr.test.data_out = c->attr.test.data_size_out = 0;
		c->ctx[8] = random_below(4) ? (random_below(2) ? 2 : 10) : 0;
	}
}

static void compare_program(const struct program *p)
{
	long on_linux = load_on(NULL, p), on_skep = load_on(fixture.skep, p);

	if ((on_linux < 0) != (on_skep < 0)) {
		fixture.differ++;
		printf("# %s: loading: Linux %ld, skep %ld\n", p->name, on_linux, on_skep);
	}
	for (u32 i = 0; i < ROUNDS && on_linux >= 0 && on_skep >= 0; i++) {
		random_call(&fixture.theirs, p);
		fixture.ours = fixture.theirs;
		run_on(NULL, on_linux, &fixture.theirs);
		run_on(fixture.skep, on_skep, &fixture.ours);
		compare(p);
	}
	if (on_linux >= 0)
		close((int)on_linux);
	if (on_skep >= 0)
		sys_close(fixture.skep, (int)on_skep);
}

/* Load a field; types that may only return few values hand it out through cb. */
static void field_is_read(u32 type, u32 attach, const struct ctx_field *f)
{
	struct program p = {.type = type, .attach = attach};
	const u8 code = f->size == 8 ? 0x79 : f->size == 1 ? 0x71 : 0x61;

	snprintf(p.name, sizeof(p.name), "type %u loads %s", type, f->name);
	emit(&p, INSN(code, 2, 1, (s16)f->off, 0));
	if (type == BPF_PROG_TYPE_CGROUP_SKB) {
		emit(&p, INSN(0x63, 1, 2, offsetof(struct __sk_buff, cb), 0));
		emit(&p, MOV(0, 1));
	} else if (type == BPF_PROG_TYPE_SK_LOOKUP) {
		emit(&p, INSN(0x77, 2, 0, 0, (s32)random_below(8)));
		emit(&p, INSN(0x57, 2, 0, 0, 1));
		emit(&p, MOVX(0, 2));
	} else {
		emit(&p, MOVX(0, 2));
	}
	emit(&p, EXIT);
	compare_program(&p);
}

/* Store into a field and load it again.  Linux ignores a queue that is no number of 16 bits. */
static void field_is_written(u32 type, u32 attach, const struct ctx_field *f)
{
	struct program p = {.type = type, .attach = attach};
	const int wide = f->size == 8, queue = !strcmp(f->name, "queue_mapping");

	snprintf(p.name, sizeof(p.name), "type %u stores %s", type, f->name);
	emit(&p, MOV(2, (s32)random_below(queue ? 65535 : 100000)));
	emit(&p, INSN(wide ? 0x7b : 0x63, 1, 2, (s16)f->off, 0));
	emit(&p, INSN(wide ? 0x79 : 0x61, 0, 1, (s16)f->off, 0));
	if (type == BPF_PROG_TYPE_CGROUP_SKB)
		emit(&p, MOV(0, 1));
	emit(&p, EXIT);
	compare_program(&p);
}

static const struct {
	u32 type, attach;
} compared[] = {
	{BPF_PROG_TYPE_SOCKET_FILTER, 0}, {BPF_PROG_TYPE_SCHED_CLS, 0},
	{BPF_PROG_TYPE_SCHED_ACT, 0},     {BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS},
	{BPF_PROG_TYPE_LWT_IN, 0},        {BPF_PROG_TYPE_LWT_XMIT, 0},
	{BPF_PROG_TYPE_XDP, 0},           {BPF_PROG_TYPE_SK_LOOKUP, BPF_SK_LOOKUP},
};

static void contexts(void)
{
	for (u32 i = 0; i < ARRAY_SIZE(compared); i++) {
		const struct progtype *type = progtype_by_id(compared[i].type);
		u32 attach = compared[i].attach;

		for (u32 k = 0; k < type->ctx->nr_fields; k++) {
			const struct ctx_field *f = &type->ctx->fields[k];
			u32 size = f->size > 8 ? 4 : f->size;

			if (f->kind != FIELD_SCALAR)
				continue;
			if (progtype_ctx_field(type, attach, (int)f->off, size, 0))
				field_is_read(type->id, attach, f);
			if (progtype_ctx_field(type, attach, (int)f->off, size, 1))
				field_is_written(type->id, attach, f);
		}
	}
	none_differed();
}

/* A helper of (ctx, delta, 0, 0), called twice; what it says is the result. */
static void end_is_moved(u32 type, u32 helper, s32 delta)
{
	struct program p = {.type = type};

	snprintf(p.name, sizeof(p.name), "type %u calls %u with %d", type, helper, delta);
	emit(&p, MOVX(6, 1));
	for (int i = 0; i < 2; i++) {
		emit(&p, MOVX(1, 6));
		emit(&p, MOV(2, delta));
		emit(&p, MOV(3, 0));
		emit(&p, MOV(4, 0));
		emit(&p, MOV(5, 0));
		emit(&p, CALL((s32)helper));
		if (i == 0)
			emit(&p, MOVX(7, 0));
	}
	emit(&p, INSN(0x67, 7, 0, 0, 8));
	emit(&p, INSN(0x4f, 0, 7, 0, 0));
	emit(&p, EXIT);
	compare_program(&p);
}

static void xdp_ends(void)
{
	static const u32 helpers[] = {BPF_FUNC_xdp_adjust_head, BPF_FUNC_xdp_adjust_tail,
				      BPF_FUNC_xdp_adjust_meta};

	for (u32 i = 0; i < 150; i++) {
		s32 delta = (s32)random_below(600) - 300;

		if (i % 3 == 2)
			delta &= ~3;
		end_is_moved(BPF_PROG_TYPE_XDP, helpers[i % 3], delta / (i % 5 ? 8 : 1));
	}
	none_differed();
}

static void skb_ends(void)
{
	static const struct {
		u32 helper, max;
	} moves[] = {
		{BPF_FUNC_skb_change_tail, 4000},
		{BPF_FUNC_skb_change_head, 300},
		{BPF_FUNC_skb_pull_data, 200},
	};

	for (u32 i = 0; i < 120; i++)
		end_is_moved(i % 2 ? BPF_PROG_TYPE_SCHED_CLS : BPF_PROG_TYPE_LWT_XMIT,
			     moves[i % 3].helper, (s32)random_below(moves[i % 3].max));
	none_differed();
}

static void flow_keys(void)
{
	for (u32 i = 0; i < 40; i++) {
		struct program p = {.type = BPF_PROG_TYPE_FLOW_DISSECTOR};
		u32 off = 4 * random_below(14);

		snprintf(p.name, sizeof(p.name), "flow dissector stores at %u", off);
		emit(&p, INSN(0x79, 2, 1, offsetof(struct __sk_buff, flow_keys), 0));
		emit(&p, INSN(0x69, 7, 2, (s16)off, 0));
		emit(&p, MOV(3, (s32)random_below(1000)));
		emit(&p, INSN(0x6b, 2, 3, (s16)(off + 2 * random_below(2)), 0));
		emit(&p, INSN(0x61, 2, 1, offsetof(struct __sk_buff, data), 0));
		emit(&p, INSN(0x61, 0, 1, offsetof(struct __sk_buff, data_end), 0));
		emit(&p, INSN(0x1f, 0, 2, 0, 0));
		emit(&p, EXIT);
		compare_program(&p);
	}
	none_differed();
}

static void netfilter_states(void)
{
	struct program p = {
		.name = "netfilter", .type = BPF_PROG_TYPE_NETFILTER, .attach = BPF_NETFILTER};

	emit(&p, MOV(0, 1));
	emit(&p, EXIT);
	for (u32 i = 0; i < 20; i++)
		compare_program(&p);
	none_differed();
}

/* Other versions differ in details of these calls. */
static int is_618(void)
{
	struct utsname name;

	return !uname(&name) && !strncmp(name.release, "6.18.", 5);
}

int main(void)
{
	struct skep_config config = {.usercopy = &usercopy_checked};

	if (!linux_available() || !is_618()) {
		tap_skip("test_testrun_linux", "no bpf() of Linux 6.18 here");
		return 0;
	}
	if (!CHECK(!sys_create(&config, &fixture.skep)))
		return EXIT_FAILURE;
	TEST(contexts);
	TEST(xdp_ends);
	TEST(skb_ends);
	TEST(flow_keys);
	TEST(netfilter_states);
	printf("# %u calls the same, %u of them worked\n", fixture.same, fixture.worked);
	sys_free(fixture.skep);
	return tap_status();
}
