/*
 * Is everything reached?  A walk over all edges (branches, calls and callbacks), which also marks
 * where paths meet.  Back edges are fine: what they may do is a matter of the values.
 */
#include <errno.h>

#include "verifier/internal.h"

struct walk {
	struct env *env;
	u32 *todo; /* each instruction is pushed at most once */
	u32 n;
	u8 *seen;
};

static void visit(struct walk *walk, u32 pc)
{
	if (walk->seen[pc])
		return;
	walk->seen[pc] = 1;
	walk->todo[walk->n++] = pc;
}

static void meet(struct walk *walk, u32 pc)
{
	walk->env->marks[pc] |= MARK_JOIN;
	visit(walk, pc);
}

/* Targets are inside: pass_find_subprogs and pass_check_subprogs have seen to that. */
static void follow(struct walk *walk, u32 pc)
{
	const struct bpf_insn *insn = &walk->env->insns[pc];
	enum isa_op op = isa_decode(insn);

	if (isa_is_ld_imm64(insn)) {
		if (insn->src_reg == BPF_PSEUDO_FUNC)
			meet(walk, pc + (u32)insn->imm + 1);
		visit(walk, pc + 2);
	} else if (BPF_CLASS(insn->code) != BPF_JMP && BPF_CLASS(insn->code) != BPF_JMP32) {
		visit(walk, pc + 1);
	} else if (BPF_OP(insn->code) == BPF_CALL) {
		if (insn->src_reg == BPF_PSEUDO_CALL) {
			meet(walk, pc + (u32)insn->imm + 1);
			meet(walk, pc + 1);
		}
		visit(walk, pc + 1);
	} else if (BPF_OP(insn->code) == BPF_JA) {
		meet(walk, pc + 1 + (u32)isa_jump_offset(op, insn));
	} else if (BPF_OP(insn->code) != BPF_EXIT) {
		meet(walk, pc + 1 + (u32)insn->off);
		visit(walk, pc + 1);
	}
}

static int check_reached(struct walk *walk)
{
	struct env *env = walk->env;

	for (u32 pc = 0; pc < env->len; pc++) {
		if (!walk->seen[pc])
			return reject(env, -EINVAL, "unreachable insn %u", pc);
		if (!isa_is_ld_imm64(&env->insns[pc]))
			continue;
		if (walk->seen[pc + 1])
			return reject(env, -EINVAL, "jump into the middle of ldimm64 insn %u", pc);
		pc++;
	}
	return 0;
}

int pass_cfg(struct env *env)
{
	struct walk walk = {
		.env = env,
		.todo = arena_alloc(&env->arena, env->len * sizeof(u32)),
		.seen = arena_alloc(&env->arena, env->len),
	};

	if (!walk.todo || !walk.seen)
		return -ENOMEM;
	meet(&walk, 0);
	while (walk.n)
		follow(&walk, walk.todo[--walk.n]);
	return check_reached(&walk);
}
