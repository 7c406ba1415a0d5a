/*
 * x86-64 instructions as bytes: one line each.
 *
 *	[66 | f0 | f2 | f3] [rex] opcode (1-3 bytes) modrm [sib] [disp8 | disp32] [imm8 | imm32]
 *
 * w is 0 for 32-bit operands (which clear the upper half), W for 64-bit ones.  An `ext` is the
 * number that Intel's manual writes as /0 .. /7 behind an opcode.
 */
#ifndef SKEP_JIT_X86_64_ASM_H
#define SKEP_JIT_X86_64_ASM_H

#include "jit/internal.h"

/* clang-format off */
enum x86_reg {
	RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI,
	R8, R9, R10, R11, R12, R13, R14, R15,
};

enum { W = 8, BYTE_REG = 0x40 }; /* rex bits: 64-bit operands; sil and dil instead of dh and bh */

/* Conditions, as the low half of the opcodes of jcc, setcc and cmovcc. */
enum x86_cc {
	CC_B = 2, CC_AE, CC_E, CC_NE, CC_BE, CC_A, CC_S, CC_NS,
	CC_L = 12, CC_GE, CC_LE, CC_G,
};

/* Opcodes that are spelled in more than one place.  "op rm, reg", but for loads. */
enum x86_op {
	OP_ADD = 0x01, OP_OR = 0x09, OP_AND = 0x21, OP_SUB = 0x29, OP_XOR = 0x31, OP_CMP = 0x39,
	OP_TEST = 0x85, OP_XCHG = 0x87, OP_STORE8 = 0x88, OP_STORE = 0x89, OP_MOV = 0x89,
	OP_LOAD = 0x8b, OP_LEA = 0x8d, OP_MOVSXD = 0x63, OP_IMUL = 0x0faf, OP_XADD = 0x0fc1,
	OP_CMPXCHG = 0x0fb1, OP_MOVZX8 = 0x0fb6, OP_MOVZX16 = 0x0fb7, OP_MOVSX8 = 0x0fbe,
	OP_MOVSX16 = 0x0fbf, OP_GROUP3 = 0xf7, OP_GROUP5 = 0xff,
};

/* /n of groups 1 (ALU with an immediate), 2 (shifts), 3 (unary), 5 (jumps) */
enum { EXT_ADD, EXT_OR, EXT_AND = 4, EXT_SUB, EXT_XOR, EXT_CMP };
enum { EXT_ROL, EXT_SHL = 4, EXT_SHR, EXT_SAR = 7 };
enum { EXT_TEST, EXT_NEG = 3, EXT_DIV = 6, EXT_IDIV };
enum { EXT_INC, EXT_DEC, EXT_CALL, EXT_JMP = 4 };
/* clang-format on */

static inline int fits8(s64 v)
{
	return v == (s8)v;
}

static inline int fits32(s64 v)
{
	return v == (s32)v;
}

static inline void put1(struct jit *j, u32 v)
{
	j->buf[j->len++] = (u8)v;
}

static inline void put4(struct jit *j, u32 v)
{
	memcpy(j->buf + j->len, &v, 4);
	j->len += 4;
}

static inline void put8(struct jit *j, u64 v)
{
	memcpy(j->buf + j->len, &v, 8);
	j->len += 8;
}

/* The rex prefix if there has to be one, and the opcode. */
static inline void put_op(struct jit *j, u32 rex, u32 op, u32 reg, u32 rm)
{
	rex |= (reg >> 3 & 1) << 2 | (rm >> 3 & 1);
	if (rex)
		put1(j, 0x40 | rex);
	if (op > 0xff)
		put1(j, op >> 8);
	put1(j, op);
}

static inline void op_rr(struct jit *j, u32 w, u32 op, u32 reg, u32 rm)
{
	put_op(j, w, op, reg, rm);
	put1(j, 0xc0 | (reg & 7) << 3 | (rm & 7));
}

/* The same with [base + disp] instead of rm. */
static inline void op_rm(struct jit *j, u32 w, u32 op, u32 reg, u32 base, s32 disp)
{
	u32 mod = !disp && (base & 7) != RBP ? 0 : fits8(disp) ? 1 : 2;

	put_op(j, w, op, reg, base);
	put1(j, mod << 6 | (reg & 7) << 3 | (base & 7));
	if ((base & 7) == RSP)
		put1(j, 0x24); /* no index */
	if (mod == 1)
		put1(j, (u32)disp);
	else if (mod == 2)
		put4(j, (u32)disp);
}

