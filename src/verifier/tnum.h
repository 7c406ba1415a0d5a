/*
 * Tristate numbers: of each bit of a 64-bit value it is known to be 0, to be 1, or nothing.  A
 * value x is in t when (x & ~t.mask) == t.value; value and mask never share a bit.
 */
#ifndef SKEP_VERIFIER_TNUM_H
#define SKEP_VERIFIER_TNUM_H

#include "base/types.h"

struct tnum {
	u64 value, mask;
};

#define TNUM_UNKNOWN ((struct tnum){0, ~0ull})

static inline struct tnum tnum_const(u64 value)
{
	return (struct tnum){value, 0};
}

static inline int tnum_is_const(struct tnum t)
{
	return !t.mask;
}

static inline int tnum_is_unknown(struct tnum t)
{
	return !~t.mask;
}

static inline int tnum_equals(struct tnum a, struct tnum b)
{
	return a.value == b.value && a.mask == b.mask;
}

/* Is each x in t? */
static inline int tnum_contains(struct tnum t, u64 x)
{
	return (x & ~t.mask) == t.value;
}

/* The smallest that holds all of [min, max]. */
struct tnum tnum_range(u64 min, u64 max);

/* What x op y can be, for x in a and y in b. */
struct tnum tnum_add(struct tnum a, struct tnum b);
struct tnum tnum_sub(struct tnum a, struct tnum b);
struct tnum tnum_and(struct tnum a, struct tnum b);
struct tnum tnum_or(struct tnum a, struct tnum b);
struct tnum tnum_xor(struct tnum a, struct tnum b);
struct tnum tnum_mul(struct tnum a, struct tnum b);
struct tnum tnum_neg(struct tnum a);
struct tnum tnum_lsh(struct tnum a, u32 by);
struct tnum tnum_rsh(struct tnum a, u32 by);
/* arithmetic, of the low `bits` (32 or 64); of 32 the result is zero-extended */
struct tnum tnum_arsh(struct tnum a, u32 by, u32 bits);

/* What is in both; they have to have something in common, else the result means nothing. */
struct tnum tnum_intersect(struct tnum a, struct tnum b);
/* Something that holds what either holds. */
struct tnum tnum_union(struct tnum a, struct tnum b);
/* Is something in both? */
int tnum_overlap(struct tnum a, struct tnum b);
/* Is all of b in a? */
int tnum_in(struct tnum a, struct tnum b);
/* Is the low `size` - 1 (a power of two) of all values zero? */
int tnum_is_aligned(struct tnum a, u64 size);

/* The low `size` bytes, zero-extended. */
struct tnum tnum_cast(struct tnum a, u32 size);
/* a's upper half with b's lower one. */
struct tnum tnum_with_low(struct tnum a, struct tnum low);

/* "5", or "(0x0; 0xff)": value and mask, as Linux writes it. */
struct tnum_text {
	char text[48];
};
struct tnum_text tnum_text(struct tnum t);

#endif
