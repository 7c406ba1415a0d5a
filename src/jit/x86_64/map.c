/*
 * Helpers that need no call, because their map is known and its values lie in a row, or a shorter
 * one, past the helper straight to what the map's type does.
 */
#include "jit/x86_64/x86.h"

struct inlined {
	u32 helper;
	u8 calls;
	int (*fits)(const struct fact *fact);
	void (*emit)(struct jit *j, const struct fact *fact);
};

static int always(const struct fact *fact)
{
	(void)fact;
	return 1;
}

static void get_cpu(struct jit *j, const struct fact *fact)
{
	(void)fact;
	load(j, 0, RAX, j->frame.run, offsetof(struct run, cpu));
}

static int is_array(const struct fact *fact)
{
	struct map_inline in;

	return fact->map && map_inline_of(fact->map, &in) && in.stride <= INT32_MAX &&
	       in.cpu_stride <= INT32_MAX;
}

static void known_value(struct jit *j, const struct map_inline *in, u32 key)
{
	mov_ri(j, RAX, in->base + (u64)key * in->stride);
}

/* rax = base + *(u32 *)R2 * stride.  Sound because what is not below max_entries goes to `none`. */
static void indexed_value(struct jit *j, const struct map_inline *in, u32 none)
{
	load(j, 0, RAX, x86_reg[R2], 0);
	alu_ri(j, 0, EXT_CMP, RAX, (s32)in->max_entries);
	branch(j, CC_AE, none);
	if (in->stride & (in->stride - 1))
		imul_rri(j, W, RAX, RAX, (s32)in->stride);
	else if (in->stride > 1)
		shift_ri(j, W, EXT_SHL, RAX, (u32)__builtin_ctz(in->stride));
	mov_ri(j, R9, in->base);
	op_rr(j, W, OP_ADD, R9, RAX);
}

/* rax += cpu * cpu_stride */
static void own_value(struct jit *j, const struct map_inline *in)
{
	load(j, 0, R9, j->frame.run, offsetof(struct run, cpu));
	imul_rri(j, W, R9, R9, (s32)in->cpu_stride);
	op_rr(j, W, OP_ADD, R9, RAX);
}

static void lookup_array(struct jit *j, const struct fact *fact)
{
	u32 none = jit_place_new(j), end = jit_place_new(j);
	struct map_inline in;

	map_inline_of(fact->map, &in);
	if (fact->key_known && fact->key < in.max_entries)
		known_value(j, &in, fact->key);
	else
		indexed_value(j, &in, none);
	if (in.kind == MAP_INLINE_PERCPU_ARRAY)
		own_value(j, &in);
	jump(j, end);
	jit_place_here(j, none);
	mov_ri(j, RAX, 0);
	jit_place_here(j, end);
}

static int has_map(const struct fact *fact)
{
	return fact->map != NULL;
}

static void lookup_map(struct jit *j, const struct fact *fact)
{
	mov_rr(j, W, HELPER_RUN, RUN);
	jit_fix_host(j, (u64)(uintptr_t)map_lookup_fn_of(fact->map));
}

static int can_update(const struct fact *fact)
{
	return fact->map && fact->map->ops->update;
}

static void update_map(struct jit *j, const struct fact *fact)
{
	mov_rr(j, W, x86_reg[R5], RUN); /* its fifth argument */
	jit_fix_host(j, (u64)(uintptr_t)fact->map->ops->update);
}

static int can_delete(const struct fact *fact)
{
	return fact->map && fact->map->ops->delete;
}

static void delete_from_map(struct jit *j, const struct fact *fact)
{
	jit_fix_host(j, (u64)(uintptr_t)fact->map->ops->delete);
}

/* The first row that fits is taken. */
static const struct inlined rows[] = {
	{BPF_FUNC_map_lookup_elem, 0, is_array, lookup_array},
	{BPF_FUNC_map_lookup_elem, 1, has_map, lookup_map},
	{BPF_FUNC_map_update_elem, 1, can_update, update_map},
	{BPF_FUNC_map_delete_elem, 1, can_delete, delete_from_map},
	{BPF_FUNC_get_smp_processor_id, 0, always, get_cpu},
};

const struct inlined *x86_inlined(const struct jit *j, u32 pc)
{
	const struct bpf_insn *insn = &j->prog->insns[pc];

	if (insn->src_reg)
		return NULL;
	for (u32 i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].helper == (u32)insn->imm && rows[i].fits(&j->prog->facts[pc]))
			return &rows[i];
	return NULL;
}

int x86_inlined_calls(const struct inlined *inlined)
{
	return inlined->calls;
}

void x86_emit_inlined(struct jit *j, const struct inlined *inlined)
{
	inlined->emit(j, &j->prog->facts[j->pc]);
}