/* The same with [base + index << scale]; base is not rbp or r13. */
struct x86_index {
	u8 base, index, scale;
};

static inline void op_rmx(struct jit *j, u32 w, u32 op, u32 reg, struct x86_index m)
{
	put_op(j, w | (u32)(m.index >> 3) << 1, op, reg, m.base);
	put1(j, (reg & 7) << 3 | 4);
	put1(j, (u32)m.scale << 6 | (m.index & 7u) << 3 | (m.base & 7u));
}

/* add, or, and, sub, xor, cmp: reg, imm */
static inline void alu_ri(struct jit *j, u32 w, u32 ext, u32 reg, s32 imm)
{
	op_rr(j, w, fits8(imm) ? 0x83 : 0x81, ext, reg);
	if (fits8(imm))
		put1(j, (u32)imm);
	else
		put4(j, (u32)imm);
}

static inline void shift_ri(struct jit *j, u32 w, u32 ext, u32 reg, u32 count)
{
	op_rr(j, w, 0xc1, ext, reg);
	put1(j, count);
}

/* shlx, shrx, sarx: dst = src shifted by count; pp tells which. */
enum { PP_SHLX = 1, PP_SARX, PP_SHRX };
static inline void shiftx(struct jit *j, u32 w, u32 pp, u32 dst, u32 src, u32 count)
{
	put1(j, 0xc4);
	put1(j, (~dst >> 3 & 1) << 7 | 1 << 6 | (~src >> 3 & 1) << 5 | 2);
	put1(j, (w ? 0x80 : 0) | (~count & 15) << 3 | pp);
	put1(j, 0xf7);
	put1(j, 0xc0 | (dst & 7) << 3 | (src & 7));
}

static inline void mov_rr(struct jit *j, u32 w, u32 dst, u32 src)
{
	op_rr(j, w, OP_MOV, src, dst);
}

/* The shortest of: xor r32, r32; mov r32, imm32; mov r64, simm32; mov r64, imm64.  Ruins flags. */
static inline void mov_ri(struct jit *j, u32 dst, u64 imm)
{
	if (!imm) {
		op_rr(j, 0, OP_XOR, dst, dst);
	} else if (imm <= UINT32_MAX) {
		put_op(j, 0, 0xb8 | (dst & 7), 0, dst);
		put4(j, (u32)imm);
	} else if (fits32((s64)imm)) {
		op_rr(j, W, 0xc7, 0, dst);
		put4(j, (u32)imm);
	} else {
		put_op(j, W, 0xb8 | (dst & 7), 0, dst);
		put8(j, imm);
	}
}

static inline void imul_rri(struct jit *j, u32 w, u32 dst, u32 src, s32 imm)
{
	op_rr(j, w, fits8(imm) ? 0x6b : 0x69, dst, src);
	if (fits8(imm))
		put1(j, (u32)imm);
	else
		put4(j, (u32)imm);
}

static inline void test_rr(struct jit *j, u32 w, u32 reg)
{
	op_rr(j, w, OP_TEST, reg, reg);
}

static inline void load(struct jit *j, u32 w, u32 dst, u32 base, s32 disp)
{
	op_rm(j, w, OP_LOAD, dst, base, disp);
}

static inline void store(struct jit *j, u32 w, u32 base, s32 disp, u32 src)
{
	op_rm(j, w, OP_STORE, src, base, disp);
}

static inline void push(struct jit *j, u32 reg)
{
	put_op(j, 0, 0x50 | (reg & 7), 0, reg);
}

static inline void pop(struct jit *j, u32 reg)
{
	put_op(j, 0, 0x58 | (reg & 7), 0, reg);
}

static inline void ret(struct jit *j)
{
	put1(j, 0xc3);
}

static inline void leave(struct jit *j)
{
	put1(j, 0xc9);
}

static inline void trap(struct jit *j)
{
	put1(j, 0x0f);
	put1(j, 0x0b); /* ud2 */
}

static inline void bswap(struct jit *j, u32 w, u32 reg)
{
	put_op(j, w, 0x0fc8 | (reg & 7), 0, reg);
}

/* rol reg16, 8: swap the two low bytes. */
static inline void swap16(struct jit *j, u32 reg)
{
	put1(j, 0x66);
	shift_ri(j, 0, EXT_ROL, reg, 8);
}

static inline void jump(struct jit *j, u32 place)
{
	jit_fix(j, FIX_JUMP, 0, place);
}

static inline void branch(struct jit *j, enum x86_cc cc, u32 place)
{
	jit_fix(j, FIX_BRANCH, (u8)cc, place);
}

#endif
