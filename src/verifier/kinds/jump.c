/* Jumps in the flow pass: conditions between constants are decided, equality teaches a constant. */
#include "isa/alu.h"
#include "verifier/kinds/flow.h"

static struct val operand(struct flow *f, const struct bpf_insn *insn)
{
	if (BPF_SRC(insn->code) == BPF_X)
		return *reg_of(f, insn->src_reg);
	return val_const((u64)(s64)insn->imm);
}

/* 1: always, 0: never, -1: depends */
static int taken(const struct val *dst, const struct val *src, enum isa_op op)
{
	if (!val_is_const(dst) || !val_is_const(src))
		return -1;
	return isa_condition(op, dst->value, src->value);
}

/* Past "if (r == imm)", r is imm: what was a pointer or NULL is NULL. */
static void learn(struct val *v, const struct val *src, int equal)
{
	if (equal && val_is_const(src))
		*v = *src;
}

int kinds_jump(struct flow *f, const struct bpf_insn *insn, enum isa_op op)
{
	struct val src = operand(f, insn), *dst = reg_of(f, insn->dst_reg), before = *dst;
	u32 to = f->pc + 1 + (u32)insn->off;
	int always = taken(dst, &src, op), err;

	if (always >= 0) {
		f->next = always ? to : f->next;
		return 0;
	}
	learn(dst, &src, op == ISA_JEQ64_K || op == ISA_JEQ64_X);
	err = flow_branch(f, to);
	*dst = before;
	learn(dst, &src, op == ISA_JNE64_K || op == ISA_JNE64_X);
	return err;
}

int kinds_goto(struct flow *f, const struct bpf_insn *insn, enum isa_op op)
{
	f->next = f->pc + 1 + (u32)isa_jump_offset(op, insn);
	return 0;
}

int kinds_may_goto(struct flow *f, const struct bpf_insn *insn, enum isa_op op)
{
	(void)op;
	return flow_branch(f, f->pc + 1 + (u32)insn->off);
}
