/* Arithmetic: numbers go to num.h, pointers to pointer.c; moves make links between registers. */
#include <errno.h>

#include "verifier/walk.h"

static const char *const op_text[] = {
	"+=", "-=", "*=", "/=", "|=", "&=", "<<=", ">>=", "neg", "%=", "^=", "=", "s>>=", "end"};

const char *alu_op_text(const struct bpf_insn *insn)
{
	return op_text[BPF_OP(insn->code) >> 4];
}

static int is_64(const struct bpf_insn *insn)
{
	return BPF_CLASS(insn->code) == BPF_ALU64;
}

/* A range that no value is in comes of a path that cannot be: what follows is true of anything. */
static int check_invariant(struct walk *w, struct reg *r)
{
	if (r->type != REG_SCALAR || !num_is_impossible(&r->num))
		return 0;
	if (w->check_invariants)
		return reject(w->env, -EFAULT, "REG INVARIANTS VIOLATION (alu)");
	num_forget_ranges(&r->num);
	return 0;
}

static void move_constant(struct reg *dst, const struct bpf_insn *insn)
{
	reg_set_const(dst, is_64(insn) ? (u64)(s64)insn->imm : (u32)insn->imm);
}

/* Copies that keep the value are linked: what is learnt of one is known of the other. */
static void copy_linked(struct walk *w, struct reg *dst, struct reg *src, int same_value)
{
	if (same_value)
		links_assign(w, src);
	*dst = *src;
	if (!same_value && reg_is_scalar(dst))
		reg_unlink(dst);
}

static int fits_below_sign(const struct reg *src, s16 bits)
{
	return src->num.umax < 1ull << (bits - 1);
}

static void move_wide(struct walk *w, const struct bpf_insn *insn, struct reg *dst, struct reg *src)
{
	if (!insn->off) {
		copy_linked(w, dst, src, 1);
	} else if (reg_is_scalar(src)) {
		copy_linked(w, dst, src, fits_below_sign(src, insn->off));
		num_sign_extend(&dst->num, (u32)insn->off / 8);
	} else {
		reg_set_unknown(dst);
	}
}

static void move_low(struct walk *w, const struct bpf_insn *insn, struct reg *dst, struct reg *src)
{
	if (!reg_is_scalar(src)) {
		reg_set_unknown(dst);
	} else if (!insn->off) {
		copy_linked(w, dst, src, src->num.umax <= UINT32_MAX);
	} else {
		copy_linked(w, dst, src, fits_below_sign(src, insn->off));
		num_sign_extend_32(&dst->num, (u32)insn->off / 8);
	}
	num_low_only(&dst->num);
	num_sync(&dst->num);
}

static int move(struct walk *w, const struct bpf_insn *insn)
{
	struct reg *dst = reg_at(w, insn->dst_reg), *src = reg_at(w, insn->src_reg);

	if (w->note[w->pc].op == ISA_ADDR_SPACE_CAST)
		return reject(w->env, -EINVAL,
			      "addr_space_cast insn can only be used in a program that has an "
			      "associated arena");
	if (BPF_SRC(insn->code) == BPF_K)
		move_constant(dst, insn);
	else if (is_64(insn))
		move_wide(w, insn, dst, src);
	else
		move_low(w, insn, dst, src);
	return 0;
}

static void scalar(struct reg *dst, const struct reg *src, const struct bpf_insn *insn)
{
	num_alu(&dst->num, src->num, (struct num_op){BPF_OP(insn->code), !is_64(insn)});
}

/* What is added, as 32 bits have it: 1 and *delta. */
static int delta_of(const struct reg *by, const struct bpf_insn *insn, s32 *delta)
{
	u8 op = BPF_OP(insn->code);
	s64 value = is_64(insn) ? (s64)by->num.var.value : (s32)by->num.var.value;

	if ((op != BPF_ADD && op != BPF_SUB) || value != (s32)value ||
	    (op == BPF_SUB && value == INT32_MIN))
		return 0;
	*delta = (s32)(op == BPF_SUB ? -value : value);
	return 1;
}

