/*
 * Superinstructions: a label that does two instructions goes where the first one's stood.  The
 * second keeps its own, so that who jumps there finds it; nothing needs to know where jumps go.
 */
#include "interp/internal.h"

/* rd = rs; rd op= x  -->  rd = rs op x, if x is not rd itself */
static enum code_op fuse_move(const struct bpf_insn *first, enum isa_op a,
			      const struct bpf_insn *second, enum isa_op b)
{
	if (first->dst_reg != second->dst_reg || (a != ISA_MOV64_X && a != ISA_MOV32_X))
		return 0;
	if (BPF_SRC(second->code) == BPF_X && second->src_reg == second->dst_reg)
		return 0;
	switch (b) {
#define ISA_ALU(name, meaning)                                                                     \
	case ISA_##name##64_K:                                                                     \
		return a == ISA_MOV64_X ? CODE_MOV_##name##64_K : 0;                               \
	case ISA_##name##64_X:                                                                     \
		return a == ISA_MOV64_X ? CODE_MOV_##name##64_X : 0;                               \
	case ISA_##name##32_K:                                                                     \
		return CODE_MOV_##name##32_K;                                                      \
	case ISA_##name##32_X:                                                                     \
		return CODE_MOV_##name##32_X;
#include "isa/isa.def"
	default:
		return 0;
	}
}

void interp_fuse(const struct prog *prog, struct code *code, const void *const *labels)
{
	for (u32 pc = 0; pc + 1 < prog->len; pc++) {
		const struct bpf_insn *insn = &prog->insns[pc];
		enum isa_op a = isa_decode(insn), b = isa_decode(insn + 1);
		enum code_op fused = fuse_move(insn, a, insn + 1, b);

		if (isa_is_ld_imm64(insn))
			pc++;
		else if (fused && code[pc].go == labels[a] && code[pc + 1].go == labels[b])
			code[pc].go = labels[fused];
	}
}
