/*
 * Where states are kept and the way is recorded: a depth-first walk in Linux's order.  Also what
 * functions do anywhere below them: move packets, sleep.
 */
#include <errno.h>

#include "verifier/walk.h"

static void mark(struct walk *w, u32 pc, u8 points)
{
	if (pc < w->env->len)
		w->note[pc].points |= points;
}

/* Is the condition, or the call, one after which the way may go on elsewhere? */
static void mark_call(struct walk *w, u32 pc, const struct bpf_insn *insn)
{
	const struct helper *helper =
		insn->src_reg ? NULL : helper_for((u32)insn->imm, w->env->prog->type->id);

	mark(w, pc + 1, POINT_PRUNE | POINT_JUMP);
	if (insn->src_reg == BPF_PSEUDO_CALL)
		mark(w, pc, POINT_PRUNE);
	if (helper && helper->flags & HELPER_ASYNC_CALLBACK)
		mark(w, pc, POINT_PRUNE);
	if (helper && helper->flags & HELPER_SYNC_CALLBACK)
		mark(w, pc, POINT_PRUNE | POINT_JUMP | POINT_FORCE | POINT_CALLBACK);
}

static void mark_insn(struct walk *w, u32 pc)
{
	const struct bpf_insn *insn = insn_at(w, pc);
	enum isa_op op = w->note[pc].op;
	u32 to = pc + 1 + (u32)isa_jump_offset(op, insn);

	switch (isa_rows[op].group) {
	case ISA_GROUP_CALL:
		mark_call(w, pc, insn);
		break;
	case ISA_GROUP_LD_IMM64:
		if (insn->src_reg == BPF_PSEUDO_FUNC) {
			mark(w, pc, POINT_PRUNE);
			mark(w, pc + 2, POINT_PRUNE | POINT_JUMP);
		}
		break;
	case ISA_GROUP_JA:
		mark(w, to, POINT_PRUNE | POINT_JUMP);
		break;
	case ISA_GROUP_MAY_GOTO:
		mark(w, pc, POINT_PRUNE | POINT_FORCE);
		mark(w, to, POINT_PRUNE | POINT_JUMP);
		break;
	case ISA_GROUP_JMP:
		mark(w, pc, POINT_PRUNE);
		mark(w, to, POINT_PRUNE | POINT_JUMP);
		break;
	}
}

/* What calls, and addresses of functions, lead to; NO_PC: nowhere. */
static u32 callee_start(const struct walk *w, u32 pc)
{
	const struct bpf_insn *insn = insn_at(w, pc);
	int calls = insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == BPF_PSEUDO_CALL;
	int takes = isa_is_ld_imm64(insn) && insn->src_reg == BPF_PSEUDO_FUNC;

	return calls || takes ? pc + (u32)insn->imm + 1 : NO_PC;
}

static void mark_callee(struct walk *w, u32 pc)
{
	u32 to = callee_start(w, pc);

	if (to != NO_PC)
		mark(w, to, POINT_PRUNE | POINT_JUMP);
}

/* What a function's own instructions do. */
static void note_func(struct walk *w, struct func *func, u32 pc)
{
	const struct bpf_insn *insn = insn_at(w, pc);
	const struct helper *helper;

	if (isa_rows[w->note[pc].op].group == ISA_GROUP_LD_ABS)
		func->has_ld_abs = 1;
	if (insn->code != (BPF_JMP | BPF_CALL) || insn->src_reg)
		return;
	helper = helper_for((u32)insn->imm, w->env->prog->type->id);
	if (insn->imm == BPF_FUNC_tail_call)
		func->has_tail_call = func->changes_pkt = 1;
	if (helper && helper->flags & HELPER_CHANGES_PKT)
		func->changes_pkt = 1;
	if (helper && helper->flags & HELPER_MIGHT_SLEEP)
		func->might_sleep = 1;
}

/* A caller does what its callees do: until nothing is new. */
static int spread_to_callers(struct walk *w)
{
	int news = 0;

	for (u32 i = 0; i < w->env->nr_subprogs; i++) {
		const struct subprog *sub = &w->env->subprogs[i];

		for (u32 pc = sub->start; pc < sub->end; pc++) {
			u32 to = callee_start(w, pc);
			struct func *f = &w->func[i], *g;

			if (to == NO_PC || w->env->marks[pc] & MARK_SECOND)
				continue;
			g = &w->func[subprog_of(w->env, to)];
			news |= g->changes_pkt > f->changes_pkt || g->might_sleep > f->might_sleep;
			f->changes_pkt |= g->changes_pkt;
			f->might_sleep |= g->might_sleep;
		}
	}
	return news;
}

int points_find(struct walk *w)
{
	struct env *env = w->env;

	for (u32 pc = 0; pc < env->len; pc++) {
		if (env->marks[pc] & MARK_SECOND)
			continue;
		w->note[pc].op = (u16)isa_decode(&env->insns[pc]);
		mark_insn(w, pc);
		mark_callee(w, pc);
		note_func(w, &w->func[subprog_of(env, pc)], pc);
	}
	while (spread_to_callers(w))
		;
	return 0;
}
