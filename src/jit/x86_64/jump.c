/* Jumps within a function, and its end. */
#include <errno.h>

#include "jit/x86_64/x86.h"

/* Sound because every jump's target is an instruction of the program, and so lies in its image. */
static u32 target(struct jit *j, const struct bpf_insn *insn)
{
	s64 to = (s64)j->pc + 1 + x86_jump_delta(insn);

	if (to >= 0 && to < j->prog->len)
		return (u32)to;
	reject(j, -EINVAL);
	return 0;
}

void x86_goto(struct jit *j, const struct bpf_insn *insn, const struct row *row)
{
	(void)row;
	jump(j, target(j, insn));
}

void x86_jump_reg(struct jit *j, const struct bpf_insn *insn, const struct row *row)
{
	op_rr(j, row->w, OP_CMP, src_of(insn), dst_of(insn));
	branch(j, row->op, target(j, insn));
}

/* test sets the flags that a comparison with 0 sets, and is shorter. */
void x86_jump_imm(struct jit *j, const struct bpf_insn *insn, const struct row *row)
{
	if (insn->imm)
		alu_ri(j, row->w, EXT_CMP, dst_of(insn), insn->imm);
	else
		test_rr(j, row->w, dst_of(insn));
	branch(j, row->op, target(j, insn));
}

void x86_jset_reg(struct jit *j, const struct bpf_insn *insn, const struct row *row)
{
	op_rr(j, row->w, OP_TEST, src_of(insn), dst_of(insn));
	branch(j, row->op, target(j, insn));
}

void x86_jset_imm(struct jit *j, const struct bpf_insn *insn, const struct row *row)
{
	op_rr(j, row->w, OP_GROUP3, EXT_TEST, dst_of(insn));
	put4(j, (u32)insn->imm);
	branch(j, row->op, target(j, insn));
}

/* The frame's budget is used up, and stays so, or one less. */
void x86_may_goto(struct jit *j, const struct bpf_insn *insn, const struct row *row)
{
	s32 budget = j->frame.budget;

	(void)row;
	op_rm(j, 0, 0x83, EXT_CMP, RBP, budget);
	put1(j, 0);
	branch(j, CC_E, target(j, insn));
	op_rm(j, 0, OP_GROUP5, EXT_DEC, RBP, budget);
}

void x86_exit(struct jit *j, const struct bpf_insn *insn, const struct row *row)
{
	(void)insn, (void)row;
	x86_teardown(j);
	ret(j);
}
