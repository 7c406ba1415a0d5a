/* Calls: helpers, kfuncs, subprograms, tail calls. */
#include <errno.h>

#include "jit/x86_64/x86.h"
#include "progtype/progtype.h"

/* Arguments are in place: R1 to R5 are C's first five, run is the sixth. */
static void call_host(struct jit *j, helper_fn fn)
{
	if (!fn) {
		reject(j, -EINVAL);
		return;
	}
	mov_rr(j, W, HELPER_RUN, RUN);
	jit_fix_host(j, (u64)(uintptr_t)fn);
}

/*
 * Enter the program in rax as C would, with this function's frame gone: it returns to whoever
 * called this function.  R1 is its context.
 */
static void enter(struct jit *j)
{
	mov_rr(j, W, RSI, j->frame.run);
	mov_rr(j, W, RDX, RAX);
	x86_teardown(j);
	op_rm(j, 0, OP_GROUP5, EXT_JMP, RDX, offsetof(struct prog, entry));
}

/* rax = the program that prog_tail_call names for R2 and R3, or NULL; R1 stays. */
static void find_prog(struct jit *j)
{
	push(j, RDI);
	push(j, RDI); /* twice: rsp stays a multiple of 16 */
	mov_rr(j, W, RDI, x86_reg[R2]);
	mov_rr(j, 0, RSI, x86_reg[R3]);
	mov_rr(j, W, RDX, RUN);
	jit_fix_host(j, (u64)(uintptr_t)prog_tail_call);
	pop(j, RDI);
	pop(j, RDI);
}

/* What prog_tail_call does, where the array is known: index, limit, slot, count. */
static void find_prog_in(struct jit *j, const struct map *array, u64 slots, u32 none)
{
	_Static_assert(!offsetof(struct prog, obj), "a slot holds the program itself");
	s32 count = offsetof(struct run, tail_calls);

	mov_rr(j, 0, RAX, x86_reg[R3]);
	alu_ri(j, 0, EXT_CMP, RAX, (s32)array->max_entries);
	branch(j, CC_AE, none);
	op_rm(j, 0, 0x83, EXT_CMP, j->frame.run, count);
	put1(j, MAX_TAIL_CALL_CNT);
	branch(j, CC_AE, none);
	mov_ri(j, R9, slots);
	op_rmx(j, W, OP_LOAD, RAX, (struct x86_index){R9, RAX, 3});
	test_rr(j, W, RAX);
	branch(j, CC_E, none);
	op_rm(j, 0, OP_GROUP5, EXT_INC, j->frame.run, count);
}

/* The slots of the array that a tail call is known to use, or 0. */
static u64 known_slots(const struct jit *j, u32 pc)
{
	struct map *array = j->prog->facts[pc].map;

	return array ? ptr_to_u64(map_prog_slots(array)) : 0;
}

/* R1 context, R2 prog array, R3 index; when there is no program the call does nothing. */
static void tail_call(struct jit *j)
{
	u64 slots = known_slots(j, j->pc);
	u32 none = jit_place_new(j);

	if (slots) {
		find_prog_in(j, j->prog->facts[j->pc].map, slots, none);
	} else {
		find_prog(j);
		test_rr(j, W, RAX);
		branch(j, CC_E, none);
	}
	enter(j);
	jit_place_here(j, none);
}

static void call_helper(struct jit *j, u32 id)
{
	const struct inlined *inlined = x86_inlined(j, j->pc);
	const struct progtype *type = j->prog->type;
	const struct helper *helper = type ? helper_for(id, type->id) : helper_by_id(id);

	if (id == BPF_FUNC_tail_call)
		tail_call(j);
	else if (inlined)
		x86_emit_inlined(j, inlined);
	else
		call_host(j, helper ? helper->fn : NULL);
}

int x86_is_real_call(const struct jit *j, u32 pc)
{
	const struct bpf_insn *insn = &j->prog->insns[pc];
	const struct inlined *inlined = x86_inlined(j, pc);

	if (!insn->src_reg && insn->imm == BPF_FUNC_tail_call)
		return !known_slots(j, pc);
	return !inlined || x86_inlined_calls(inlined);
}

static void call_subprog(struct jit *j, u32 start)
{
	const struct prog *prog = j->prog;

	for (u32 i = 0; i < prog->nr_subprogs; i++) {
		if (prog->subprogs[i].start == start) {
			jit_fix(j, FIX_CALL, 0, jit_entry_place(j, i));
			return;
		}
	}
	reject(j, -EINVAL);
}

void x86_call(struct jit *j, const struct bpf_insn *insn, const struct row *row)
{
	const struct fact *fact = &j->prog->facts[j->pc];

	(void)row;
	switch (insn->src_reg) {
	case 0:
		call_helper(j, (u32)insn->imm);
		break;
	case BPF_PSEUDO_CALL:
		call_subprog(j, j->pc + 1 + (u32)insn->imm);
		break;
	case BPF_PSEUDO_KFUNC_CALL:
		call_host(j, fact->kfunc ? fact->kfunc->fn : NULL);
		break;
	default:
		reject(j, -EINVAL);
	}
}