static int is_const_in(const struct reg *r, int wide)
{
	return reg_is_scalar(r) && !(wide ? r->num.var.mask : (u32)r->num.var.mask);
}

/*
 * r1 = r2; r1 += 7: linked at a distance, once.  Everything else cuts the link.
 */
static void relink(struct reg *dst, const struct reg *by, const struct bpf_insn *insn)
{
	s32 delta;

	if (!dst->id)
		return;
	if (!is_const_in(by, is_64(insn)) || dst->id & ID_ADD_CONST ||
	    !delta_of(by, insn, &delta)) {
		reg_unlink(dst);
	} else {
		dst->id |= is_64(insn) ? ID_ADD_64 : ID_ADD_32;
		dst->off = delta;
	}
}

static int with_pointer(struct walk *w, const struct bpf_insn *insn, struct reg *dst,
			const struct reg *src)
{
	int by_reg = BPF_SRC(insn->code) == BPF_X, err = 0;

	if (!reg_is_scalar(dst) && !reg_is_scalar(src)) {
		if (BPF_OP(insn->code) != BPF_SUB)
			return reject(w->env, -EACCES, "R%u pointer %s pointer prohibited",
				      insn->dst_reg, alu_op_text(insn));
		reg_set_unknown(dst);
		return 0;
	}
	if (by_reg)
		err = precise_reg(w, reg_is_scalar(dst) ? insn->dst_reg : insn->src_reg);
	if (err)
		return err;
	return reg_is_scalar(dst) ? pointer_arith(w, insn, src, dst)
				  : pointer_arith(w, insn, dst, src);
}

static int binary(struct walk *w, const struct bpf_insn *insn)
{
	struct reg *dst = reg_at(w, insn->dst_reg), *src = &w->fake;

	if (BPF_SRC(insn->code) == BPF_X)
		src = reg_at(w, insn->src_reg);
	else
		reg_set_const(src, (u64)(s64)insn->imm);
	if (dst->type == REG_ARENA)
		return not_yet(w, "arenas");
	if (!reg_is_scalar(dst) || !reg_is_scalar(src))
		return with_pointer(w, insn, dst, src);
	/* sound because: 32 bits tell of all that a linked number is only where it has no more */
	if (dst == src || (!is_64(insn) && dst->num.umax > UINT32_MAX))
		reg_unlink(dst);
	else
		relink(dst, src, insn);
	scalar(dst, src, insn);
	return 0;
}

/* bswap always swaps; "to big endian" does, and "to little endian" cuts, on this machine. */
static int swaps(const struct bpf_insn *insn)
{
	return is_64(insn) || (BPF_SRC(insn->code) == BPF_TO_BE) ==
				      (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);
}

static void swap(struct num *n, const struct bpf_insn *insn)
{
	u32 size = (u32)insn->imm / 8;

	if (swaps(insn))
		num_swap(n, size);
	if (size < 8)
		num_zero_extend(n, size);
}

static int unary(struct walk *w, const struct bpf_insn *insn)
{
	struct reg *dst = reg_at(w, insn->dst_reg);
	struct num num = dst->num;
	int is_number = reg_is_scalar(dst);

	/* all bytes in the machine's order: the number keeps its links, too */
	if (is_number && BPF_OP(insn->code) == BPF_END && insn->imm == 64 && !swaps(insn))
		return 0;
	if (BPF_OP(insn->code) == BPF_NEG)
		num_alu(&num, num, (struct num_op){BPF_NEG, !is_64(insn)});
	else
		swap(&num, insn);
	reg_set_unknown(dst);
	if (is_number)
		dst->num = num;
	return 0;
}

int do_alu(struct walk *w, const struct bpf_insn *insn)
{
	u8 op = BPF_OP(insn->code);
	int err;

	touch_reg(w, insn->dst_reg);
	if (op == BPF_MOV)
		err = move(w, insn);
	else if (op == BPF_NEG || op == BPF_END)
		err = unary(w, insn);
	else
		err = binary(w, insn);
	return err ? err : check_invariant(w, reg_at(w, insn->dst_reg));
}
