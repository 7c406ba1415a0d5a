/* Pointer plus number: which pointers, which numbers, and what comes of it. */
#include <errno.h>

#include "verifier/walk.h"

typedef long long ll;

/* Offsets that stay far from any overflow: everything that is added up later relies on it. */
int pointer_sane(struct walk *w, const struct reg *r, u32 full)
{
	s64 value = (s64)r->num.var.value, smin = r->num.smin;

	if (num_is_const(&r->num) && (value >= MAX_VAR_OFF || value <= -MAX_VAR_OFF))
		return reject(w->env, -EINVAL, "math between %s pointer and %lld is not allowed",
			      reg_name(full).text, (ll)value);
	if (r->off >= MAX_VAR_OFF || r->off <= -MAX_VAR_OFF)
		return reject(w->env, -EINVAL, "%s pointer offset %d is not allowed",
			      reg_name(full).text, r->off);
	if (smin == INT64_MIN)
		return reject(w->env, -EINVAL,
			      "math between %s pointer and register with unbounded min value is "
			      "not allowed",
			      reg_name(full).text);
	if (smin >= MAX_VAR_OFF || smin <= -MAX_VAR_OFF)
		return reject(w->env, -EINVAL, "value %lld makes %s pointer be out of bounds",
			      (ll)smin, reg_name(full).text);
	return 0;
}

static int check_type(struct walk *w, const struct bpf_insn *insn, const struct reg *ptr,
		      const struct reg *by)
{
	int known = num_is_const(&by->num), zero = known && !by->num.smin;
	const char *more = "";

	switch (ptr->type) {
	case REG_FLOW_KEYS:
		if (known)
			return 0;
		break;
	case REG_MAP_PTR:
		if (zero && BPF_OP(insn->code) == BPF_ADD && !(ptr->flags & REG_OR_NULL))
			return 0;
		break;
	case REG_PACKET_END:
	case REG_SOCKET:
	case REG_SOCK_COMMON:
	case REG_TCP_SOCK:
	case REG_XDP_SOCK:
		break;
	default:
		if (!(ptr->flags & REG_OR_NULL))
			return 0;
	}
	if (ptr->flags & REG_OR_NULL)
		more = ", null-check it first";
	return reject(w->env, -EACCES, "R%u pointer arithmetic on %s prohibited%s", insn->dst_reg,
		      reg_name(reg_full(ptr)).text, more);
}

/* The constant part grows, while it fits. */
static int add_constant(struct reg *dst, const struct reg *ptr, s64 by)
{
	s64 off = (s64)((u64)(s64)ptr->off + (u64)by);

	if (off != (s32)off)
		return 0;
	dst->num = ptr->num;
	num_forget_32(&dst->num);
	dst->off = (s32)off;
	dst->raw[0] = ptr->raw[0];
	dst->raw[1] = ptr->raw[1];
	return 1;
}

static void copy_base(struct walk *w, struct reg *dst, const struct reg *ptr, int shrinks_range)
{
	dst->off = ptr->off;
	dst->raw[0] = ptr->raw[0];
	dst->raw[1] = ptr->raw[1];
	if (!reg_is_packet(ptr))
		return;
	/* a new base: what is learnt of it holds for pointers made from it */
	dst->id = ++w->ids;
	if (shrinks_range)
		dst->raw[0] = dst->raw[1] = 0;
}

static void add(struct walk *w, struct reg *dst, const struct reg *ptr, const struct reg *by)
{
	struct num sum = ptr->num;
	const struct num *n = &by->num;

	if (num_is_const(n) && add_constant(dst, ptr, n->smin))
		return;
	num_forget_32(&sum);
	if ((int)__builtin_add_overflow(ptr->num.smin, n->smin, &sum.smin) |
	    __builtin_add_overflow(ptr->num.smax, n->smax, &sum.smax)) {
		sum.smin = INT64_MIN;
		sum.smax = INT64_MAX;
	}
	if ((int)__builtin_add_overflow(ptr->num.umin, n->umin, &sum.umin) |
	    __builtin_add_overflow(ptr->num.umax, n->umax, &sum.umax)) {
		sum.umin = 0;
		sum.umax = UINT64_MAX;
	}
	sum.var = tnum_add(ptr->num.var, n->var);
	copy_base(w, dst, ptr, 1);
	dst->num = sum;
}

