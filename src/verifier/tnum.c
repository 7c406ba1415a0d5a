/* Arithmetic of tristate numbers.  The proofs are test_tnum's: all pairs of small widths. */
#include "verifier/tnum.h"

#include <stdio.h>

#define TNUM(v, m) ((struct tnum){(v), (m)})

struct tnum tnum_range(u64 min, u64 max)
{
	u64 differ = min ^ max;
	u32 bits = differ ? 64 - (u32)__builtin_clzll(differ) : 0;
	u64 low;

	if (bits > 63)
		return TNUM_UNKNOWN;
	low = (1ull << bits) - 1;
	return TNUM(min & ~low, low);
}

struct tnum tnum_lsh(struct tnum a, u32 by)
{
	return TNUM(a.value << by, a.mask << by);
}

struct tnum tnum_rsh(struct tnum a, u32 by)
{
	return TNUM(a.value >> by, a.mask >> by);
}

struct tnum tnum_arsh(struct tnum a, u32 by, u32 bits)
{
	if (bits == 32)
		return TNUM((u32)((s32)a.value >> by), (u32)((s32)a.mask >> by));
	return TNUM((u64)((s64)a.value >> by), (u64)((s64)a.mask >> by));
}

/*
 * Sound because: a carry into a bit is uncertain only if adding all unknown bits at once changes
 * that bit against adding none of them.
 */
struct tnum tnum_add(struct tnum a, struct tnum b)
{
	u64 unknown = a.mask + b.mask, known = a.value + b.value;
	u64 carries = (unknown + known) ^ known;
	u64 mask = carries | a.mask | b.mask;

	return TNUM(known & ~mask, mask);
}

/* As above, with borrows: the largest and the smallest difference. */
struct tnum tnum_sub(struct tnum a, struct tnum b)
{
	u64 known = a.value - b.value;
	u64 borrows = (known + a.mask) ^ (known - b.mask);
	u64 mask = borrows | a.mask | b.mask;

	return TNUM(known & ~mask, mask);
}

struct tnum tnum_neg(struct tnum a)
{
	return tnum_sub(tnum_const(0), a);
}

struct tnum tnum_and(struct tnum a, struct tnum b)
{
	u64 ones = a.value & b.value, maybe = (a.value | a.mask) & (b.value | b.mask);

	return TNUM(ones, maybe & ~ones);
}

struct tnum tnum_or(struct tnum a, struct tnum b)
{
	u64 ones = a.value | b.value;

	return TNUM(ones, (a.mask | b.mask) & ~ones);
}

struct tnum tnum_xor(struct tnum a, struct tnum b)
{
	u64 mask = a.mask | b.mask;

	return TNUM((a.value ^ b.value) & ~mask, mask);
}

/* Long multiplication; at an unknown bit of a both answers are kept. */
struct tnum tnum_mul(struct tnum a, struct tnum b)
{
	struct tnum sum = tnum_const(0);

	for (; a.value || a.mask; a = tnum_rsh(a, 1), b = tnum_lsh(b, 1)) {
		if (a.value & 1)
			sum = tnum_add(sum, b);
		else if (a.mask & 1)
			sum = tnum_union(sum, tnum_add(sum, b));
	}
	return sum;
}

struct tnum tnum_intersect(struct tnum a, struct tnum b)
{
	u64 ones = a.value | b.value, mask = a.mask & b.mask;

	return TNUM(ones & ~mask, mask);
}

struct tnum tnum_union(struct tnum a, struct tnum b)
{
	u64 mask = (a.value ^ b.value) | a.mask | b.mask;

	return TNUM(a.value & b.value & ~mask, mask);
}

int tnum_overlap(struct tnum a, struct tnum b)
{
	return !((a.value ^ b.value) & ~(a.mask | b.mask));
}

int tnum_in(struct tnum a, struct tnum b)
{
	return !(b.mask & ~a.mask) && a.value == (b.value & ~a.mask);
}

int tnum_is_aligned(struct tnum a, u64 size)
{
	return !size || !((a.value | a.mask) & (size - 1));
}

struct tnum tnum_cast(struct tnum a, u32 size)
{
	u64 keep = size < 8 ? (1ull << 8 * size) - 1 : ~0ull;

	return TNUM(a.value & keep, a.mask & keep);
}

struct tnum tnum_with_low(struct tnum a, struct tnum low)
{
	return TNUM((a.value & ~0xffffffffull) | (u32)low.value,
		    (a.mask & ~0xffffffffull) | (u32)low.mask);
}

struct tnum_text tnum_text(struct tnum t)
{
	typedef unsigned long long llu;
	struct tnum_text s;

	if (t.mask)
		snprintf(s.text, sizeof(s.text), "(0x%llx; 0x%llx)", (llu)t.value, (llu)t.mask);
	else
		snprintf(s.text, sizeof(s.text), t.value <= UINT16_MAX ? "%llu" : "0x%llx",
			 (llu)t.value);
	return s;
}
