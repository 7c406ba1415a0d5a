/* Arithmetic by op number; the meanings are alu.h's. */
#include "isa/alu.h"

u64 isa_alu(enum isa_op op, u64 dst, u64 src)
{
	switch (op) {
#define ISA_ALU(name, meaning)                                                                     \
	case ISA_##name##64_K:                                                                     \
	case ISA_##name##64_X:                                                                     \
		return isa_alu64_##name(dst, src);                                                 \
	case ISA_##name##32_K:                                                                     \
	case ISA_##name##32_X:                                                                     \
		return isa_alu32_##name((u32)dst, (u32)src);
#define ISA_ALU1(name, meaning)                                                                    \
	case ISA_##name:                                                                           \
		return isa_alu_##name(dst, src);
#include "isa/isa.def"
	default:
		return dst;
	}
}

int isa_condition(enum isa_op op, u64 dst, u64 src)
{
	switch (op) {
#define ISA_JMP(name, meaning)                                                                     \
	case ISA_##name##64_K:                                                                     \
	case ISA_##name##64_X:                                                                     \
		return isa_jmp64_##name(dst, src);                                                 \
	case ISA_##name##32_K:                                                                     \
	case ISA_##name##32_X:                                                                     \
		return isa_jmp32_##name((u32)dst, (u32)src);
#include "isa/isa.def"
	default:
		return 0;
	}
}
