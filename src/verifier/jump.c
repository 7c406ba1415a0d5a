/* Conditions: decided where they can be, else both ways are followed with what each of them tells.
 */
#include <errno.h>

#include "verifier/walk.h"

static int is_any_packet(const struct reg *r)
{
	return reg_is_packet(r) || r->type == REG_PACKET_END;
}

static int is_const_of(const struct reg *r, int is32)
{
	return reg_is_scalar(r) && !(is32 ? (u32)r->num.var.mask : r->num.var.mask);
}

/* A pointer that cannot be NULL, against 0. */
static int pointer_branch(const struct reg *dst, const struct reg *src, struct num_cond cond)
{
	const struct reg *ptr = is_const_of(src, cond.is32) ? dst : src;
	const struct reg *zero = ptr == dst ? src : dst;
	u64 value = cond.is32 ? (u32)zero->num.var.value : zero->num.var.value;

	if (!is_const_of(zero, cond.is32) || !reg_never_null(ptr) || value)
		return -1;
	return cond.op == BPF_JEQ ? 0 : cond.op == BPF_JNE ? 1 : -1;
}

static int branch_taken(const struct reg *dst, const struct reg *src, struct num_cond cond)
{
	if (is_any_packet(dst) && is_any_packet(src) && !cond.is32)
		return packets_branch(dst, src, cond.op);
	if (!reg_is_scalar(dst) || !reg_is_scalar(src))
		return pointer_branch(dst, src, cond);
	/* Linux does not see when a number is compared with itself: both ways are followed. */
	return num_branch(&dst->num, &src->num, cond);
}

/* The outcome rests on the exact values. */
static int rely_on(struct walk *w, const struct bpf_insn *insn)
{
	int err = 0;

	if (reg_is_scalar(reg_at(w, insn->dst_reg)))
		err = precise_reg(w, insn->dst_reg);
	if (!err && BPF_SRC(insn->code) == BPF_X && reg_is_scalar(reg_at(w, insn->src_reg)))
		err = precise_reg(w, insn->src_reg);
	return err;
}

static int check_range(struct walk *w, struct reg *r)
{
	if (!num_is_impossible(&r->num))
		return 0;
	if (w->check_invariants)
		return reject(w->env, -EFAULT, "REG INVARIANTS VIOLATION (branch)");
	num_forget_ranges(&r->num);
	return 0;
}

/* Numbers in one branch, given that the condition holds there. */
static int refine(struct walk *w, struct reg *dst, struct reg *src, struct num_cond cond)
{
	int err;

	num_assume(&dst->num, &src->num, cond);
	err = check_range(w, dst);
	return err ? err : check_range(w, src);
}

struct branch {
	const struct bpf_insn *insn;
	struct num_cond cond;
	struct reg *dst, *src; /* here, where it is not taken */
	struct state *taken;
	u64 linked;
};

static int refine_both(struct walk *w, const struct branch *b)
{
	struct frame *there = state_top(b->taken);
	struct num_cond no = {num_opposite(b->cond.op), b->cond.is32};
	struct reg constant = *b->src, *src = &constant;
	int err;

	if (!reg_is_scalar(b->dst) || !reg_is_scalar(b->src) || b->dst == b->src)
		return 0;
	if (BPF_SRC(b->insn->code) == BPF_X)
		src = &there->reg[b->insn->src_reg];
	err = refine(w, b->dst, b->src, no);
	return err ? err : refine(w, &there->reg[b->insn->dst_reg], src, b->cond);
}

static int sync_one(struct walk *w, const struct branch *b, u32 reg)
{
	const struct reg *here = reg_at(w, reg), *there = &state_top(b->taken)->reg[reg];
	int err;

	if (!reg_is_scalar(here) || !here->id)
		return 0;
	err = links_sync(w, w->cur, here, b->linked);
	return err ? err : links_sync(w, b->taken, there, b->linked);
}

static int sync(struct walk *w, const struct branch *b)
{
	int err = 0;

	if (BPF_SRC(b->insn->code) == BPF_X)
		err = sync_one(w, b, b->insn->src_reg);
	return err ? err : sync_one(w, b, b->insn->dst_reg);
}

/* Both conditions' registers' links, noted in the way before it forks. */
static int collect(struct walk *w, struct branch *b)
{
	int by_reg = BPF_SRC(b->insn->code) == BPF_X;

	if (by_reg && reg_is_scalar(b->src) && b->src->id)
		links_collect(w, w->cur, b->src->id, &b->linked);
	if (reg_is_scalar(b->dst) && b->dst->id)
		links_collect(w, w->cur, b->dst->id, &b->linked);
	return links_count(b->linked) > 1 ? walk_record(w, 0, b->linked) : 0;
}

