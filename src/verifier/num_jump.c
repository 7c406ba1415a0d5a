/* Conditions: which way they go, and what is known of both sides where they hold. */
#include "verifier/num.h"

#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

u8 num_opposite(u8 op)
{
	switch (op) {
	case BPF_JEQ:
		return BPF_JNE;
	case BPF_JNE:
		return BPF_JEQ;
	case BPF_JGT:
		return BPF_JLE;
	case BPF_JLE:
		return BPF_JGT;
	case BPF_JGE:
		return BPF_JLT;
	case BPF_JLT:
		return BPF_JGE;
	case BPF_JSGT:
		return BPF_JSLE;
	case BPF_JSLE:
		return BPF_JSGT;
	case BPF_JSGE:
		return BPF_JSLT;
	case BPF_JSLT:
		return BPF_JSGE;
	default:
		return 0;
	}
}

/* One number as seen by a condition of some width: both readings 64 bits wide. */
struct view {
	struct tnum var;
	u64 umin, umax;
	s64 smin, smax;
};

static struct view view_of(const struct num *n, int is32)
{
	if (!is32)
		return (struct view){n->var, n->umin, n->umax, n->smin, n->smax};
	return (struct view){tnum_cast(n->var, 4), n->umin32, n->umax32, n->smin32, n->smax32};
}

static int disjoint(const struct view *a, const struct view *b)
{
	return a->umin > b->umax || a->umax < b->umin || a->smin > b->smax || a->smax < b->smin;
}

/* 1: equal, 0: different, -1: depends */
static int equal(const struct num *dst, const struct num *src, int is32)
{
	struct view a = view_of(dst, is32), b = view_of(src, is32), a32, b32;

	if (tnum_is_const(a.var) && tnum_is_const(b.var))
		return a.var.value == b.var.value;
	if (!tnum_overlap(a.var, b.var) || disjoint(&a, &b))
		return 0;
	if (is32)
		return -1;
	a32 = view_of(dst, 1);
	b32 = view_of(src, 1);
	return disjoint(&a32, &b32) ? 0 : -1;
}

static int has_common_bits(const struct num *dst, const struct num *src, int is32)
{
	struct tnum a = view_of(dst, is32).var, b = view_of(src, is32).var;

	if (!tnum_is_const(b)) {
		struct tnum swap = a;

		a = b;
		b = swap;
	}
	if (!tnum_is_const(b))
		return -1;
	if (a.value & b.value)
		return 1;
	return (a.mask | a.value) & b.value ? -1 : 0;
}

static int unsigned_gt(const struct view *a, const struct view *b)
{
	return a->umin > b->umax ? 1 : a->umax <= b->umin ? 0 : -1;
}

static int signed_gt(const struct view *a, const struct view *b)
{
	return a->smin > b->smax ? 1 : a->smax <= b->smin ? 0 : -1;
}

static int not(int answer)
{
	return answer < 0 ? answer : !answer;
}

int num_branch(const struct num *dst, const struct num *src, struct num_cond cond)
{
	struct view a = view_of(dst, cond.is32), b = view_of(src, cond.is32);

	switch (cond.op) {
	case BPF_JEQ:
		return equal(dst, src, cond.is32);
	case BPF_JNE:
		return not(equal(dst, src, cond.is32));
	case BPF_JSET:
		return has_common_bits(dst, src, cond.is32);
	case BPF_JGT:
		return unsigned_gt(&a, &b);
	case BPF_JLE:
		return not(unsigned_gt(&a, &b));
	case BPF_JLT:
		return unsigned_gt(&b, &a);
	case BPF_JGE:
		return not(unsigned_gt(&b, &a));
	case BPF_JSGT:
		return signed_gt(&a, &b);
	case BPF_JSLE:
		return not(signed_gt(&a, &b));
	case BPF_JSLT:
		return signed_gt(&b, &a);
	case BPF_JSGE:
		return not(signed_gt(&b, &a));
	default:
		return -1;
	}
}

static int const_in(const struct num *n, int is32)
{
	return is32 ? !(u32)n->var.mask : num_is_const(n);
}

static void assume_equal_32(struct num *a, struct num *b)
{
	struct tnum low = tnum_intersect(tnum_cast(a->var, 4), tnum_cast(b->var, 4));

	a->umin32 = b->umin32 = MAX(a->umin32, b->umin32);
	a->umax32 = b->umax32 = MIN(a->umax32, b->umax32);
	a->smin32 = b->smin32 = MAX(a->smin32, b->smin32);
	a->smax32 = b->smax32 = MIN(a->smax32, b->smax32);
	a->var = tnum_with_low(a->var, low);
	b->var = tnum_with_low(b->var, low);
}

static void assume_equal(struct num *a, struct num *b)
{
	a->umin = b->umin = MAX(a->umin, b->umin);
	a->umax = b->umax = MIN(a->umax, b->umax);
	a->smin = b->smin = MAX(a->smin, b->smin);
	a->smax = b->smax = MIN(a->smax, b->smax);
	a->var = b->var = tnum_intersect(a->var, b->var);
}

