/*
 * Linux's checks on a single instruction.  Rows say which fields mean something; here is what
 * is said when another one is set, and the few rules that no row can hold.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "isa/isa.h"

static const char *const group_words[] = {
	[ISA_GROUP_ALU] = "BPF_ALU",           [ISA_GROUP_MOV] = "BPF_MOV",
	[ISA_GROUP_NEG] = "BPF_NEG",           [ISA_GROUP_END] = "BPF_END",
	[ISA_GROUP_JMP] = "BPF_JMP/JMP32",     [ISA_GROUP_JA] = "BPF_JA",
	[ISA_GROUP_CALL] = "BPF_CALL",         [ISA_GROUP_EXIT] = "BPF_EXIT",
	[ISA_GROUP_LD_IMM64] = "BPF_LD_IMM64", [ISA_GROUP_LD_ABS] = "BPF_LD_[ABS|IND]",
	[ISA_GROUP_LDX] = "BPF_LDX",           [ISA_GROUP_ST] = "BPF_ST",
	[ISA_GROUP_STX] = "BPF_STX",
};

__attribute__((format(printf, 3, 4))) static int refuse(struct isa_message *why, int err,
							const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(why->text, sizeof(why->text), fmt, args);
	va_end(args);
	return err;
}

/* A field that means nothing here is set. */
static int reserved_set(const struct isa_row *row, const struct bpf_insn *insn)
{
	u8 uses = row->uses;

	return (!(uses & ISA_DST) && insn->dst_reg) ||
	       (!(uses & ISA_SRC) && insn->src_reg && row->by != ISA_BY_SRC) ||
	       (!(uses & ISA_O) && insn->off && row->by != ISA_BY_OFF) ||
	       (!(uses & ISA_I) && insn->imm && row->by != ISA_BY_IMM);
}

int isa_check_opcode(const struct bpf_insn *insn, struct isa_message *why)
{
	enum isa_op op = isa_op_of_code(insn->code);
	u8 mode = BPF_MODE(insn->code);

	/* of loads Linux looks at mode and imm before it looks for the opcode */
	if (BPF_CLASS(insn->code) == BPF_LDX &&
	    ((mode != BPF_MEM && mode != BPF_MEMSX) || insn->imm))
		return refuse(why, -EINVAL, "BPF_LDX uses reserved fields");
	if (!op)
		return refuse(why, -EINVAL, "unknown opcode %02x", insn->code);
	return 0;
}

static int check_atomic(const struct bpf_insn *insn, struct isa_message *why)
{
	struct bpf_insn word = *insn;

	if (isa_decode(insn))
		return 0;
	word.code = BPF_STX | BPF_ATOMIC | BPF_W;
	if (isa_decode(&word))
		return refuse(why, -EINVAL, "invalid atomic operand size");
	return refuse(why, -EINVAL, "BPF_ATOMIC uses invalid atomic opcode %02x", insn->imm);
}

/* A ld_imm64 without its second slot's rules: those need the program. */
int isa_check_fields(const struct bpf_insn *insn, struct isa_message *why)
{
	enum isa_op op = isa_decode(insn);
	enum isa_op first = isa_op_of_code(insn->code);
	const struct isa_row *row = &isa_rows[op ? op : first];

	if (!first)
		return refuse(why, -EINVAL, "unknown opcode %02x", insn->code);
	if (row->group == ISA_GROUP_ATOMIC)
		return check_atomic(insn, why);
	if (row->group == ISA_GROUP_MAY_GOTO && reserved_set(row, insn))
		return refuse(why, -EINVAL, "invalid may_goto imm %d", insn->imm);
	if (op == ISA_ADDR_SPACE_CAST && insn->imm != 1 && insn->imm != 0x10000)
		return refuse(
			why, -EINVAL,
			"addr_space_cast insn can only convert between address space 1 and 0");
	if (row->group == ISA_GROUP_LD_IMM64 && !op)
		return refuse(why, -EINVAL, "unrecognized bpf_ld_imm64 insn");
	if (!op || reserved_set(row, insn))
		return refuse(why, -EINVAL, "%s uses reserved fields", group_words[row->group]);
	return 0;
}

static int check_reg(u32 reg, struct isa_message *why)
{
	if (reg > 10)
		return refuse(why, -EINVAL, "R%u is invalid", reg);
	return 0;
}

/* What Linux knows of constants without knowing registers. */
static int check_operand(const struct bpf_insn *insn, struct isa_message *why)
{
	u8 op = BPF_OP(insn->code);
	s32 bits = BPF_CLASS(insn->code) == BPF_ALU64 ? 64 : 32;

	if (BPF_SRC(insn->code) != BPF_K)
		return 0;
	if ((op == BPF_DIV || op == BPF_MOD) && !insn->imm)
		return refuse(why, -EINVAL, "div by zero");
	if ((op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH) &&
	    (insn->imm < 0 || insn->imm >= bits))
		return refuse(why, -EINVAL, "invalid shift %d", insn->imm);
	return 0;
}

/* Linux's order: what is read (the source first), constants, what is written. */
int isa_check(const struct bpf_insn *insn, struct isa_message *why)
{
	const struct isa_row *row = &isa_rows[isa_decode(insn)];
	int err = isa_check_fields(insn, why);

	if (!err && row->uses & ISA_SRC)
		err = check_reg(insn->src_reg, why);
	if (!err && row->uses & ISA_DST)
		err = check_reg(insn->dst_reg, why);
	if (!err && row->group == ISA_GROUP_ALU)
		err = check_operand(insn, why);
	if (err)
		return err;
	if ((row->uses & ISA_WD && insn->dst_reg == 10) ||
	    (row->uses & ISA_WS && insn->src_reg == 10))
		return refuse(why, -EACCES, "frame pointer is read only");
	return 0;
}