static void sub(struct walk *w, struct reg *dst, const struct reg *ptr, const struct reg *by)
{
	struct num diff = ptr->num;
	const struct num *n = &by->num;

	if (num_is_const(n) && add_constant(dst, ptr, (s64) - (u64)n->smin))
		return;
	num_forget_32(&diff);
	if ((int)__builtin_sub_overflow(ptr->num.smin, n->smax, &diff.smin) |
	    __builtin_sub_overflow(ptr->num.smax, n->smin, &diff.smax)) {
		diff.smin = INT64_MIN;
		diff.smax = INT64_MAX;
	}
	if (ptr->num.umin < n->umax) {
		diff.umin = 0;
		diff.umax = UINT64_MAX;
	} else {
		diff.umin = ptr->num.umin - n->umax;
		diff.umax = ptr->num.umax - n->umin;
	}
	diff.var = tnum_sub(ptr->num.var, n->var);
	copy_base(w, dst, ptr, n->smin < 0);
	dst->num = diff;
}

static int check_operator(struct walk *w, const struct bpf_insn *insn, const struct reg *ptr,
			  int from_scalar)
{
	u8 op = BPF_OP(insn->code);
	u32 dst = insn->dst_reg;

	if (op == BPF_ADD)
		return 0;
	if (op == BPF_SUB) {
		if (from_scalar)
			return reject(w->env, -EACCES, "R%u tried to subtract pointer from scalar",
				      dst);
		if (ptr->type == REG_STACK)
			return reject(w->env, -EACCES,
				      "R%u subtraction from stack pointer prohibited", dst);
		return 0;
	}
	if (op == BPF_AND || op == BPF_OR || op == BPF_XOR)
		return reject(w->env, -EACCES, "R%u bitwise operator %s on pointer prohibited", dst,
			      alu_op_text(insn));
	return reject(w->env, -EACCES, "R%u pointer arithmetic with %s operator prohibited", dst,
		      alu_op_text(insn));
}

/* Where the number's range is of a path that cannot be, anything may follow. */
static int is_impossible(const struct num *n)
{
	return (num_is_const(n) && (n->smin != n->smax || n->umin != n->umax)) ||
	       n->smin > n->smax || n->umin > n->umax;
}

static int check_width(struct walk *w, const struct bpf_insn *insn, struct reg *dst)
{
	if (BPF_OP(insn->code) != BPF_SUB)
		return reject(w->env, -EACCES, "R%u 32-bit pointer arithmetic prohibited",
			      insn->dst_reg);
	reg_set_unknown(dst);
	return 0;
}

/* One of ptr and by is the destination itself. */
int pointer_arith(struct walk *w, const struct bpf_insn *insn, const struct reg *ptr_at,
		  const struct reg *by_at)
{
	struct reg *dst = reg_at(w, insn->dst_reg), ptr = *ptr_at, by = *by_at;
	u32 full = reg_full(&ptr);
	int err;

	if (is_impossible(&by.num)) {
		reg_set_unknown(dst);
		return 0;
	}
	if (BPF_CLASS(insn->code) != BPF_ALU64)
		return check_width(w, insn, dst);
	err = check_type(w, insn, &ptr, &by);
	if (err)
		return err;
	if (ptr.type == REG_MEM && ptr.flags & REG_UNTRUSTED)
		return not_yet(w, "untrusted memory");
	*dst = ptr;
	err = pointer_sane(w, &by, full);
	if (!err)
		err = pointer_sane(w, &ptr, full);
	if (!err)
		err = check_operator(w, insn, &ptr, by_at == dst);
	if (err)
		return err;
	if (BPF_OP(insn->code) == BPF_ADD)
		add(w, dst, &ptr, &by);
	else
		sub(w, dst, &ptr, &by);
	err = pointer_sane(w, dst, full);
	if (!err)
		num_sync(&dst->num);
	return err;
}
