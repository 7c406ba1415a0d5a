/*
 * Functions: found where calls and callbacks point, checked to be closed under jumps and not to run
 * off their end.  The table is sorted by start.
 */
#include <errno.h>

#include "verifier/internal.h"

/* The first subprogram that starts after pc. */
static u32 upper_bound(const struct env *env, u32 pc)
{
	u32 lo = 0, hi = env->nr_subprogs;

	while (lo < hi) {
		u32 mid = (lo + hi) / 2;

		if (env->subprogs[mid].start <= pc)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

u32 subprog_of(const struct env *env, u32 pc)
{
	return upper_bound(env, pc) - 1;
}

int subprog_at(const struct env *env, u32 pc)
{
	u32 i = upper_bound(env, pc);

	return i && env->subprogs[i - 1].start == pc ? (int)i - 1 : -1;
}

static int add(struct env *env, s64 start)
{
	u32 at;

	if (start < 0 || start >= env->len)
		return reject(env, -EINVAL, "call to invalid destination");
	at = upper_bound(env, (u32)start);
	if (at && env->subprogs[at - 1].start == start)
		return 0;
	if (env->nr_subprogs >= MAX_SUBPROGS)
		return reject(env, -E2BIG, "too many subprograms");
	memmove(&env->subprogs[at + 1], &env->subprogs[at],
		(env->nr_subprogs - at) * sizeof(*env->subprogs));
	env->subprogs[at] = (struct subprog){.start = (u32)start};
	env->nr_subprogs++;
	return 0;
}

static int is_call(const struct bpf_insn *insn, u8 src)
{
	return insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == src;
}

static int add_of_insn(struct env *env, u32 pc)
{
	const struct bpf_insn *insn = &env->insns[pc];

	if (is_call(insn, BPF_PSEUDO_CALL) ||
	    (isa_is_ld_imm64(insn) && insn->src_reg == BPF_PSEUDO_FUNC))
		return add(env, (s64)pc + insn->imm + 1);
	if (is_call(insn, BPF_PSEUDO_KFUNC_CALL))
		return kfunc_add(env, insn);
	return 0;
}

static void set_ends(struct env *env)
{
	for (u32 i = 0; i < env->nr_subprogs; i++) {
		u32 end = i + 1 < env->nr_subprogs ? env->subprogs[i + 1].start : env->len;

		env->subprogs[i].end = end;
		if (log_wanted(env->log) && env->log->level & LOG_LEVEL2)
			log_printf(env->log, "func#%u @%u\n", i, env->subprogs[i].start);
	}
}

int pass_find_subprogs(struct env *env)
{
	int err;

	env->subprogs = os_alloc(env->skep->os, MAX_SUBPROGS * sizeof(*env->subprogs));
	if (!env->subprogs)
		return -ENOMEM;
	err = add(env, 0);
	for (u32 pc = 0; pc < env->len && !err; pc++)
		err = add_of_insn(env, pc);
	if (!err)
		set_ends(env);
	return err;
}

/* Linux looks at the opcode alone here: the instruction itself is judged later. */
static int is_jump(u8 code)
{
	u8 class = BPF_CLASS(code), op = BPF_OP(code);

	return (class == BPF_JMP || class == BPF_JMP32) && op != BPF_CALL && op != BPF_EXIT;
}

/* Linux adds ints: past the end of them a target is before the program. */
static s32 jump_target(const struct bpf_insn *insn, u32 pc)
{
	s32 by = insn->code == (BPF_JMP32 | BPF_JA) ? insn->imm : insn->off;

	return (s32)(pc + (u32)by + 1);
}

static int ends_block(u8 code)
{
	return code == (BPF_JMP | BPF_EXIT) || code == (BPF_JMP | BPF_JA) ||
	       code == (BPF_JMP32 | BPF_JA);
}

static int check_insn(struct env *env, struct subprog *sub, u32 pc)
{
	const struct bpf_insn *insn = &env->insns[pc];
	s32 to = jump_target(insn, pc);

	if (is_call(insn, 0) && insn->imm == BPF_FUNC_tail_call)
		sub->has_tail_call = 1;
	if (isa_rows[isa_decode(insn)].group == ISA_GROUP_LD_ABS)
		sub->has_ld_abs = 1;
	if (is_jump(insn->code) && (to < (s32)sub->start || to >= (s32)sub->end))
		return reject(env, -EINVAL, "jump out of range from insn %u to %d", pc, to);
	if (pc == sub->end - 1 && !ends_block(insn->code))
		return reject(env, -EINVAL, "last insn is not an exit or jmp");
	return 0;
}

int pass_check_subprogs(struct env *env)
{
	struct subprog *sub = env->subprogs;
	int err = 0;

	for (u32 pc = 0; pc < env->len && !err; pc++) {
		if (pc == sub->end)
			sub++;
		err = check_insn(env, sub, pc);
	}
	return err;
}