/* "if a == b" for a that may be NULL and b that is not: where it holds a is not NULL either. */
static void equal_pointers(struct walk *w, const struct branch *b)
{
	struct frame *eq = b->cond.op == BPF_JEQ   ? state_top(b->taken)
			   : b->cond.op == BPF_JNE ? state_top(w->cur)
						   : NULL;
	int dst_null = b->dst->flags & REG_OR_NULL, src_null = b->src->flags & REG_OR_NULL;

	if (!eq || b->cond.is32 || BPF_SRC(b->insn->code) != BPF_X || reg_is_scalar(b->dst) ||
	    reg_is_scalar(b->src) || dst_null == src_null || b->dst->type == REG_BTF ||
	    b->src->type == REG_BTF)
		return;
	null_checked(&eq->reg[src_null ? b->insn->src_reg : b->insn->dst_reg]);
}

static int learn_pointers(struct walk *w, const struct branch *b)
{
	u32 dst = b->insn->dst_reg;
	int eq = b->cond.op == BPF_JEQ, err;

	equal_pointers(w, b);
	if (!b->cond.is32 && BPF_SRC(b->insn->code) == BPF_K && !b->insn->imm &&
	    (eq || b->cond.op == BPF_JNE) && b->dst->flags & REG_OR_NULL) {
		err = null_decide(w, w->cur, dst, !eq);
		return err ? err : null_decide(w, b->taken, dst, eq);
	}
	err = packets_compare(w, b->insn, b->taken);
	return err < 0 ? err : 0;
}

static int follow_both(struct walk *w, struct branch *b)
{
	int err = collect(w, b);

	if (!err)
		err = walk_push(w, w->pc + 1 + (u32)b->insn->off, w->pc, &b->taken);
	if (!err)
		err = refine_both(w, b);
	if (!err)
		err = sync(w, b);
	return err ? err : learn_pointers(w, b);
}

static struct reg *operand(struct walk *w, const struct bpf_insn *insn)
{
	if (BPF_SRC(insn->code) == BPF_X)
		return reg_at(w, insn->src_reg);
	reg_set_const(&w->fake, (u64)(s64)insn->imm);
	return &w->fake;
}

int do_jump(struct walk *w, const struct bpf_insn *insn)
{
	struct branch b = {
		.insn = insn,
		.cond = {BPF_OP(insn->code), BPF_CLASS(insn->code) == BPF_JMP32},
		.dst = reg_at(w, insn->dst_reg),
		.src = operand(w, insn),
	};
	int taken, err;

	w->jumps++;
	/* comparisons of stack pointers are in the way as they are: precision stops at them */
	if (b.dst->type == REG_STACK || b.src->type == REG_STACK) {
		err = walk_record(w,
				  (b.dst->type == REG_STACK ? STEP_DST_STACK : 0) |
					  (b.src->type == REG_STACK ? STEP_SRC_STACK : 0),
				  0);
		if (err)
			return err;
	}
	taken = branch_taken(b.dst, b.src, b.cond);
	err = taken < 0 ? follow_both(w, &b) : rely_on(w, insn);
	if (err)
		return err;
	if (w->level1)
		show_insn_state(w, w->cur, w->cur->depth);
	if (taken == 1)
		w->next = w->pc + 1 + (u32)insn->off;
	return 0;
}

/* The state that was kept here one round ago on this path: not that which was just kept. */
static struct state *kept_before(struct walk *w, u32 pc)
{
	struct state *s = w->cur->parent;

	for (s = s ? s->parent : NULL; s; s = s->parent)
		if (s->pc == pc && s->depth == w->cur->depth && prune_same_calls(s, w->cur))
			return s;
	return NULL;
}

/* Go on, and leave for later that it falls through: once more round, knowing less each time. */
int do_may_goto(struct walk *w, const struct bpf_insn *insn)
{
	struct state *before = kept_before(w, w->pc), *through;
	int err = walk_push(w, w->pc + 1, w->pc, &through);

	w->jumps++;
	if (err)
		return err;
	through->may_goto_depth++;
	if (before)
		err = prune_widen(w, before, through);
	w->next = w->pc + 1 + (u32)insn->off;
	return err;
}
