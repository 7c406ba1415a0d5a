/*
 * Division and remainder, signed and not.  The machine divides rdx:rax, faults on a divisor of zero
 * and on the smallest number by -1; BPF has results for both:
 *
 *	x / 0 = 0    x % 0 = x    MIN / -1 = MIN    MIN % -1 = 0
 */
#include "jit/x86_64/x86.h"

struct division {
	u32 w, dst;
	u32 divisor;  /* a register */
	s32 constant; /* what is to be put into it first, or 0 */
	u8 is_signed, is_mod;
};

static void zero_divisor(struct jit *j, const struct division *d)
{
	if (!d->is_mod)
		mov_ri(j, d->dst, 0);
	else if (!d->w)
		mov_rr(j, 0, d->dst, d->dst);
}

static void minus_one_divisor(struct jit *j, const struct division *d)
{
	if (d->is_mod)
		mov_ri(j, d->dst, 0);
	else
		op_rr(j, d->w, OP_GROUP3, EXT_NEG, d->dst);
}

/* Unsigned, by 1 << shift. */
static void power_of_two(struct jit *j, const struct division *d, u32 shift)
{
	if (d->is_mod)
		alu_ri(j, d->w, EXT_AND, d->dst, (s32)((1u << shift) - 1));
	else if (shift)
		shift_ri(j, d->w, EXT_SHR, d->dst, shift);
	else if (!d->w)
		mov_rr(j, 0, d->dst, d->dst);
}

/*
 * The divisor is neither 0 nor (signed) -1.  rax and rdx move to r9 and r10 meanwhile, where they
 * can be divisors too.  A constant divisor goes where there is room: into dst once its value is in
 * rax, or into the scratch register that need not keep dst's.
 */
static void machine_division(struct jit *j, const struct division *d)
{
	u32 result = d->is_mod ? RDX : RAX;
	u32 by = d->divisor == RAX ? R9 : d->divisor == RDX ? R10 : d->divisor;

	if (d->dst != RAX || (by == R9 && !d->constant))
		mov_rr(j, W, R9, RAX);
	if (d->dst != RDX || (by == R10 && !d->constant))
		mov_rr(j, W, R10, RDX);
	if (d->dst != RAX)
		mov_rr(j, W, RAX, d->dst);
	if (d->constant)
		mov_ri(j, by, d->w ? (u64)(s64)d->constant : (u32)d->constant);
	if (d->is_signed)
		put_op(j, d->w, 0x99, 0, 0); /* cdq, cqo */
	else
		op_rr(j, 0, OP_XOR, RDX, RDX);
	op_rr(j, d->w, OP_GROUP3, d->is_signed ? EXT_IDIV : EXT_DIV, by);
	if (d->dst != result)
		mov_rr(j, d->w, d->dst, result);
	if (d->dst != RAX)
		mov_rr(j, W, RAX, R9);
	if (d->dst != RDX)
		mov_rr(j, W, RDX, R10);
}

static void by_constant(struct jit *j, struct division *d)
{
	u32 imm = (u32)d->constant;

	if (!imm)
		zero_divisor(j, d);
	else if (d->is_signed && d->constant == -1)
		minus_one_divisor(j, d);
	else if (!d->is_signed && !(imm & (imm - 1)) && (d->constant > 0 || !d->w))
		power_of_two(j, d, (u32)__builtin_ctz(imm));
	else
		machine_division(j, d);
}

static void by_register(struct jit *j, const struct division *d)
{
	u32 zero = jit_place_new(j), minus_one = jit_place_new(j), end = jit_place_new(j);

	test_rr(j, d->w, d->divisor);
	branch(j, CC_E, zero);
	if (d->is_signed) {
		alu_ri(j, d->w, EXT_CMP, d->divisor, -1);
		branch(j, CC_E, minus_one);
	}
	machine_division(j, d);
	jump(j, end);
	jit_place_here(j, zero);
	zero_divisor(j, d);
	if (d->is_signed) {
		jump(j, end);
		jit_place_here(j, minus_one);
		minus_one_divisor(j, d);
	}
	jit_place_here(j, end);
}

void x86_divide(struct jit *j, const struct bpf_insn *insn, const struct row *row)
{
	struct division d = {
		.w = row->w,
		.dst = dst_of(insn),
		.divisor = src_of(insn),
		.is_signed = insn->off == 1,
		.is_mod = BPF_OP(insn->code) == BPF_MOD,
	};

	if (BPF_SRC(insn->code) == BPF_X) {
		by_register(j, &d);
		return;
	}
	d.constant = insn->imm;
	d.divisor = d.dst;
	by_constant(j, &d);
}
