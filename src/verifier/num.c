/* Ranges and bits of one number, and how they learn from each other. */
#include "verifier/num.h"

#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

const struct num num_unknown = {
	.var = {0, UINT64_MAX},
	.smin = INT64_MIN,
	.smax = INT64_MAX,
	.umax = UINT64_MAX,
	.smin32 = INT32_MIN,
	.smax32 = INT32_MAX,
	.umax32 = UINT32_MAX,
};

struct num num_const(u64 value)
{
	return (struct num){
		.var = {value, 0},
		.smin = (s64)value,
		.smax = (s64)value,
		.umin = value,
		.umax = value,
		.smin32 = (s32)value,
		.smax32 = (s32)value,
		.umin32 = (u32)value,
		.umax32 = (u32)value,
	};
}

struct num num_range(u64 min, u64 max)
{
	struct num n = num_unknown;

	n.umin = min;
	n.umax = max;
	num_sync(&n);
	return n;
}

void num_forget_64(struct num *n)
{
	n->smin = INT64_MIN;
	n->smax = INT64_MAX;
	n->umin = 0;
	n->umax = UINT64_MAX;
}

void num_forget_32(struct num *n)
{
	n->smin32 = INT32_MIN;
	n->smax32 = INT32_MAX;
	n->umin32 = 0;
	n->umax32 = UINT32_MAX;
}

void num_forget_ranges(struct num *n)
{
	num_forget_64(n);
	num_forget_32(n);
}

static void meet_s32(struct num *n, s32 min, s32 max)
{
	n->smin32 = MAX(n->smin32, min);
	n->smax32 = MIN(n->smax32, max);
}

static void meet_u32(struct num *n, u32 min, u32 max)
{
	n->umin32 = MAX(n->umin32, min);
	n->umax32 = MIN(n->umax32, max);
}

static void meet_s64(struct num *n, s64 min, s64 max)
{
	n->smin = MAX(n->smin, min);
	n->smax = MIN(n->smax, max);
}

static void meet_u64(struct num *n, u64 min, u64 max)
{
	n->umin = MAX(n->umin, min);
	n->umax = MIN(n->umax, max);
}

/* The ranges learn from the bits: unknown bits all 0, all 1; the sign bit the other way round. */
void num_ranges_from_bits(struct num *n)
{
	u64 v = n->var.value, m = n->var.mask;

	meet_s32(n, (s32)((u32)v | ((u32)m & (u32)INT32_MIN)),
		 (s32)((u32)v | ((u32)m & INT32_MAX)));
	meet_u32(n, (u32)v, (u32)(v | m));
	meet_s64(n, (s64)(v | (m & (u64)INT64_MIN)), (s64)(v | (m & INT64_MAX)));
	meet_u64(n, v, v | m);
}

/* The least number not below x that has these bits: 1; 0 when there is none. */
static int least_with_bits(struct tnum t, u64 x, u64 *out)
{
	u64 wrong = (x ^ t.value) & ~t.mask, free, top;

	*out = x;
	if (!wrong)
		return 1;
	/* above the highest bit that may not be as in x everything can stay */
	top = 1ull << (63 - __builtin_clzll(wrong));
	if (x & top) {
		/* it is 0 in t: only a bit above it that x has not can make the number greater */
		free = t.mask & ~x & ~(top | (top - 1));
		if (!free)
			return 0;
		top = free & -free;
		x |= top;
	}
	*out = (x & ~(top - 1) & t.mask) | t.value;
	return 1;
}

/* When bits and range have but one number in common, that is it. */
static void only_one_is_left(struct num *n)
{
	u64 only, next;

	if (n->umin > n->umax || !least_with_bits(n->var, n->umin, &only) || only > n->umax)
		return;
	if (only < n->umax && least_with_bits(n->var, only + 1, &next) && next <= n->umax)
		return;
	*n = num_const(only);
}

/* The halves of [min, max] that share their upper half are a range of lower halves. */
static void low_from_u64(struct num *n)
{
	if (n->umin >> 32 != n->umax >> 32)
		return;
	meet_u32(n, (u32)n->umin, (u32)n->umax);
	if ((s32)n->umin <= (s32)n->umax)
		meet_s32(n, (s32)n->umin, (s32)n->umax);
}

