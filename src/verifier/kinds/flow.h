/*
 * The flow pass: a walk over all paths to a fixpoint, which finds what kinds of values registers
 *and stack slots hold at each instruction.
 *
 * A state is kept where paths meet (MARK_JOIN) and covers all paths that come there; it only grows,
 *so the walk ends, and what the last visit of an instruction saw covers all visits.  Conditions
 *between constants are decided, so code that they switch off is never visited.
 *
 * Stack slots are followed exactly in the frame that owns them.  Through pointers that other
 *functions hold, stores and loads go to summaries which do not know the order of things:
 *
 *	all[]	join of everything ever stored to the slot	(what others load)
 *	out[]	join of what others stored to it		(joined to what the owner loads)
 */
#ifndef SKEP_VERIFIER_KINDS_FLOW_H
#define SKEP_VERIFIER_KINDS_FLOW_H

#include "verifier/internal.h"
#include "verifier/kinds/val.h"

enum { NR_REGS = 11, NR_SLOTS = MAX_BPF_STACK / 8 };

/* slot[0] is fp-8 .. fp-1; there are frame.nr_slots, in `cur` always NR_SLOTS */
struct state {
	struct val reg[NR_REGS];
	struct val slot[];
};

struct caller {
	struct caller *next;
	u32 pc;
};

/* What is known of a subprogram and its frames. */
struct frame {
	u32 nr_slots;
	struct val *all, *out;
	struct val ret; /* R0 at its exits */
	u8 returns;     /* an exit was reached */
	struct caller *callers;
};

struct flow {
	struct env *env;
	struct state **at; /* by pc: kept states */
	u32 *todo, nr_todo;
	struct frame *frames; /* by subprogram */
	struct state *cur;
	u32 pc, next, sub;  /* the instruction at hand, where control goes (NO_PC: nowhere), its
			       function */
	struct val spilled; /* join of all pointers that were stored to any stack */
	u8 summary_read, summary_grew;
	u16 *bases; /* kinds of the address register, one an instruction */
};

/* flow.c */
int flow_enter(struct flow *f, u32 sub, const struct val args[5]); /* covers this entry too */
int flow_branch(struct flow *f, u32 pc);                           /* cur goes to pc as well */
int flow_wait(struct flow *f, u32 pc, int go); /* cur is kept at pc, and goes on only if go */
void flow_return(struct flow *f, u32 pc, const struct val *ret); /* to what waits at pc */

/* slots.c: the stack.  off is from the frame's top: -8 is the first slot. */
void kinds_stack_store(struct flow *f, const struct val *base, s64 off, u32 size,
		       const struct val *v);
struct val kinds_stack_load(struct flow *f, const struct val *base, s64 off, u32 size);
/* a helper writes there: size bytes, 0 for as many as it likes */
void kinds_stack_clobber(struct flow *f, const struct val *base, u32 size);
/* note that the frame has to reach down to off; s64 offsets below the stack have been refused */
void kinds_stack_reach(struct flow *f, const struct val *base, s64 off);
/* how far down this function's own accesses go at most, in slots: what states have to keep */
u32 stack_slots_of(const struct env *env, const struct subprog *sub);

/* alu.c */
int kinds_alu(struct flow *f, const struct bpf_insn *insn, enum isa_op op);
int kinds_mov(struct flow *f, const struct bpf_insn *insn, enum isa_op op);

/* mem.c */
int kinds_load(struct flow *f, const struct bpf_insn *insn, enum isa_op op);
int kinds_store(struct flow *f, const struct bpf_insn *insn, enum isa_op op);
int kinds_atomic(struct flow *f, const struct bpf_insn *insn, enum isa_op op);
int check_ld_abs_type(struct env *env); /* before anything else of them is judged */
int kinds_ld_abs(struct flow *f, const struct bpf_insn *insn, enum isa_op op);
int kinds_ld_imm64(struct flow *f, const struct bpf_insn *insn, enum isa_op op);

/* ctx.c: an access to the context through register reg.  0 or -errno. */
struct access {
	u32 reg;
	s32 off;
	u32 size;
	u8 write;
};
int ctx_access(struct flow *f, const struct access *a, struct val *loaded);

/* call.c */
int kinds_call(struct flow *f, const struct bpf_insn *insn, enum isa_op op);
int kinds_exit(struct flow *f, const struct bpf_insn *insn, enum isa_op op);
void clobber_args(struct flow *f); /* R1 to R5 hold nothing any more */

/* jump.c */
int kinds_jump(struct flow *f, const struct bpf_insn *insn, enum isa_op op);
int kinds_goto(struct flow *f, const struct bpf_insn *insn, enum isa_op op);
int kinds_may_goto(struct flow *f, const struct bpf_insn *insn, enum isa_op op);

static inline struct val *reg_of(struct flow *f, u32 reg)
{
	return &f->cur->reg[reg];
}

static inline struct val val_stack(u32 sub, s64 off)
{
	return (struct val){
		.kinds = K_STACK, .frame = (u16)sub, .known = KNOWN_ALL, .value = (u64)off};
}

static inline struct map *map_of_val(const struct flow *f, const struct val *v)
{
	return v->map != MAP_NONE && v->map != MAP_MANY ? f->env->maps[v->map - 1] : NULL;
}

#endif
