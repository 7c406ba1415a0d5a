/*
 * Do the frames fit?  Down every chain of calls at most 8 frames and 512 bytes, each frame rounded
 * up to 16 as Linux's JITs do.  Calls count whether they can be reached or not, as in Linux.
 */
#include <errno.h>

#include "verifier/internal.h"

enum { TAIL_CALL_STACK = 256 };

/* What hangs below one function: computed once, when all it calls is done. */
struct depth {
	u32 frames, bytes; /* of the deepest chains from here, this one's own included */
	u32 above;         /* check_tail_calls was here with that much, plus one */
	u8 begun, done;
};

struct chains {
	struct env *env;
	struct depth *depth;
};

static u32 own_bytes(const struct env *env, u32 sub)
{
	return (u32)round_up_to(env->subprogs[sub].stack, 16);
}

/* The function that the instruction at pc calls, or hands out as a callback; -1. */
static int callee_of(const struct env *env, u32 pc)
{
	const struct bpf_insn *insn = &env->insns[pc];
	int calls = insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == BPF_PSEUDO_CALL;
	int hands_out = isa_is_ld_imm64(insn) && insn->src_reg == BPF_PSEUDO_FUNC;

	if (!calls && !hands_out)
		return -1;
	return subprog_at(env, pc + (u32)insn->imm + 1);
}

static int too_deep(struct env *env)
{
	return reject(env, -E2BIG, "the call stack of %d frames is too deep !", MAX_FRAMES);
}

/* Recursion ends at the depth limit: `level` frames are above this one. */
static int measure(struct chains *c, u32 sub, u32 level)
{
	struct depth *d = &c->depth[sub];
	u32 frames = 0, bytes = 0;
	int err = 0;

	if (d->done)
		return 0;
	if (d->begun || level >= MAX_FRAMES)
		return too_deep(c->env);
	d->begun = 1;
	for (u32 pc = c->env->subprogs[sub].start; pc < c->env->subprogs[sub].end && !err; pc++) {
		int callee = callee_of(c->env, pc);

		if (callee < 0)
			continue;
		err = measure(c, (u32)callee, level + 1);
		frames = c->depth[callee].frames > frames ? c->depth[callee].frames : frames;
		bytes = c->depth[callee].bytes > bytes ? c->depth[callee].bytes : bytes;
	}
	d->frames = frames + 1;
	d->bytes = bytes + own_bytes(c->env, sub);
	d->done = 1;
	return err;
}

/* The first chain, in the order of calls, that is too large: Linux's words want its length and
 * size. */
static int reject_chain(struct chains *c)
{
	u32 sub = 0, frames = 1, bytes = own_bytes(c->env, 0);

	while (bytes <= MAX_BPF_STACK) {
		u32 pc = c->env->subprogs[sub].start;
		int callee = callee_of(c->env, pc);

		while (callee < 0 || bytes + c->depth[callee].bytes <= MAX_BPF_STACK)
			callee = callee_of(c->env, ++pc);
		sub = (u32)callee;
		bytes += own_bytes(c->env, sub);
		frames++;
	}
	return reject(c->env, -EACCES, "combined stack size of %u calls is %u. Too large", frames,
		      bytes);
}

/* A tail call from a subprogram keeps its callers' frames: they may be small only. */
static int check_tail_calls(struct chains *c, u32 sub, u32 above)
{
	int err = 0;

	/* sizes are few, so is how often a function is looked at again */
	if (above < c->depth[sub].above)
		return 0;
	c->depth[sub].above = above + 1;
	if (c->env->subprogs[sub].has_tail_call && above >= TAIL_CALL_STACK)
		return reject(c->env, -EACCES,
			      "tail_calls are not allowed when call stack of previous frames is %u "
			      "bytes. Too large",
			      above);
	above += own_bytes(c->env, sub);
	for (u32 pc = c->env->subprogs[sub].start; pc < c->env->subprogs[sub].end && !err; pc++) {
		int callee = callee_of(c->env, pc);

		if (callee >= 0 && above + c->depth[callee].bytes > TAIL_CALL_STACK)
			err = check_tail_calls(c, (u32)callee, above);
	}
	return err;
}

static int has_tail_call(const struct env *env)
{
	for (u32 i = 1; i < env->nr_subprogs; i++)
		if (env->subprogs[i].has_tail_call)
			return 1;
	return 0;
}

int pass_stack(struct env *env)
{
	struct chains c = {env, arena_alloc(&env->arena, env->nr_subprogs * sizeof(*c.depth))};
	int err;

	if (!c.depth)
		return -ENOMEM;
	err = measure(&c, 0, 0);
	/* shared callees are measured once: their chains may still be too long from main */
	if (!err && c.depth[0].frames > MAX_FRAMES)
		err = too_deep(env);
	if (!err && c.depth[0].bytes > MAX_BPF_STACK)
		err = reject_chain(&c);
	return err || !has_tail_call(env) ? err : check_tail_calls(&c, 0, 0);
}
