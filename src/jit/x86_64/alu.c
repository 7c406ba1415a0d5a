/* Arithmetic on registers, but for division. */
#include "jit/x86_64/x86.h"

void x86_alu_reg(struct jit *j, const struct bpf_insn *insn, const struct row *row)
{
	op_rr(j, row->w, row->op, src_of(insn), dst_of(insn));
}

void x86_alu_imm(struct jit *j, const struct bpf_insn *insn, const struct row *row)
{
	alu_ri(j, row->w, row->ext, dst_of(insn), insn->imm);
}

/* offsets of mov with register: 8, 16 and 32 are sign extension, 1 is addr_space_cast */
static u32 mov_op(s16 off)
{
	switch (off) {
	case 8:
		return OP_MOVSX8;
	case 16:
		return OP_MOVSX16;
	case 32:
		return OP_MOVSXD;
	default:
		return OP_LOAD;
	}
}

/*
 * Addresses are the same in both spaces of an arena (it lies in the window, where clients map it
 * too), so that addr_space_cast is a plain move.
 */
void x86_mov_reg(struct jit *j, const struct bpf_insn *insn, const struct row *row)
{
	u32 op = mov_op(insn->off), src = src_of(insn);

	if (op == OP_LOAD && src == dst_of(insn) && row->w)
		return;
	op_rr(j, row->w | (op == OP_MOVSX8 ? BYTE_REG : 0), op, dst_of(insn), src);
}

void x86_mov_imm(struct jit *j, const struct bpf_insn *insn, const struct row *row)
{
	mov_ri(j, dst_of(insn), row->w ? (u64)(s64)insn->imm : (u32)insn->imm);
}

void x86_mul_reg(struct jit *j, const struct bpf_insn *insn, const struct row *row)
{
	op_rr(j, row->w, OP_IMUL, dst_of(insn), src_of(insn));
}

void x86_mul_imm(struct jit *j, const struct bpf_insn *insn, const struct row *row)
{
	imul_rri(j, row->w, dst_of(insn), dst_of(insn), insn->imm);
}

/* Without BMI2 the count has to be in cl. */
static void shift_by_cl(struct jit *j, u32 w, u32 ext, u32 dst, u32 src)
{
	u32 at = dst == RCX ? R9 : dst;

	if (src == RCX && dst != RCX) {
		op_rr(j, w, 0xd3, ext, dst);
		return;
	}
	mov_rr(j, W, R9, RCX);
	if (src != RCX)
		mov_rr(j, 0, RCX, src);
	op_rr(j, w, 0xd3, ext, at);
	mov_rr(j, W, RCX, R9);
}

/* The machine takes counts modulo the width, as BPF does. */
void x86_shift_reg(struct jit *j, const struct bpf_insn *insn, const struct row *row)
{
	u32 dst = dst_of(insn), src = src_of(insn);

	if (j->features & FEATURE_BMI2)
		shiftx(j, row->w, row->op, dst, dst, src);
	else
		shift_by_cl(j, row->w, row->ext, dst, src);
}

void x86_shift_imm(struct jit *j, const struct bpf_insn *insn, const struct row *row)
{
	shift_ri(j, row->w, row->ext, dst_of(insn), (u32)insn->imm & (row->w ? 63 : 31));
}

void x86_neg(struct jit *j, const struct bpf_insn *insn, const struct row *row)
{
	op_rr(j, row->w, OP_GROUP3, EXT_NEG, dst_of(insn));
}

/* The machine is little-endian: only what lies above is cleared. */
void x86_to_le(struct jit *j, const struct bpf_insn *insn, const struct row *row)
{
	u32 dst = dst_of(insn);

	(void)row;
	if (insn->imm == 16)
		op_rr(j, 0, OP_MOVZX16, dst, dst);
	else if (insn->imm == 32)
		mov_rr(j, 0, dst, dst);
}

void x86_swap(struct jit *j, const struct bpf_insn *insn, const struct row *row)
{
	u32 dst = dst_of(insn);

	(void)row;
	if (insn->imm == 16) {
		swap16(j, dst);
		op_rr(j, 0, OP_MOVZX16, dst, dst);
	} else {
		bswap(j, insn->imm == 64 ? W : 0, dst);
	}
}
