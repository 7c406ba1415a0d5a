/*
 * Random valid programs: the same seed, the same program.  They terminate, touch only their stack
 *and context, depend on nothing but the context's bytes, and Linux's verifier accepts them (as
 * BPF_PROG_TYPE_SYSCALL).  Between them they use every instruction that needs nothing but
 *registers, stack and context, with operands that are random or extreme.
 *
 *	r0 = ...; every register and stack slot gets a value, most from the context
 *	arithmetic, loads, stores, atomics, ifs, loops, may_goto, calls of subprograms
 *	r0..r9 are written to the context; r0 = what they hash to
 *
 * r6 is the context throughout.
 */
#ifndef SKEP_TESTS_GEN_H
#define SKEP_TESTS_GEN_H

#include "prog/prog.h"

enum { GEN_INSNS = 1024, GEN_FUNCS = 3, GEN_CTX = 128 };

struct gen_program {
	struct bpf_insn insns[GEN_INSNS];
	u32 len;
	struct subprog func[GEN_FUNCS];
	u32 nr_func;
};

void gen_program(u64 seed, struct gen_program *program);

/* The next of a sequence of random numbers, and one that is likely to be at a limit. */
u64 gen_random(u64 *state);
u64 gen_value(u64 *state);

/* As a loaded program, for engines: it borrows *program and `facts` (GEN_INSNS zeroed ones). */
void gen_load(struct prog *prog, struct gen_program *program, struct skep *skep,
	      struct fact *facts);

#endif
