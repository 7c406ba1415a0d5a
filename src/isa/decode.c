/* From bytes to rows, and what rows say about jumps. */
#include "isa/isa.h"

enum { NONE = 0, RD = ISA_RD, WD = ISA_WD, RS = ISA_RS, WS = ISA_WS, O = ISA_O, I = ISA_I };

const struct isa_row isa_rows[ISA_OPS] = {
#define ISA(name, opcode, by, value, uses, group, text, since)                                     \
	[ISA_##name] = {#name, text, since, opcode, ISA_BY_##by, uses, ISA_GROUP_##group, value},
#include "isa/isa.def"
};

/* Only first rows: a second one for the same opcode would be refused here by -Woverride-init. */
static const u8 first_row[256] = {
#define ISA(name, opcode, ...) [opcode] = ISA_##name,
#define ISA_MORE(...)
#include "isa/isa.def"
};
_Static_assert(ISA_OPS <= 256, "first_row holds ops in a byte");

/* An opcode and the value of the field that refines it, as one number for a switch. */
#define KEY(code, value) ((code) | (u32)(value) << 8)

/* Two rows that are the same instruction would be the same case, which does not compile. */
static enum isa_op row_by_key(u32 key)
{
	switch (key) {
#define ISA(name, opcode, by, value, ...)                                                          \
	case KEY(opcode, value):                                                                   \
		return ISA_##name;
#include "isa/isa.def"
	default:
		return ISA_INVALID;
	}
}

enum isa_op isa_op_of_code(u8 code)
{
	return first_row[code];
}

static u32 refinement(const struct bpf_insn *insn, u8 by)
{
	switch (by) {
	case ISA_BY_OFF:
		return (u32)(s32)insn->off;
	case ISA_BY_IMM:
		return (u32)insn->imm;
	default:
		return insn->src_reg;
	}
}

enum isa_op isa_decode(const struct bpf_insn *insn)
{
	enum isa_op op = first_row[insn->code];
	u32 value;

	if (isa_rows[op].by == ISA_BY_NONE)
		return op;
	value = refinement(insn, isa_rows[op].by);
	return value > 0xffff ? ISA_INVALID : row_by_key(KEY(insn->code, value));
}

int isa_is_jump(enum isa_op op)
{
	u8 group = isa_rows[op].group;

	return op &&
	       (group == ISA_GROUP_JMP || group == ISA_GROUP_JA || group == ISA_GROUP_MAY_GOTO);
}

s32 isa_jump_offset(enum isa_op op, const struct bpf_insn *insn)
{
	return op == ISA_GOTOL ? insn->imm : insn->off;
}
