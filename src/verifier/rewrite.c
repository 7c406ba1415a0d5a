/*
 * What engines read: context accesses get their place in our context, ld_imm64 of maps become
 * addresses, and what the flow pass saw becomes facts.
 */
#include <errno.h>

#include "verifier/internal.h"

static void rewrite_ctx(struct env *env, struct bpf_insn *insn)
{
	const struct prog *prog = env->prog;
	int write = BPF_CLASS(insn->code) != BPF_LDX;
	const struct ctx_field *field = progtype_ctx_field(prog->type, prog->expected_attach_type,
							   insn->off, isa_size(insn->code), write);

	if (field->to_size) {
		insn->code = (u8)((insn->code & ~0x18) | BPF_DW);
		insn->off = (s16)field->to;
	} else {
		insn->off = (s16)((s32)field->to + insn->off - (s32)field->off);
	}
	if (write && field->store_size == 2)
		insn->code = (u8)((insn->code & ~0x18) | BPF_H);
}

static void rewrite_ld_imm64(struct env *env, u32 pc)
{
	struct bpf_insn *insn = &env->insns[pc];
	struct map *map;
	u64 value;

	if (insn->src_reg == BPF_PSEUDO_FUNC)
		insn->imm = subprog_at(env, pc + (u32)insn->imm + 1);
	if (insn->src_reg != BPF_PSEUDO_MAP_FD && insn->src_reg != BPF_PSEUDO_MAP_VALUE)
		return;
	map = env->maps[insn->imm];
	value = ptr_to_u64(map);
	/* pass_ld_imm64 has asked before: it says the same */
	if (insn->src_reg == BPF_PSEUDO_MAP_VALUE)
		map->ops->value_addr(map, (u32)insn[1].imm, &value);
	insn[0].src_reg = 0;
	insn[0].imm = (s32)value;
	insn[1].imm = (s32)(value >> 32);
	env->facts[pc].map = map;
}

static int writes_half(const struct bpf_insn *insn)
{
	u8 class = BPF_CLASS(insn->code);

	return class == BPF_ALU || (class == BPF_LDX && BPF_SIZE(insn->code) != BPF_DW) ||
	       (BPF_MODE(insn->code) == BPF_ATOMIC && BPF_SIZE(insn->code) != BPF_DW);
}

static void finish(struct env *env, u32 pc)
{
	struct bpf_insn *insn = &env->insns[pc];
	struct fact *fact = &env->facts[pc];

	if (!(env->marks[pc] & MARK_REACHED)) {
		fact->dead = 1;
		return;
	}
	fact->zext_needed = (u8)writes_half(insn);
	fact->base = env->mem[pc];
	if (fact->base == MEM_CTX)
		rewrite_ctx(env, insn);
	else if (isa_is_ld_imm64(insn))
		rewrite_ld_imm64(env, pc);
}

/* Prog arrays and the programs that use them have to be of one kind. */
static int claim_arrays(struct env *env)
{
	int err = 0;

	for (u32 i = 0; i < env->nr_maps && !err; i++)
		if (env->maps[i]->type == BPF_MAP_TYPE_PROG_ARRAY)
			err = prog_array_claim(env->maps[i], env->prog);
	return err;
}

int pass_rewrite(struct env *env)
{
	for (u32 pc = 0; pc < env->len; pc++) {
		if (env->marks[pc] & MARK_SECOND)
			env->facts[pc].dead = env->facts[pc - 1].dead;
		else
			finish(env, pc);
	}
	return claim_arrays(env);
}
