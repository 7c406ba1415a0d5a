/* One pass over the instructions, by a table of what each opcode becomes. */
#include <errno.h>

#include "jit/x86_64/x86.h"

/* BPF registers 0 to 10; what no program can name is a register all the same. */
const u8 x86_reg[16] = {RAX, RDI, RSI, RDX, RCX, R8,  RBX, R13,
			R14, R15, RBP, R11, R11, R11, R11, R11};

/* An operation in its four forms: 64 and 32 bits, with register and with immediate. */
#define ALU(code, reg, imm, op, ext)                                                               \
	[BPF_ALU64 | (code) | BPF_X] = {reg, op, ext, W},                                          \
			      [BPF_ALU64 | (code) | BPF_K] = {imm, op, ext, W},                    \
			      [BPF_ALU | (code) | BPF_X] = {reg, op, ext, 0},                      \
			      [BPF_ALU | (code) | BPF_K] = {imm, op, ext, 0}

#define JUMP(code, reg, imm, cc)                                                                   \
	[BPF_JMP | (code) | BPF_X] = {reg, cc, 0, W},                                              \
			    [BPF_JMP | (code) | BPF_K] = {imm, cc, 0, W},                          \
			    [BPF_JMP32 | (code) | BPF_X] = {reg, cc, 0, 0},                        \
			    [BPF_JMP32 | (code) | BPF_K] = {imm, cc, 0, 0}

#define COMPARE(code, cc) JUMP(code, x86_jump_reg, x86_jump_imm, cc)

/* clang-format off */
static const struct row rows[256] = {
	ALU(BPF_ADD, x86_alu_reg, x86_alu_imm, OP_ADD, EXT_ADD),
	ALU(BPF_SUB, x86_alu_reg, x86_alu_imm, OP_SUB, EXT_SUB),
	ALU(BPF_OR, x86_alu_reg, x86_alu_imm, OP_OR, EXT_OR),
	ALU(BPF_AND, x86_alu_reg, x86_alu_imm, OP_AND, EXT_AND),
	ALU(BPF_XOR, x86_alu_reg, x86_alu_imm, OP_XOR, EXT_XOR),
	ALU(BPF_MOV, x86_mov_reg, x86_mov_imm, 0, 0),
	ALU(BPF_MUL, x86_mul_reg, x86_mul_imm, 0, 0),
	ALU(BPF_DIV, x86_divide, x86_divide, 0, 0),
	ALU(BPF_MOD, x86_divide, x86_divide, 0, 0),
	ALU(BPF_LSH, x86_shift_reg, x86_shift_imm, PP_SHLX, EXT_SHL),
	ALU(BPF_RSH, x86_shift_reg, x86_shift_imm, PP_SHRX, EXT_SHR),
	ALU(BPF_ARSH, x86_shift_reg, x86_shift_imm, PP_SARX, EXT_SAR),
	[BPF_ALU64 | BPF_NEG] = { x86_neg, 0, 0, W },
	[BPF_ALU | BPF_NEG] = { x86_neg, 0, 0, 0 },
	[BPF_ALU | BPF_END | BPF_TO_LE] = { x86_to_le, 0, 0, 0 },
	[BPF_ALU | BPF_END | BPF_TO_BE] = { x86_swap, 0, 0, 0 },
	[BPF_ALU64 | BPF_END | BPF_TO_LE] = { x86_swap, 0, 0, 0 },

	[BPF_LDX | BPF_MEM | BPF_B] = { x86_ldx, OP_MOVZX8, 0, 0 },
	[BPF_LDX | BPF_MEM | BPF_H] = { x86_ldx, OP_MOVZX16, 0, 0 },
	[BPF_LDX | BPF_MEM | BPF_W] = { x86_ldx, OP_LOAD, 0, 0 },
	[BPF_LDX | BPF_MEM | BPF_DW] = { x86_ldx, OP_LOAD, 0, W },
	[BPF_LDX | BPF_MEMSX | BPF_B] = { x86_ldx, OP_MOVSX8, 0, W },
	[BPF_LDX | BPF_MEMSX | BPF_H] = { x86_ldx, OP_MOVSX16, 0, W },
	[BPF_LDX | BPF_MEMSX | BPF_W] = { x86_ldx, OP_MOVSXD, 0, W },
	[BPF_STX | BPF_MEM | BPF_B] = { x86_stx, OP_STORE8, 0, BYTE_REG },
	[BPF_STX | BPF_MEM | BPF_H] = { x86_stx, OP_STORE, 0, 0 },
	[BPF_STX | BPF_MEM | BPF_W] = { x86_stx, OP_STORE, 0, 0 },
	[BPF_STX | BPF_MEM | BPF_DW] = { x86_stx, OP_STORE, 0, W },
	[BPF_ST | BPF_MEM | BPF_B] = { x86_st, 0xc6, 0, 0 },
	[BPF_ST | BPF_MEM | BPF_H] = { x86_st, 0xc7, 0, 0 },
	[BPF_ST | BPF_MEM | BPF_W] = { x86_st, 0xc7, 0, 0 },
	[BPF_ST | BPF_MEM | BPF_DW] = { x86_st, 0xc7, 0, W },
	[BPF_STX | BPF_ATOMIC | BPF_B] = { x86_atomic, 0, 0, 0 },
	[BPF_STX | BPF_ATOMIC | BPF_H] = { x86_atomic, 0, 0, 0 },
	[BPF_STX | BPF_ATOMIC | BPF_W] = { x86_atomic, 0, 0, 0 },
	[BPF_STX | BPF_ATOMIC | BPF_DW] = { x86_atomic, 0, 0, W },
	[BPF_LD | BPF_IMM | BPF_DW] = { x86_ld_imm64, 0, 0, W },
	[BPF_LD | BPF_ABS | BPF_B] = { x86_ld_abs, OP_MOVZX8, 0, 0 },
	[BPF_LD | BPF_ABS | BPF_H] = { x86_ld_abs, OP_MOVZX16, 0, 0 },
	[BPF_LD | BPF_ABS | BPF_W] = { x86_ld_abs, OP_LOAD, 0, 0 },
	[BPF_LD | BPF_IND | BPF_B] = { x86_ld_ind, OP_MOVZX8, 0, 0 },
	[BPF_LD | BPF_IND | BPF_H] = { x86_ld_ind, OP_MOVZX16, 0, 0 },
	[BPF_LD | BPF_IND | BPF_W] = { x86_ld_ind, OP_LOAD, 0, 0 },

	[BPF_JMP | BPF_JA] = { x86_goto, 0, 0, 0 },
	[BPF_JMP32 | BPF_JA] = { x86_goto, 0, 0, 0 },
	COMPARE(BPF_JEQ, CC_E),
	COMPARE(BPF_JNE, CC_NE),
	COMPARE(BPF_JGT, CC_A),
	COMPARE(BPF_JGE, CC_AE),
	COMPARE(BPF_JLT, CC_B),
	COMPARE(BPF_JLE, CC_BE),
	COMPARE(BPF_JSGT, CC_G),
	COMPARE(BPF_JSGE, CC_GE),
	COMPARE(BPF_JSLT, CC_L),
	COMPARE(BPF_JSLE, CC_LE),
	JUMP(BPF_JSET, x86_jset_reg, x86_jset_imm, CC_NE),
	[BPF_JMP | BPF_JCOND] = { x86_may_goto, 0, 0, 0 },
	[BPF_JMP | BPF_CALL] = { x86_call, 0, 0, 0 },
	[BPF_JMP | BPF_EXIT] = { x86_exit, 0, 0, 0 },
};
/* clang-format on */

