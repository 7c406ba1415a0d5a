/*
 * What an instruction is.  isa.def has a row each; from it expand the numbers below, decoding,
 * Linux's checks on a single instruction, text in the notation of Linux's verifier log and back,
 * and (alu.h) what arithmetic means.
 */
#ifndef SKEP_ISA_ISA_H
#define SKEP_ISA_ISA_H

#include "base/abi.h"
#include "base/types.h"

/* ISA_ADD64_K, ISA_LDX32, ISA_CALL_HELPER, ...: an opcode together with what refines it. */
enum isa_op {
	ISA_INVALID,
#define ISA(name, ...) ISA_##name,
#include "isa/isa.def"
	ISA_OPS
};

/* The fields that an instruction uses; the others are zero in a valid one. */
enum isa_use {
	ISA_RD = 1, /* dst is read */
	ISA_WD = 2, /* dst is written */
	ISA_RS = 4, /* src is read */
	ISA_WS = 8, /* src is written */
	ISA_O = 16, /* off */
	ISA_I = 32, /* imm */
	ISA_DST = ISA_RD | ISA_WD,
	ISA_SRC = ISA_RS | ISA_WS,
};

/* Which field, besides the opcode, tells rows apart. */
enum isa_by { ISA_BY_NONE, ISA_BY_OFF, ISA_BY_IMM, ISA_BY_SRC };

/* Which words Linux has for what is wrong. */
enum isa_group {
	ISA_GROUP_ALU,
	ISA_GROUP_MOV,
	ISA_GROUP_NEG,
	ISA_GROUP_END,
	ISA_GROUP_JMP,
	ISA_GROUP_JA,
	ISA_GROUP_MAY_GOTO,
	ISA_GROUP_CALL,
	ISA_GROUP_EXIT,
	ISA_GROUP_LD_IMM64,
	ISA_GROUP_LD_ABS,
	ISA_GROUP_LDX,
	ISA_GROUP_ST,
	ISA_GROUP_STX,
	ISA_GROUP_ATOMIC,
};

struct isa_row {
	const char *name; /* "ADD64_K" */
	const char *text; /* its notation, see isa.def */
	const char *since;
	u8 code;
	u8 by;     /* enum isa_by */
	u8 uses;   /* enum isa_use */
	u8 group;  /* enum isa_group */
	u16 value; /* of the field that `by` names */
};

/* By enum isa_op; [ISA_INVALID] is all zero. */
extern const struct isa_row isa_rows[ISA_OPS];

/* The row that has this opcode, the first if there are several; ISA_INVALID: Linux knows none. */
enum isa_op isa_op_of_code(u8 code);

/*
 * What an instruction is; ISA_INVALID when opcode, off, imm and src together are nothing that Linux
 * knows. Fields that are not used are not looked at: that is isa_check's.
 */
enum isa_op isa_decode(const struct bpf_insn *insn);

/* Why an instruction is refused, in Linux's words, without a newline. */
struct isa_message {
	char text[96];
};

/*
 * Linux's checks that need nothing but one instruction, in the two places where Linux makes them.
 * 0, or -EINVAL or -EACCES with *why filled (why may not be NULL).
 *
 * isa_check_opcode: before any instruction is followed: is the opcode known?
 * isa_check: once the instruction is reached: reserved fields, register numbers, writes to r10,
 * division by zero, shifts.  In Linux what concerns registers' contents comes between these.
 */
int isa_check_opcode(const struct bpf_insn *insn, struct isa_message *why);
int isa_check(const struct bpf_insn *insn, struct isa_message *why);

/* isa_check's first part: the reserved fields alone. */
int isa_check_fields(const struct bpf_insn *insn, struct isa_message *why);

/* Bytes that a load, store or atomic accesses. */
static inline u32 isa_size(u8 code)
{
	static const u8 bytes[] = {4, 2, 1, 8};

	return bytes[BPF_SIZE(code) >> 3];
}

static inline int isa_is_ld_imm64(const struct bpf_insn *insn)
{
	return insn->code == (BPF_LD | BPF_IMM | BPF_DW);
}

/* What a ld_imm64 of two slots holds. */
static inline u64 isa_imm64(const struct bpf_insn *insn)
{
	return (u32)insn[0].imm | (u64)(u32)insn[1].imm << 32;
}

/* Does it jump to pc + 1 + isa_jump_offset()?  (goto, gotol, conditions, may_goto; not calls) */
int isa_is_jump(enum isa_op op);
s32 isa_jump_offset(enum isa_op op, const struct bpf_insn *insn);

/*
 * Names that the instruction alone does not tell.  A function that is NULL, or answers NULL, leaves
 * the notation that says what the fields hold.
 */
struct isa_names {
	const void *cookie;
	/* of a helper ("bpf_map_lookup_elem") or kfunc; what stands before '#' */
	const char *(*call)(const void *cookie, const struct bpf_insn *insn);
	/* what a ld_imm64 loads, e.g. a map's address as Linux's log has it; `buf` may hold the
	 * answer */
	const char *(*imm64)(const void *cookie, const struct bpf_insn *insn, char *buf,
			     size_t size);
	/* of a helper's name without '#': its number, or 0 */
	u32 (*helper_id)(const void *cookie, const char *name);
};

#define ISA_TEXT_MAX 160

/*
 * The instruction in the notation of Linux's verifier log, without its "(b7) ".  Any 8 bytes have
 * one, valid or not, as in Linux.  `left`: how many slots there are from insn on, >= 1; the second
 * of a ld_imm64 is looked at only if there is one.
 */
void isa_disasm(const struct bpf_insn *insn, u32 left, const struct isa_names *names,
		char buf[ISA_TEXT_MAX]);

/* A place where a name was used that only a loader can resolve: map[NAME]. */
struct isa_ref {
	u32 insn;
	u32 line;
	char name[64];
};

/* What isa_asm makes; isa_asm_free gives it back. */
struct isa_code {
	struct bpf_insn *insns;
	u32 len, cap;
	struct isa_ref *refs; /* their insns have imm 0 */
	u32 nr_refs, cap_refs;
};

struct isa_error {
	u32 line, column; /* from 1 */
	char text[120];   /* "expected a register" */
};

struct os;

/*
 * Parse a program: the notation that isa_disasm writes, a line each, with labels ("name:"), which
 * jumps and calls may use in place of pc+N, decimal and hexadecimal numbers, comments from ';' or
 * "//" to the line's end, and "12: (b7) " before an instruction, as logs have it.  0 (the caller
 * frees *out), or -EINVAL with *error filled, or -ENOMEM.
 */
int isa_asm(const struct os *os, const char *text, size_t len, const struct isa_names *names,
	    struct isa_code *out, struct isa_error *error);
void isa_asm_free(const struct os *os, struct isa_code *code);

#endif
