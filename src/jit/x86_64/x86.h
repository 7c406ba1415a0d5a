/*
 * The files of this folder among themselves.
 *
 *   emit.c   the table: which emitter and which opcodes an instruction has
 *   alu.c    divide.c  mem.c  atomic.c  jump.c  call.c  map.c    the emitters
 *   frame.c  prologues, epilogues, the callback thunk
 *   arch.c   what jit/ sees: fixes as bytes, features of the CPU
 *
 * Registers:
 *	R0  R1  R2  R3  R4  R5 R6  R7  R8  R9  R10   run   scratch
 *	rax rdi rsi rdx rcx r8 rbx r13 r14 r15 rbp   r12   r9 r10 r11
 *
 * R0 to R5 are where C has results and arguments, R6 to R9 are what C preserves.  A main function
 * that calls nothing has run in r11 and leaves r12 alone.
 */
#ifndef SKEP_JIT_X86_64_X86_H
#define SKEP_JIT_X86_64_X86_H

#include "jit/x86_64/asm.h"

enum { R0, R1, R2, R3, R4, R5, R6, FP = 10 };
enum { RUN = R12, RUN_LEAF = R11, HELPER_RUN = R9 };

extern const u8 x86_reg[16];

enum { FEATURE_BMI2 = 1 };

struct row;
typedef void (*emitter)(struct jit *j, const struct bpf_insn *insn, const struct row *row);

struct row {
	emitter emit;
	u16 op; /* opcode of the form with two registers, or a condition */
	u8 ext; /* of the form with an immediate */
	u8 w;   /* 0 or W */
};

static inline u32 dst_of(const struct bpf_insn *insn)
{
	return x86_reg[insn->dst_reg];
}

static inline u32 src_of(const struct bpf_insn *insn)
{
	return x86_reg[insn->src_reg];
}

/* What a jump adds to the pc of the instruction after it. */
static inline s32 x86_jump_delta(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP32 | BPF_JA) ? insn->imm : insn->off;
}

static inline void reject(struct jit *j, int err)
{
	if (!j->err)
		j->err = err;
}

/* alu.c */
void x86_alu_reg(struct jit *j, const struct bpf_insn *insn, const struct row *row);
void x86_alu_imm(struct jit *j, const struct bpf_insn *insn, const struct row *row);
void x86_mov_reg(struct jit *j, const struct bpf_insn *insn, const struct row *row);
void x86_mov_imm(struct jit *j, const struct bpf_insn *insn, const struct row *row);
void x86_mul_reg(struct jit *j, const struct bpf_insn *insn, const struct row *row);
void x86_mul_imm(struct jit *j, const struct bpf_insn *insn, const struct row *row);
void x86_shift_reg(struct jit *j, const struct bpf_insn *insn, const struct row *row);
void x86_shift_imm(struct jit *j, const struct bpf_insn *insn, const struct row *row);
void x86_neg(struct jit *j, const struct bpf_insn *insn, const struct row *row);
void x86_to_le(struct jit *j, const struct bpf_insn *insn, const struct row *row);
void x86_swap(struct jit *j, const struct bpf_insn *insn, const struct row *row);

/* divide.c */
void x86_divide(struct jit *j, const struct bpf_insn *insn, const struct row *row);

/* mem.c */
void x86_ldx(struct jit *j, const struct bpf_insn *insn, const struct row *row);
void x86_stx(struct jit *j, const struct bpf_insn *insn, const struct row *row);
void x86_st(struct jit *j, const struct bpf_insn *insn, const struct row *row);
void x86_ld_imm64(struct jit *j, const struct bpf_insn *insn, const struct row *row);
void x86_ld_abs(struct jit *j, const struct bpf_insn *insn, const struct row *row);
void x86_ld_ind(struct jit *j, const struct bpf_insn *insn, const struct row *row);

/* atomic.c */
void x86_atomic(struct jit *j, const struct bpf_insn *insn, const struct row *row);

/* jump.c */
void x86_goto(struct jit *j, const struct bpf_insn *insn, const struct row *row);
void x86_jump_reg(struct jit *j, const struct bpf_insn *insn, const struct row *row);
void x86_jump_imm(struct jit *j, const struct bpf_insn *insn, const struct row *row);
void x86_jset_reg(struct jit *j, const struct bpf_insn *insn, const struct row *row);
void x86_jset_imm(struct jit *j, const struct bpf_insn *insn, const struct row *row);
void x86_may_goto(struct jit *j, const struct bpf_insn *insn, const struct row *row);
void x86_exit(struct jit *j, const struct bpf_insn *insn, const struct row *row);

/* call.c */
int x86_is_real_call(const struct jit *j, u32 pc); /* does it become a call of the machine? */
void x86_call(struct jit *j, const struct bpf_insn *insn, const struct row *row);

/* map.c: helpers that need no call, or a shorter one. */
struct inlined;
const struct inlined *x86_inlined(const struct jit *j, u32 pc);
int x86_inlined_calls(const struct inlined *inlined);
void x86_emit_inlined(struct jit *j, const struct inlined *inlined);

/* frame.c */
void x86_plan_frame(struct jit *j);
void x86_prologue(struct jit *j);
void x86_teardown(struct jit *j); /* all of the frame, up to the return address */
void x86_callback_thunk(struct jit *j);
/* The place of the thunk; there is one if the program has callbacks. */
int x86_has_callbacks(const struct prog *prog);
static inline u32 x86_thunk_place(const struct jit *j)
{
	return jit_entry_place(j, j->prog->nr_subprogs);
}

/* emit.c */
int x86_emit(struct jit *j);

#endif
