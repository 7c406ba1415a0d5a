/*
 * Which registers are read later, by instruction, before the walk: no path matters here.  Also the
 * orders that other passes use: successors, and each function's instructions in postorder.
 */
#include <errno.h>

#include "verifier/walk.h"

enum { ALL_REGS = 0xffff, ARG_REGS = 0x3e, CLOBBERED = 0x3f };

struct effect {
	u16 use, def;
};

static void find_successors(struct walk *w, u32 pc)
{
	const struct bpf_insn *insn = insn_at(w, pc);
	struct insn_note *note = &w->note[pc];
	enum isa_op op = (enum isa_op)note->op;

	if (op == ISA_EXIT)
		return;
	if (isa_rows[op].group != ISA_GROUP_JA)
		note->succ[note->nr_succ++] = pc + 1 + (u32)isa_is_ld_imm64(insn);
	if (isa_is_jump(op))
		note->succ[note->nr_succ++] = pc + 1 + (u32)isa_jump_offset(op, insn);
}

/* Helpers read as many registers as they have arguments. */
static u16 call_uses(const struct walk *w, const struct bpf_insn *insn)
{
	const struct helper *helper =
		insn->src_reg ? NULL : helper_for((u32)insn->imm, w->env->prog->type->id);
	u16 use = 0;

	if (!helper)
		return ARG_REGS;
	for (u32 i = 0; i < 5 && ARG_KIND(helper->arg[i]) != ARG_NONE; i++)
		use |= (u16)(2u << i);
	return use;
}

static struct effect atomic_effect(const struct bpf_insn *insn, u16 dst, u16 src)
{
	switch (insn->imm) {
	case BPF_CMPXCHG:
		return (struct effect){(u16)(1 | dst | src), 1};
	case BPF_LOAD_ACQ:
		return (struct effect){src, dst};
	case BPF_STORE_REL:
		return (struct effect){(u16)(dst | src), 0};
	default:
		return (struct effect){(u16)(dst | src), insn->imm & BPF_FETCH ? src : 0};
	}
}

static struct effect effect_of(const struct walk *w, u32 pc)
{
	const struct bpf_insn *insn = insn_at(w, pc);
	u16 dst = (u16)(1u << insn->dst_reg), src = (u16)(1u << insn->src_reg);
	u16 from = BPF_SRC(insn->code) == BPF_X ? src : 0;

	switch (isa_rows[w->note[pc].op].group) {
	case ISA_GROUP_ALU:
		return (struct effect){(u16)(dst | from), dst};
	case ISA_GROUP_NEG:
	case ISA_GROUP_END:
		return (struct effect){dst, dst};
	case ISA_GROUP_MOV:
		return (struct effect){from, dst};
	case ISA_GROUP_LD_IMM64:
		return (struct effect){0, dst};
	case ISA_GROUP_LDX:
		return (struct effect){src, dst};
	case ISA_GROUP_ST:
		return (struct effect){dst, 0};
	case ISA_GROUP_STX:
		return (struct effect){(u16)(dst | src), 0};
	case ISA_GROUP_ATOMIC:
		return atomic_effect(insn, dst, src);
	case ISA_GROUP_JMP:
		return (struct effect){(u16)(dst | from), 0};
	case ISA_GROUP_JA:
	case ISA_GROUP_MAY_GOTO:
		return (struct effect){0, 0};
	case ISA_GROUP_CALL:
		return (struct effect){call_uses(w, insn), CLOBBERED};
	case ISA_GROUP_EXIT:
		return (struct effect){1, 0};
	default:
		return (struct effect){ALL_REGS, 0};
	}
}

enum { FOUND = 1, EXPANDED = 2 };

/* One function's instructions, each after those that follow it; in Linux's order, the log shows it.
 */
static void order_sub(struct walk *w, u32 start, u32 *stack, u8 *seen, u32 *n)
{
	u32 top = 0;

	stack[top++] = start;
	while (top) {
		u32 pc = stack[top - 1];
		const struct insn_note *note = &w->note[pc];

		seen[pc] |= FOUND;
		if (seen[pc] & EXPANDED) {
			w->postorder[(*n)++] = pc;
			top--;
			continue;
		}
		for (u32 i = 0; i < note->nr_succ; i++) {
			if (seen[note->succ[i]])
				continue;
			seen[note->succ[i]] = FOUND;
			stack[top++] = note->succ[i];
		}
		seen[pc] |= EXPANDED;
	}
}

int liveregs_order(struct walk *w)
{
	struct env *env = w->env;
	u32 *stack = arena_alloc(&env->arena, env->len * sizeof(*stack));
	u8 *seen = arena_alloc(&env->arena, env->len);
	u32 n = 0;

	w->postorder = arena_alloc(&env->arena, env->len * sizeof(u32));
	w->postorder_start = arena_alloc(&env->arena, (env->nr_subprogs + 1) * sizeof(u32));
	if (!stack || !seen || !w->postorder || !w->postorder_start)
		return -ENOMEM;
	for (u32 pc = 0; pc < env->len; pc++)
		if (!(env->marks[pc] & MARK_SECOND))
			find_successors(w, pc);
	for (u32 i = 0; i < env->nr_subprogs; i++) {
		w->postorder_start[i] = n;
		order_sub(w, env->subprogs[i].start, stack, seen, &n);
	}
	w->postorder_start[env->nr_subprogs] = n;
	return 0;
}

static int update(struct walk *w, u32 pc, struct effect e)
{
	const struct insn_note *note = &w->note[pc];
	u16 live = 0;

	for (u32 i = 0; i < note->nr_succ; i++)
		live |= w->note[note->succ[i]].live;
	live = (u16)((live & ~e.def) | e.use);
	if (live == w->note[pc].live)
		return 0;
	w->note[pc].live = live;
	return 1;
}

/* "  1   3: 0.2....... (bf) r2 = r10": the loop it belongs to, and what is read later */
static void show(struct walk *w)
{
	struct env *env = w->env;

	log_printf(env->log, "Live regs before insn:\n");
	for (u32 pc = 0; pc < env->len; pc++) {
		char regs[11];

		for (u32 i = 0; i < 10; i++)
			regs[i] = w->note[pc].live >> i & 1 ? (char)('0' + i) : '.';
		regs[10] = 0;
		if (w->note[pc].scc)
			log_printf(env->log, "%3u ", w->note[pc].scc);
		else
			log_printf(env->log, "    ");
		log_printf(env->log, "%3u: %s ", pc, regs);
		log_insn_text(env, pc);
		pc += (u32)isa_is_ld_imm64(insn_at(w, pc));
	}
}

int liveregs_compute(struct walk *w)
{
	struct env *env = w->env;
	struct effect *effects = arena_alloc(&env->arena, env->len * sizeof(*effects));
	int news = 1;

	if (!effects)
		return -ENOMEM;
	for (u32 pc = 0; pc < env->len; pc++)
		effects[pc] = effect_of(w, pc);
	while (news) {
		news = 0;
		for (u32 i = 0; i < w->postorder_start[env->nr_subprogs]; i++)
			news |= update(w, w->postorder[i], effects[w->postorder[i]]);
	}
	if (w->level2)
		show(w);
	return 0;
}
