/* Arithmetic on what is known of numbers: bits and ranges each in their own way, then in sync. */
#include "verifier/num.h"

#define N(name) name
#define U u64
#define S s64
#define U_MAX UINT64_MAX
#define S_MIN INT64_MIN
#define S_MAX INT64_MAX
#include "verifier/num_template.h"
#undef N
#undef U
#undef S
#undef U_MAX
#undef S_MIN
#undef S_MAX
#define N(name) name##32
#define U u32
#define S s32
#define U_MAX UINT32_MAX
#define S_MIN INT32_MIN
#define S_MAX INT32_MAX
#include "verifier/num_template.h"

static void know_low(struct num *n, u32 value)
{
	n->smin32 = n->smax32 = (s32)value;
	n->umin32 = n->umax32 = value;
}

static void num_add(struct num *dst, const struct num *src)
{
	add32(dst, src);
	add(dst, src);
	dst->var = tnum_add(dst->var, src->var);
}

static void num_sub(struct num *dst, const struct num *src)
{
	sub32(dst, src);
	sub(dst, src);
	dst->var = tnum_sub(dst->var, src->var);
}

static void num_neg(struct num *dst)
{
	struct num was = *dst;

	*dst = num_const(0);
	num_sub(dst, &was);
}

static void num_mul(struct num *dst, const struct num *src)
{
	dst->var = tnum_mul(dst->var, src->var);
	mul32(dst, src);
	mul(dst, src);
}

typedef void range_fn(struct num *dst, const struct num *src);

/* Bitwise: constants stay exact in each width, else ranges follow from the bits. */
static void bitwise(struct num *dst, const struct num *src, range_fn *low, range_fn *wide)
{
	if (!(u32)src->var.mask && !(u32)dst->var.mask)
		know_low(dst, (u32)dst->var.value);
	else
		low(dst, src);
	if (num_is_const(src) && num_is_const(dst)) {
		*dst = num_const(dst->var.value);
		return;
	}
	wide(dst, src);
	num_ranges_from_bits(dst);
}

static void lsh_low(struct num *dst, u32 by)
{
	forget_signed32(dst);
	if (by > 31 || dst->umax32 > 1ull << (31 - by)) {
		forget_unsigned32(dst);
	} else {
		dst->umin32 <<= by;
		dst->umax32 <<= by;
	}
}

static void lsh_wide(struct num *dst, u32 by)
{
	/* half of what compilers sign-extend with: the sign moves along */
	if (by == 32) {
		dst->smax = (s64)((u64)(s64)dst->smax32 << 32);
		dst->smin = (s64)((u64)(s64)dst->smin32 << 32);
	} else {
		forget_signed(dst);
	}
	if (dst->umax > 1ull << (63 - by)) {
		forget_unsigned(dst);
	} else {
		dst->umin <<= by;
		dst->umax <<= by;
	}
}

static void num_lsh(struct num *dst, u32 by, int is32)
{
	if (is32) {
		lsh_low(dst, by);
		dst->var = tnum_cast(tnum_lsh(tnum_cast(dst->var, 4), by), 4);
		num_forget_64(dst);
	} else {
		lsh_wide(dst, by);
		lsh_low(dst, by);
		dst->var = tnum_lsh(dst->var, by);
	}
}

static void num_rsh(struct num *dst, u32 by, int is32)
{
	if (is32) {
		forget_signed32(dst);
		dst->var = tnum_rsh(tnum_cast(dst->var, 4), by);
		dst->umin32 >>= by;
		dst->umax32 >>= by;
		num_forget_64(dst);
	} else {
		forget_signed(dst);
		dst->var = tnum_rsh(dst->var, by);
		dst->umin >>= by;
		dst->umax >>= by;
		num_forget_32(dst);
	}
}

static void num_arsh(struct num *dst, u32 by, int is32)
{
	if (is32) {
		dst->smin32 >>= by;
		dst->smax32 >>= by;
		dst->var = tnum_arsh(tnum_cast(dst->var, 4), by, 32);
		forget_unsigned32(dst);
		num_forget_64(dst);
	} else {
		dst->smin >>= by;
		dst->smax >>= by;
		dst->var = tnum_arsh(dst->var, by, 64);
		forget_unsigned(dst);
		num_forget_32(dst);
	}
}

static int is_shift(u8 op)
{
	return op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH;
}

/* Shifts by what is not known, or by the width and more, tell nothing; nor do divisions. */
static int is_computable(const struct num *src, struct num_op op)
{
	if (op.op == BPF_DIV || op.op == BPF_MOD || op.op == BPF_END)
		return 0;
	if (!is_shift(op.op))
		return 1;
	if (op.is32)
		return !(u32)src->var.mask && src->smin32 == src->smax32 &&
		       src->umin32 == src->umax32 && src->umax < 32;
	return num_is_const(src) && src->smin == src->smax && src->umin == src->umax &&
	       src->umax < 64;
}

static void shift(struct num *dst, u32 by, struct num_op op)
{
	if (op.op == BPF_LSH)
		num_lsh(dst, by, op.is32);
	else if (op.op == BPF_RSH)
		num_rsh(dst, by, op.is32);
	else
		num_arsh(dst, by, op.is32);
	num_ranges_from_bits(dst);
}

static void compute(struct num *dst, const struct num *src, struct num_op op)
{
	switch (op.op) {
	case BPF_ADD:
		num_add(dst, src);
		break;
	case BPF_SUB:
		num_sub(dst, src);
		break;
	case BPF_NEG:
		num_neg(dst);
		break;
	case BPF_MUL:
		num_mul(dst, src);
		break;
	case BPF_AND:
		dst->var = tnum_and(dst->var, src->var);
		bitwise(dst, src, and32, and);
		break;
	case BPF_OR:
		dst->var = tnum_or(dst->var, src->var);
		bitwise(dst, src, or32, or);
		break;
	case BPF_XOR:
		dst->var = tnum_xor(dst->var, src->var);
		bitwise(dst, src, xor32, xor);
		break;
	default:
		shift(dst, op.is32 ? src->umin32 : (u32)src->umin, op);
	}
}

void num_alu(struct num *dst, struct num src, struct num_op op)
{
	if (!is_computable(&src, op)) {
		*dst = num_unknown;
		return;
	}
	compute(dst, &src, op);
	if (op.is32)
		num_low_only(dst);
	num_sync(dst);
}

void num_add_const(struct num *dst, s64 by)
{
	struct num n = num_const((u64)by);

	num_add(dst, &n);
}

static u64 swap_bytes(u64 v, u32 size)
{
	return __builtin_bswap64(v) >> (64 - 8 * size);
}

void num_swap(struct num *n, u32 size)
{
	n->var.value = swap_bytes(n->var.value, size);
	n->var.mask = swap_bytes(n->var.mask, size);
	num_forget_ranges(n);
	num_sync(n);
}