/*
 * Loops begin at a line of the instruction cache (log2 of its bytes): one that lies across one line
 * more than it has to takes up to twice the time.
 */
enum { LOOP_ALIGN = 6 };

/* Returns the instructions taken: 2 for ld_imm64. */
static u32 emit_insn(struct jit *j, u32 pc)
{
	const struct bpf_insn *insn = &j->prog->insns[pc];
	const struct row *row = &rows[insn->code];

	j->pc = pc;
	if (j->is_loop[pc])
		jit_fix(j, FIX_ALIGN, LOOP_ALIGN, 0);
	jit_place_here(j, pc);
	if (!row->emit)
		reject(j, -EINVAL);
	else if (!j->prog->facts[pc].dead)
		row->emit(j, insn, row);
	if (insn->code != (BPF_LD | BPF_IMM | BPF_DW))
		return 1;
	jit_place_here(j, pc + 1);
	return 2;
}

/* run_home_of finds it before the entry, in an instruction that nothing reaches. */
static void name_home(struct jit *j)
{
	put1(j, 0x48);
	put1(j, 0xb8); /* mov rax, imm64 */
	put8(j, ptr_to_u64(&j->prog->home));
}

static int emit_func(struct jit *j, u32 func)
{
	const struct subprog *subprog = &j->prog->subprogs[func];
	int err = jit_room(j);

	if (err)
		return err;
	j->func = func;
	if (subprog->is_callback)
		name_home(j);
	x86_plan_frame(j);
	jit_place_here(j, jit_entry_place(j, func));
	x86_prologue(j);
	for (u32 pc = subprog->start; pc < subprog->end && !j->err;) {
		err = jit_room(j);
		if (err)
			return err;
		pc += emit_insn(j, pc);
	}
	return j->err;
}

/* Whatever runs past the last instruction, against all that was proven, traps. */
static int emit_end(struct jit *j)
{
	int err = jit_room(j);

	if (err)
		return err;
	jit_place_here(j, j->prog->len);
	trap(j);
	if (x86_has_callbacks(j->prog)) {
		j->thunk = x86_thunk_place(j);
		x86_callback_thunk(j);
	}
	return 0;
}

int x86_emit(struct jit *j)
{
	int err = jit_begin(j, 1); /* the callback thunk */

	for (u32 i = 0; i < j->prog->nr_subprogs && !err; i++)
		err = emit_func(j, i);
	return err ? err : emit_end(j);
}
