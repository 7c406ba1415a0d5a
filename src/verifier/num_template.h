/*
 * Included by num_alu.c, once for ranges of each width, with
 *	N(name)		the function or member's name of that width
 *	U, S		the types; U_MAX, S_MIN, S_MAX
 */

static void N(forget_signed)(struct num *n)
{
	n->N(smin) = S_MIN;
	n->N(smax) = S_MAX;
}

static void N(forget_unsigned)(struct num *n)
{
	n->N(umin) = 0;
	n->N(umax) = U_MAX;
}

static void N(add)(struct num *dst, const struct num *src)
{
	int min_wraps, max_wraps;

	if ((int)__builtin_add_overflow(dst->N(smin), src->N(smin), &dst->N(smin)) |
	    __builtin_add_overflow(dst->N(smax), src->N(smax), &dst->N(smax)))
		N(forget_signed)(dst);
	/* either all sums wrap, or none: else the range falls apart */
	min_wraps = __builtin_add_overflow(dst->N(umin), src->N(umin), &dst->N(umin));
	max_wraps = __builtin_add_overflow(dst->N(umax), src->N(umax), &dst->N(umax));
	if (!min_wraps && max_wraps)
		N(forget_unsigned)(dst);
}

static void N(sub)(struct num *dst, const struct num *src)
{
	int min_wraps, max_wraps;

	if ((int)__builtin_sub_overflow(dst->N(smin), src->N(smax), &dst->N(smin)) |
	    __builtin_sub_overflow(dst->N(smax), src->N(smin), &dst->N(smax)))
		N(forget_signed)(dst);
	min_wraps = __builtin_sub_overflow(dst->N(umin), src->N(umax), &dst->N(umin));
	max_wraps = __builtin_sub_overflow(dst->N(umax), src->N(umin), &dst->N(umax));
	if (min_wraps && !max_wraps)
		N(forget_unsigned)(dst);
}

/* Of the four products of ends the least and the greatest. */
static void N(mul_signed)(struct num *dst, const struct num *src)
{
	S a[2] = {dst->N(smin), dst->N(smax)}, b[2] = {src->N(smin), src->N(smax)};
	S min = S_MAX, max = S_MIN, product;

	for (u32 i = 0; i < 4; i++) {
		if (__builtin_mul_overflow(a[i / 2], b[i % 2], &product)) {
			N(forget_signed)(dst);
			return;
		}
		min = product < min ? product : min;
		max = product > max ? product : max;
	}
	dst->N(smin) = min;
	dst->N(smax) = max;
}

static void N(mul)(struct num *dst, const struct num *src)
{
	if ((int)__builtin_mul_overflow(dst->N(umax), src->N(umax), &dst->N(umax)) |
	    __builtin_mul_overflow(dst->N(umin), src->N(umin), &dst->N(umin)))
		N(forget_unsigned)(dst);
	N(mul_signed)(dst, src);
}

/* Where the unsigned range does not pass the sign bit it is the signed one too. */
static void N(sign_from_unsigned)(struct num *n)
{
	if ((S)n->N(umin) <= (S)n->N(umax)) {
		n->N(smin) = (S)n->N(umin);
		n->N(smax) = (S)n->N(umax);
	} else {
		N(forget_signed)(n);
	}
}

/* dst->var is the result's already. */
static void N (and)(struct num *dst, const struct num *src)
{
	dst->N(umin) = (U)dst->var.value;
	if (src->N(umax) < dst->N(umax))
		dst->N(umax) = src->N(umax);
	N(sign_from_unsigned)(dst);
}

static void N(or)(struct num *dst, const struct num *src)
{
	if (src->N(umin) > dst->N(umin))
		dst->N(umin) = src->N(umin);
	dst->N(umax) = (U)(dst->var.value | dst->var.mask);
	N(sign_from_unsigned)(dst);
}

static void N (xor)(struct num *dst, const struct num *src)
{
	(void)src;
	dst->N(umin) = (U)dst->var.value;
	dst->N(umax) = (U)(dst->var.value | dst->var.mask);
	N(sign_from_unsigned)(dst);
}