static void low_from_s64(struct num *n)
{
	if (n->smin >> 32 != n->smax >> 32)
		return;
	if ((u32)n->smin <= (u32)n->smax)
		meet_u32(n, (u32)n->smin, (u32)n->smax);
	if ((s32)n->smin <= (s32)n->smax)
		meet_s32(n, (s32)n->smin, (s32)n->smax);
}

/* [..ffffffxx, ..000000xx]: neighbouring upper halves with lower ones that pass from -x to y. */
static void low_from_neighbours(struct num *n)
{
	if ((u32)(n->umin >> 32) + 1 == (u32)(n->umax >> 32) && (s32)n->umin < 0 &&
	    (s32)n->umax >= 0)
		meet_s32(n, (s32)n->umin, (s32)n->umax);
	if ((u32)(n->smin >> 32) + 1 == (u32)(n->smax >> 32) && (s32)n->smin < 0 &&
	    (s32)n->smax >= 0)
		meet_s32(n, (s32)n->smin, (s32)n->smax);
}

/*
 * A signed range over zero is two unsigned ones, at both ends; when the unsigned range meets but
 * one of them, that one is the number's.
 */
static void deduce_64_over_zero(struct num *n)
{
	if (n->umax < (u64)n->smin) {
		n->smin = (s64)n->umin;
		n->umax = MIN(n->umax, (u64)n->smax);
	} else if ((u64)n->smax < n->umin) {
		n->smax = (s64)n->umax;
		n->umin = MAX(n->umin, (u64)n->smin);
	}
}

static void deduce_32_over_zero(struct num *n)
{
	if (n->umax32 < (u32)n->smin32) {
		n->smin32 = (s32)n->umin32;
		n->umax32 = MIN(n->umax32, (u32)n->smax32);
	} else if ((u32)n->smax32 < n->umin32) {
		n->smax32 = (s32)n->umax32;
		n->umin32 = MAX(n->umin32, (u32)n->smin32);
	}
}

static void deduce_32(struct num *n)
{
	low_from_u64(n);
	low_from_s64(n);
	low_from_neighbours(n);
	if ((s32)n->umin32 <= (s32)n->umax32)
		meet_s32(n, (s32)n->umin32, (s32)n->umax32);
	if ((u32)n->smin32 <= (u32)n->smax32)
		meet_u32(n, (u32)n->smin32, (u32)n->smax32);
	else
		deduce_32_over_zero(n);
}

static void deduce_64(struct num *n)
{
	if ((s64)n->umin <= (s64)n->umax)
		meet_s64(n, (s64)n->umin, (s64)n->umax);
	if ((u64)n->smin <= (u64)n->smax)
		meet_u64(n, (u64)n->smin, (u64)n->smax);
	else
		deduce_64_over_zero(n);
}

#define UPPER(x) ((x) & ~0xffffffffull)

/* 64-bit ends learn their lower half from the 32-bit range. */
static void deduce_mixed(struct num *n)
{
	meet_u64(n, UPPER(n->umin) | n->umin32, UPPER(n->umax) | n->umax32);
	meet_s64(n, (s64)(UPPER((u64)n->smin) | n->umin32), (s64)(UPPER((u64)n->smax) | n->umax32));
	/*
	 * Sign-extended from 32 bits with a lower half that is not negative.  Sound because: values
	 * of [-2^31, -1] have a negative lower half.
	 */
	if (n->smin32 >= 0 && n->smin >= INT32_MIN && n->smax <= INT32_MAX) {
		n->smin = n->smin32;
		n->smax = n->smax32;
		n->umin = (u64)n->smin32;
		n->umax = (u64)n->smax32;
		n->var = tnum_intersect(n->var, tnum_range(n->umin, n->umax));
	}
}

static void bits_from_ranges(struct num *n)
{
	struct tnum wide = tnum_intersect(n->var, tnum_range(n->umin, n->umax));
	struct tnum low = tnum_intersect(tnum_cast(wide, 4), tnum_range(n->umin32, n->umax32));

	n->var = tnum_with_low(wide, low);
}

/* One number in every reading: there is nothing to learn. */
static int is_settled(const struct num *n)
{
	u64 v = n->var.value;

	return !n->var.mask && n->umin == v && n->umax == v && n->smin == (s64)v &&
	       n->smax == (s64)v && n->umin32 == (u32)v && n->umax32 == (u32)v &&
	       n->smin32 == (s32)v && n->smax32 == (s32)v;
}

