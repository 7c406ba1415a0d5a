/*
 * Threaded code: what both interpreters run.  One struct code an instruction slot, in the same
 * places, so that jumps and reports need no translation; a pair that is fused keeps its second
 * half, for who jumps there.
 */
#ifndef SKEP_INTERP_INTERNAL_H
#define SKEP_INTERP_INTERNAL_H

#include "interp/interp.h"
#include "isa/alu.h"

#define MAX_FRAMES 8
/* what may_goto lets a frame do, as in Linux */
#define MAY_GOTO_BUDGET (8u * 1024 * 1024)

struct code {
	union {
		const void *go; /* the label that does it */
		u64 imm64;      /* in the second slot of a ld_imm64: what it loads */
	};
	s32 imm;
	s16 off;
	u8 dst, src;
};
_Static_assert(sizeof(struct code) == 16, "ip + off is one shift and one add");

/* What a callback is to programs and helpers: the address of the second member. */
struct callback {
	const struct run_home *home; /* where run_home_of looks */
	struct callback_code {
		const struct image *image;
		u32 start;
	} code;
};

struct image {
	const struct prog *prog;
	helper_fn *fns;             /* what calls call: code[].imm counts them */
	struct callback *callbacks; /* by subprogram */
	struct code code[];
};

/* A caller, while the subprogram that it called runs. */
struct frame {
	const struct code *back;
	u64 saved[5]; /* r6 .. r10 */
	u32 budget;
};

/*
 * What labels there are: the instructions; bpf_tail_call; two instructions as one, of which MOV_x
 * is rd = rs; rd x= ...
 */
enum code_op {
	CODE_ISA = ISA_OPS - 1, /* as enum isa_op up to here */
	CODE_TAIL_CALL,
#define ISA_ALU(name, meaning)                                                                     \
	CODE_MOV_##name##64_K, CODE_MOV_##name##64_X, CODE_MOV_##name##32_K, CODE_MOV_##name##32_X,
#include "isa/isa.def"
	CODE_OPS
};

/* What a loop is entered with: where, and r1..r5.  With image NULL it returns its labels' address.
 */
struct entry {
	const struct image *image;
	u32 start;
	u64 args[5];
	struct run *run;
};

/* How memory is accessed. */
enum guard_how { GUARD_READ, GUARD_WRITE, GUARD_ATOMIC };

/*
 * compile and release of both engines: threaded code for the loop whose labels these are.
 * 0, -ENOMEM, -EINVAL for what is no program, -EOPNOTSUPP for a helper or kfunc that nobody wrote.
 */
int interp_make(struct prog *prog, const void *const *labels, prog_entry entry,
		run_callback callback);
void interp_free(struct prog *prog);

/* Pairs to superinstructions. */
void interp_fuse(const struct prog *prog, struct code *code, const void *const *labels);

/* A program of another engine, tail-called from a loop of ours: what it returns. */
u64 interp_enter_other(const struct prog *target, struct run *run, u64 ctx);

#endif
