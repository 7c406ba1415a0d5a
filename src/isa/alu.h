/*
 * What arithmetic means: isa.def's meanings as functions of values.  The interpreter runs them, the
 * verifier folds constants with them, so that both say the same.
 */
#ifndef SKEP_ISA_ALU_H
#define SKEP_ISA_ALU_H

#include <endian.h>

#include "isa/isa.h"

/* isa_alu64_ADD(a, b), isa_alu32_ADD(a, b), ...; a is dst, b src or imm */
#define ISA_ALU(name, meaning)                                                                     \
	static inline u64 isa_alu64_##name(u64 a, u64 b)                                           \
	{                                                                                          \
		typedef u64 T;                                                                     \
		typedef s64 S;                                                                     \
		enum { BITS = 64 };                                                                \
		(void)sizeof(T), (void)sizeof(S), (void)BITS;                                      \
		return (T)(meaning);                                                               \
	}                                                                                          \
	static inline u32 isa_alu32_##name(u32 a, u32 b)                                           \
	{                                                                                          \
		typedef u32 T;                                                                     \
		typedef s32 S;                                                                     \
		enum { BITS = 32 };                                                                \
		(void)sizeof(T), (void)sizeof(S), (void)BITS;                                      \
		return (T)(meaning);                                                               \
	}
#include "isa/isa.def"

/* isa_alu_NEG64(a, b), ...: what has no 32-bit twin of the same meaning */
#define ISA_ALU1(name, meaning)                                                                    \
	static inline u64 isa_alu_##name(u64 a, u64 b)                                             \
	{                                                                                          \
		(void)a, (void)b;                                                                  \
		return meaning;                                                                    \
	}
#include "isa/isa.def"

/* isa_jmp64_JEQ(a, b), isa_jmp32_JEQ(a, b), ...: is the jump taken? */
#define ISA_JMP(name, meaning)                                                                     \
	static inline int isa_jmp64_##name(u64 a, u64 b)                                           \
	{                                                                                          \
		typedef s64 S;                                                                     \
		(void)sizeof(S);                                                                   \
		return meaning;                                                                    \
	}                                                                                          \
	static inline int isa_jmp32_##name(u32 a, u32 b)                                           \
	{                                                                                          \
		typedef s32 S;                                                                     \
		(void)sizeof(S);                                                                   \
		return meaning;                                                                    \
	}
#include "isa/isa.def"

/*
 * isa_atomic32_FETCH_ADD(p, b, r0), ...: change *p, tell what it held.  p is aligned.  What fails
 * to compare writes back what it read, as x86 does.
 */
#define ISA_ATOMIC(name, into, meaning)                                                            \
	static inline u64 isa_atomic64_##name(u64 *p, u64 b, u64 r0)                               \
	{                                                                                          \
		u64 a = __atomic_load_n(p, __ATOMIC_RELAXED);                                      \
		(void)b, (void)r0;                                                                 \
		while (!__atomic_compare_exchange_n(p, &a, (u64)(meaning), 0, __ATOMIC_SEQ_CST,    \
						    __ATOMIC_RELAXED))                             \
			;                                                                          \
		return a;                                                                          \
	}                                                                                          \
	static inline u32 isa_atomic32_##name(u32 *p, u32 b, u32 r0)                               \
	{                                                                                          \
		u32 a = __atomic_load_n(p, __ATOMIC_RELAXED);                                      \
		(void)b, (void)r0;                                                                 \
		while (!__atomic_compare_exchange_n(p, &a, (u32)(meaning), 0, __ATOMIC_SEQ_CST,    \
						    __ATOMIC_RELAXED))                             \
			;                                                                          \
		return a;                                                                          \
	}
#include "isa/isa.def"

/*
 * dst after an instruction of the groups ALU, MOV, NEG and END, given dst and src before it (or,
 * for constants, imm sign-extended to 64 bits as src).  32-bit results are zero-extended.  Other
 * ops leave dst.
 */
u64 isa_alu(enum isa_op op, u64 dst, u64 src);

/* Is the conditional jump `op` taken?  0 for other ops. */
int isa_condition(enum isa_op op, u64 dst, u64 src);

#endif