void num_sync(struct num *n)
{
	struct num before = {0};

	if (is_settled(n))
		return;
	num_ranges_from_bits(n);
	/* a round that teaches nothing is followed by others that do not either */
	for (u32 i = 0; i < 3 && memcmp(&before, n, sizeof(before)); i++) {
		before = *n;
		deduce_32(n);
		deduce_64(n);
		deduce_mixed(n);
	}
	bits_from_ranges(n);
	num_ranges_from_bits(n);
	only_one_is_left(n);
}

int num_is_impossible(const struct num *n)
{
	return n->smin > n->smax || n->umin > n->umax || n->smin32 > n->smax32 ||
	       n->umin32 > n->umax32;
}

void num_zero_extend(struct num *n, u32 size)
{
	u64 mask = size < 8 ? (1ull << 8 * size) - 1 : ~0ull;

	n->var = tnum_cast(n->var, size);
	if ((n->umin & ~mask) == (n->umax & ~mask)) {
		n->umin &= mask;
		n->umax &= mask;
	} else {
		n->umin = 0;
		n->umax = mask;
	}
	n->smin = (s64)n->umin;
	n->smax = (s64)n->umax;
	/* the lower half stays as it was only when nothing was cut off it */
	if (size < 4)
		num_forget_32(n);
	num_sync(n);
}

void num_low_only(struct num *n)
{
	n->var = tnum_cast(n->var, 4);
	n->umin = n->umin32;
	n->umax = n->umax32;
	if (n->smin32 >= 0 && n->smax32 >= 0) {
		n->smin = n->smin32;
		n->smax = n->smax32;
	} else {
		n->smin = 0;
		n->smax = UINT32_MAX;
	}
}

static s64 sext(u64 v, u32 size)
{
	u32 shift = 64 - 8 * size;

	return (s64)(v << shift) >> shift;
}

/* Ends whose upper parts agree keep their order when the sign is drawn from the lower part. */
static int sext_range(struct num *n, u32 size, s64 *min, s64 *max)
{
	u32 bits = 8 * size;
	u64 top_min = (u64)n->smin >> bits << bits, top_max = (u64)n->smax >> bits << bits;
	s64 a = sext((u64)n->smin, size), b = sext((u64)n->smax, size);

	if (top_min != top_max)
		return 0;
	*min = MIN(a, b);
	*max = MAX(a, b);
	return (*min >= 0) == (*max >= 0);
}

void num_sign_extend(struct num *n, u32 size)
{
	s64 min, max, low = sext(1ull << (8 * size - 1), size);

	if (num_is_const(n)) {
		*n = num_const((u64)sext(n->var.value, size));
		return;
	}
	if (!sext_range(n, size, &min, &max)) {
		n->smin = low;
		n->smax = ~low;
		n->umin = 0;
		n->umax = UINT64_MAX;
		n->smin32 = (s32)low;
		n->smax32 = (s32)~low;
		n->umin32 = 0;
		n->umax32 = UINT32_MAX;
		n->var = TNUM_UNKNOWN;
		return;
	}
	n->smin = min;
	n->smax = max;
	n->umin = (u64)min;
	n->umax = (u64)max;
	n->smin32 = (s32)min;
	n->smax32 = (s32)max;
	n->umin32 = (u32)min;
	n->umax32 = (u32)max;
	n->var = tnum_range((u64)min, (u64)max);
}

void num_sign_extend_32(struct num *n, u32 size)
{
	u32 bits = 8 * size;
	s32 low = (s32)sext(1ull << (bits - 1), size), min, max;

	if (num_is_const(n)) {
		*n = num_const((u32)sext(n->var.value, size));
		return;
	}
	min = (s32)sext((u32)n->smin32, size);
	max = (s32)sext((u32)n->smax32, size);
	if ((u32)n->smin32 >> bits != (u32)n->smax32 >> bits || (min >= 0) != (max >= 0)) {
		min = low;
		max = ~low;
		n->umin32 = 0;
		n->umax32 = UINT32_MAX;
		n->var = tnum_cast(TNUM_UNKNOWN, 4);
	} else {
		n->umin32 = (u32)MIN(min, max);
		n->umax32 = (u32)MAX(min, max);
		n->var = tnum_cast(tnum_range(n->umin32, n->umax32), 4);
	}
	n->smin32 = MIN(min, max);
	n->smax32 = MAX(min, max);
}
