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
 * R1 ctx, R2 prog array, R3 index.  The target is entered as C would, with this function's frame
 * gone, and so returns to whoever called this function.  Linux's limit is prog_tail_call's.
 */
static void tail_call(struct jit *j)
{
	u32 none = jit_place_new(j);

	push(j, RDI);
	push(j, RDI); /* twice: rsp stays a multiple of 16 */
	mov_rr(j, W, RDI, x86_reg[R2]);
	mov_rr(j, 0, RSI, x86_reg[R3]);
	mov_rr(j, W, RDX, RUN);
	jit_fix_host(j, (u64)(uintptr_t)prog_tail_call);
	pop(j, RDI);
	pop(j, RDI);
	test_rr(j, W, RAX);
	branch(j, CC_E, none);
	mov_rr(j, W, RSI, RUN);
	mov_rr(j, W, RDX, RAX);
	x86_teardown(j);
	op_rm(j, 0, OP_GROUP5, EXT_JMP, RDX, offsetof(struct prog, entry));
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