/* Not the constant at one of its ends: the end moves.  (A range of one number was decided.) */
static void assume_not(struct num *n, u64 value, int is32)
{
	if (is32) {
		n->umin32 += n->umin32 == (u32)value;
		n->umax32 -= n->umax32 == (u32)value;
		n->smin32 = (s32)((u32)n->smin32 + (n->smin32 == (s32)value));
		n->smax32 = (s32)((u32)n->smax32 - (n->smax32 == (s32)value));
	} else {
		n->umin += n->umin == value;
		n->umax -= n->umax == value;
		n->smin = (s64)((u64)n->smin + (n->smin == (s64)value));
		n->smax = (s64)((u64)n->smax - (n->smax == (s64)value));
	}
}

/* One of these bits is set: which is known if there is but one. */
static void assume_bits(struct num *n, u64 bits, int is32)
{
	if (is32)
		bits = (u32)bits;
	if (!bits || bits & (bits - 1))
		return;
	n->var = tnum_or(n->var, tnum_const(bits));
}

/* None of these bits is set. */
static void assume_no_bits(struct num *n, u64 bits, int is32)
{
	if (is32)
		bits = (u32)bits;
	/* the ranges follow from the bits again, also where no value is left */
	num_forget_ranges(n);
	n->var = tnum_and(n->var, tnum_const(~bits));
}

static void assume_le(struct num *a, struct num *b, int is32)
{
	if (is32) {
		a->umax32 = MIN(a->umax32, b->umax32);
		b->umin32 = MAX(a->umin32, b->umin32);
	} else {
		a->umax = MIN(a->umax, b->umax);
		b->umin = MAX(a->umin, b->umin);
	}
}

static void assume_lt(struct num *a, struct num *b, int is32)
{
	if (is32) {
		a->umax32 = MIN(a->umax32, b->umax32 - 1);
		b->umin32 = MAX(a->umin32 + 1, b->umin32);
	} else {
		a->umax = MIN(a->umax, b->umax - 1);
		b->umin = MAX(a->umin + 1, b->umin);
	}
}

static void assume_sle(struct num *a, struct num *b, int is32)
{
	if (is32) {
		a->smax32 = MIN(a->smax32, b->smax32);
		b->smin32 = MAX(a->smin32, b->smin32);
	} else {
		a->smax = MIN(a->smax, b->smax);
		b->smin = MAX(a->smin, b->smin);
	}
}

static s64 before(s64 x)
{
	return (s64)((u64)x - 1);
}

static s64 after(s64 x)
{
	return (s64)((u64)x + 1);
}

static void assume_slt(struct num *a, struct num *b, int is32)
{
	if (is32) {
		a->smax32 = MIN(a->smax32, (s32)before(b->smax32));
		b->smin32 = MAX((s32)after(a->smin32), b->smin32);
	} else {
		a->smax = MIN(a->smax, before(b->smax));
		b->smin = MAX(after(a->smin), b->smin);
	}
}

typedef void bits_fn(struct num *n, u64 value, int is32);

/* About a number and a constant, whichever is which. */
static void with_const(struct num *a, struct num *b, int is32, bits_fn *learn)
{
	if (const_in(b, is32))
		learn(a, b->var.value, is32);
	else if (const_in(a, is32))
		learn(b, a->var.value, is32);
}

static void assume(struct num *a, struct num *b, u8 op, int is32)
{
	switch (op) {
	case BPF_JEQ:
		(is32 ? assume_equal_32 : assume_equal)(a, b);
		break;
	case BPF_JNE:
		with_const(a, b, is32, assume_not);
		break;
	case BPF_JSET:
		with_const(a, b, is32, assume_bits);
		break;
	case 0: /* the opposite of JSET */
		with_const(a, b, is32, assume_no_bits);
		break;
	case BPF_JLE:
		assume_le(a, b, is32);
		break;
	case BPF_JLT:
		assume_lt(a, b, is32);
		break;
	case BPF_JSLE:
		assume_sle(a, b, is32);
		break;
	case BPF_JSLT:
		assume_slt(a, b, is32);
		break;
	}
}

/* a > b is b < a. */
static u8 mirrored(u8 op)
{
	switch (op) {
	case BPF_JGT:
		return BPF_JLT;
	case BPF_JGE:
		return BPF_JLE;
	case BPF_JSGT:
		return BPF_JSLT;
	case BPF_JSGE:
		return BPF_JSLE;
	default:
		return op;
	}
}

void num_assume(struct num *dst, struct num *src, struct num_cond cond)
{
	u8 op = mirrored(cond.op);

	if (op == cond.op)
		assume(dst, src, op, cond.is32);
	else
		assume(src, dst, op, cond.is32);
	num_sync(dst);
	num_sync(src);
}
