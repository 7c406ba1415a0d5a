/*
 * Packet pointers: what comparisons with the packet's end tell.  A range is how many bytes from the
 * pointer's base (its id) are there for sure.
 */
#include <errno.h>

#include "verifier/walk.h"

enum { MAX_PACKET_OFF = 0xffff };

/* At the start of what it points to, and nothing added. */
static int is_start(const struct reg *r, u8 type)
{
	return r->type == type && !r->id && !r->off && num_is_const(&r->num) && !r->num.var.value;
}

/* "p op end": the pointer that moves, and what is its end. */
static int bounds(const struct reg *p, const struct reg *end)
{
	return (p->type == REG_PACKET && end->type == REG_PACKET_END) ||
	       (p->type == REG_PACKET_META && is_start(end, REG_PACKET));
}

struct learnt {
	u8 type;
	u32 id;
	s32 range;
};

static int is_same_base(const struct reg *r, const void *cookie)
{
	const struct learnt *l = cookie;

	return r->type == l->type && r->id == l->id && r->range < l->range;
}

static void widen_range(struct reg *r, const void *cookie)
{
	r->range = ((const struct learnt *)cookie)->range;
}

/* In s, p is at most (open: below) the end. */
static int p_is_within(struct walk *w, struct state *s, const struct reg *p, int open)
{
	struct learnt l = {p->type, p->id, p->off + open};
	struct reg_change change = {is_same_base, widen_range, &l};

	if (p->off < 0 || (!p->off && open))
		return 0;
	/* sound because: below that nothing wraps around */
	if (p->num.umax > MAX_PACKET_OFF || p->num.umax + (u64)p->off > MAX_PACKET_OFF)
		return 0;
	return state_change_regs(&w->pool, s, &change);
}

/* In s, register i is past (or at) the end. */
static void p_is_outside(struct state *s, u32 i, int past)
{
	struct reg *r = &state_top(s)->reg[i];

	if (r->type == REG_PACKET)
		r->range = past ? RANGE_BEYOND_END : RANGE_AT_END;
}

static u8 mirrored(u8 op)
{
	switch (op) {
	case BPF_JGT:
		return BPF_JLT;
	case BPF_JLT:
		return BPF_JGT;
	case BPF_JGE:
		return BPF_JLE;
	case BPF_JLE:
		return BPF_JGE;
	default:
		return op;
	}
}

/* "if p op end": within the end in one branch, outside in the other. */
static int learn(struct walk *w, u32 regno, u8 op, struct state *taken)
{
	struct reg p = *reg_at(w, regno);
	/* p > end, p >= end: outside if taken */
	int out_if_taken = op == BPF_JGT || op == BPF_JGE;
	/* p < end is the exact opposite of p >= end, p <= end of p > end */
	int open = op == BPF_JGE || op == BPF_JLT;
	struct state *in = out_if_taken ? w->cur : taken, *out = out_if_taken ? taken : w->cur;
	int err = p_is_within(w, in, &p, open);

	p_is_outside(out, regno, !open);
	return err ? err : 1;
}

int packets_compare(struct walk *w, const struct bpf_insn *insn, struct state *taken)
{
	const struct reg *dst = reg_at(w, insn->dst_reg), *src = reg_at(w, insn->src_reg);
	u8 op = BPF_OP(insn->code);

	if (BPF_SRC(insn->code) != BPF_X || BPF_CLASS(insn->code) == BPF_JMP32)
		return 0;
	if (mirrored(op) == op)
		return 0;
	if (bounds(dst, src))
		return learn(w, insn->dst_reg, op, taken);
	if (bounds(src, dst))
		return learn(w, insn->src_reg, mirrored(op), taken);
	return 0;
}

int packets_branch(const struct reg *dst, const struct reg *src, u8 op)
{
	const struct reg *p = dst;

	if (src->type != REG_PACKET_END) {
		if (dst->type != REG_PACKET_END)
			return -1;
		p = src;
		op = mirrored(op);
	}
	if (p->range >= 0)
		return -1;
	if (op == BPF_JLE || op == BPF_JGT)
		return p->range == RANGE_BEYOND_END ? op == BPF_JGT : -1;
	if (op == BPF_JLT || op == BPF_JGE)
		return op == BPF_JGE;
	return -1;
}

static int is_of_packet(const struct reg *r, const void *cookie)
{
	(void)cookie;
	return reg_is_packet(r) || r->type == REG_PACKET_END || r->flags & REG_DYNPTR_SLICE;
}

static void becomes_unknown(struct reg *r, const void *cookie)
{
	(void)cookie;
	reg_set_unknown(r);
}

/* The packet may have moved: what pointed into it is a number. */
int forget_packets(struct walk *w)
{
	struct reg_change change = {is_of_packet, becomes_unknown, NULL};

	return state_change_regs(&w->pool, w->cur, &change);
}
