/*
 * Arithmetic in the flow pass: constants are folded, pointers keep their kind (and offset) through
 * additions, and what Linux does not let anyone do to a pointer is refused.
 */
#include <errno.h>

#include "isa/alu.h"
#include "verifier/kinds/flow.h"

static const char *const op_text[] = {
	"+=", "-=", "*=", "/=", "|=", "&=", "<<=", ">>=", "neg", "%=", "^=", "=", "s>>=", "end"};

static const char *text_of(const struct bpf_insn *insn)
{
	return op_text[BPF_OP(insn->code) >> 4];
}

static struct val source(struct flow *f, const struct bpf_insn *insn)
{
	if (BPF_SRC(insn->code) == BPF_X)
		return *reg_of(f, insn->src_reg);
	return val_const((u64)(s64)insn->imm);
}

/* A map pointer plus 0 is all that may be done to one; ends and objects of the kernel stay whole.
 */
static int check_pointer_kind(struct flow *f, const struct bpf_insn *insn, const struct val *ptr,
			      const struct val *by)
{
	static const u16 fixed = K_MAP_PTR | K_PACKET_END | K_FUNC;
	int zero = val_is_const(by) && !by->value;

	if (!(ptr->kinds & fixed) || ptr->kinds & ~fixed || (val_is(ptr, K_MAP_PTR) && zero))
		return 0;
	return reject(f->env, -EACCES, "R%u pointer arithmetic on %s prohibited", insn->dst_reg,
		      val_name(ptr));
}

/* ptr op by, in words of Linux's adjust_ptr_min_max_vals; dst_is_ptr: not "scalar op pointer" */
static int check_pointer(struct flow *f, const struct bpf_insn *insn, const struct val *ptr,
			 const struct val *by, int dst_is_ptr)
{
	u8 op = BPF_OP(insn->code);
	u32 dst = insn->dst_reg;
	int err;

	if (BPF_CLASS(insn->code) != BPF_ALU64)
		return op == BPF_SUB ? 0
				     : reject(f->env, -EACCES,
					      "R%u 32-bit pointer arithmetic prohibited", dst);
	err = check_pointer_kind(f, insn, ptr, by);
	if (err || op == BPF_ADD)
		return err;
	if (op == BPF_SUB && !dst_is_ptr)
		return reject(f->env, -EACCES, "R%u tried to subtract pointer from scalar", dst);
	if (op == BPF_SUB && val_is(ptr, K_STACK))
		return reject(f->env, -EACCES, "R%u subtraction from stack pointer prohibited",
			      dst);
	if (op == BPF_SUB)
		return 0;
	if (op == BPF_AND || op == BPF_OR || op == BPF_XOR)
		return reject(f->env, -EACCES, "R%u bitwise operator %s on pointer prohibited", dst,
			      text_of(insn));
	return reject(f->env, -EACCES, "R%u pointer arithmetic with %s operator prohibited", dst,
		      text_of(insn));
}

static int check_two_pointers(struct flow *f, const struct bpf_insn *insn)
{
	if (BPF_OP(insn->code) == BPF_SUB)
		return 0;
	return reject(f->env, -EACCES, "R%u pointer %s pointer prohibited", insn->dst_reg,
		      text_of(insn));
}

static int check(struct flow *f, const struct bpf_insn *insn, const struct val *dst,
		 const struct val *src)
{
	u8 op = BPF_OP(insn->code);

	if (op == BPF_NEG || op == BPF_END)
		return 0;
	if (val_is_pointer(dst) && val_is_pointer(src))
		return check_two_pointers(f, insn);
	if (val_is_pointer(dst) && val_is_scalar(src))
		return check_pointer(f, insn, dst, src, 1);
	if (val_is_pointer(src) && val_is_scalar(dst))
		return check_pointer(f, insn, src, dst, 0);
	return 0;
}

/* What may come out when a pointer may be involved. */
static struct val moved(const struct bpf_insn *insn, const struct val *dst, const struct val *src)
{
	u8 op = BPF_OP(insn->code);
	int src_ptr = !!(src->kinds & K_POINTERS), dst_ptr = !!(dst->kinds & K_POINTERS);
	struct val v = dst_ptr ? *dst : *src;
	const struct val *by = dst_ptr ? src : dst;

	if (BPF_CLASS(insn->code) != BPF_ALU64 || (op != BPF_ADD && op != BPF_SUB))
		return val_of_kind(K_SCALAR | ((dst->kinds | src->kinds) & K_UNKNOWN));
	if (op == BPF_SUB && src_ptr)
		return val_of_kind(K_SCALAR | ((dst->kinds | src->kinds) & K_UNKNOWN));
	v.kinds |= by->kinds & (u16)~K_SCALAR;
	if (v.known != KNOWN_ALL || !val_is_const(by)) {
		v.known = 0;
		v.value = 0;
		return v;
	}
	v.value += op == BPF_ADD ? by->value : -by->value;
	return v;
}

int kinds_alu(struct flow *f, const struct bpf_insn *insn, enum isa_op op)
{
	struct val src = source(f, insn), *dst = reg_of(f, insn->dst_reg);
	int err = check(f, insn, dst, &src);

	if (err)
		return err;
	if (val_is_const(dst) && val_is_const(&src))
		*dst = val_const(isa_alu(op, dst->value, src.value));
	else
		*dst = moved(insn, dst, &src);
	return 0;
}

int kinds_mov(struct flow *f, const struct bpf_insn *insn, enum isa_op op)
{
	struct val src = source(f, insn), *dst = reg_of(f, insn->dst_reg);

	if (op == ISA_ADDR_SPACE_CAST)
		return reject(f->env, -EINVAL,
			      "addr_space_cast insn can only be used in a program that has an "
			      "associated arena");
	if (op == ISA_MOV64_X)
		*dst = src;
	else if (val_is_const(&src))
		*dst = val_const(isa_alu(op, 0, src.value));
	else
		*dst = val_of_kind(K_SCALAR);
	return 0;
}
