/*
 * What is known of a number: its bits, and its range read as signed and unsigned, 64 and 32 bits
 * wide.  A value type: nothing here knows of programs.  All five hold at once; num_sync lets each
 * learn from the others, in Linux 6.18's steps and order, because its log shows the outcome.
 */
#ifndef SKEP_VERIFIER_NUM_H
#define SKEP_VERIFIER_NUM_H

#include "base/abi.h"
#include "verifier/tnum.h"

struct num {
	struct tnum var;
	s64 smin, smax;
	u64 umin, umax;
	s32 smin32, smax32;
	u32 umin32, umax32;
};

extern const struct num num_unknown;

struct num num_const(u64 value);
/* [min, max], unsigned */
struct num num_range(u64 min, u64 max);

static inline int num_is_const(const struct num *n)
{
	return tnum_is_const(n->var);
}

/* Everything is learnt from everything else. */
void num_sync(struct num *n);

/* 0, or 1 when no value can be like that: the path that led here cannot be taken. */
int num_is_impossible(const struct num *n);

/* The ranges forget: from the bits alone. */
void num_forget_ranges(struct num *n);
void num_forget_64(struct num *n);
void num_forget_32(struct num *n);

/* The value's low `size` bytes, zero- or sign-extended. */
void num_zero_extend(struct num *n, u32 size);
void num_sign_extend(struct num *n, u32 size);
/* the same within the low half; num_low_only has to follow */
void num_sign_extend_32(struct num *n, u32 size);
/* The upper half becomes zero, the lower one is as its range and bits say.  Not yet in sync. */
void num_low_only(struct num *n);
/* Ranges learn from the bits, in all widths: num_sync's first and last step. */
void num_ranges_from_bits(struct num *n);

/* num_alu.c: *dst op= *src, as BPF's ALU classes; op is BPF_ADD ... (no division: unknown). */
struct num_op {
	u8 op;   /* BPF_OP(code) */
	u8 is32; /* BPF_ALU */
};
void num_alu(struct num *dst, struct num src, struct num_op op);
/* dst += by, as ranges and bits each have it; not in sync afterwards */
void num_add_const(struct num *dst, s64 by);

/* bytes of the low `size` bytes the other way round, what is above cleared */
void num_swap(struct num *n, u32 size);

/* num_jump.c */
struct num_cond {
	u8 op;   /* BPF_OP(code): BPF_JEQ, BPF_JSGT, ... */
	u8 is32; /* BPF_JMP32 */
};
/* 1: always taken, 0: never, -1: depends */
int num_branch(const struct num *dst, const struct num *src, struct num_cond cond);
/* What dst and src are where the condition holds, where it does not: the opposite one. */
void num_assume(struct num *dst, struct num *src, struct num_cond cond);
/* The condition that holds where `cond` does not; op 0 when BPF has none. */
u8 num_opposite(u8 op);

#endif
