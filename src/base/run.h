/*
 * One program run: who runs (instance, CPU slot), what bounds it (tail calls, may_goto), and what
 * it holds.  Every helper gets it as its sixth argument and the JIT keeps it in a register, so that
 * nothing needs thread-local storage.
 */
#ifndef SKEP_BASE_RUN_H
#define SKEP_BASE_RUN_H

#include "base/types.h"

struct obj;
struct skep;
struct slot;
struct prog;
struct run;

/*
 * Enter the subprogram that `callback` stands for (the value that a ld_imm64 of BPF_PSEUDO_FUNC
 * yields; only the engine that made it can read it).
 */
typedef u64 (*run_callback)(struct run *run, u64 callback, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5);

/*
 * What enters a program's callbacks when its run is over (timers).  The word before the address
 * that a callback's value is leads to its program's.
 */
struct run_home {
	struct obj *obj; /* the program, to be held */
	const struct prog *prog;
	run_callback enter;
};

static inline const struct run_home *run_home_of(u64 callback)
{
	const struct run_home *home;

	memcpy(&home, (const char *)u64_to_ptr(callback) - sizeof(home), sizeof(home));
	return home;
}

struct run {
	struct skep *skep;
	struct slot *slot;       /* owned from run_begin to run_end */
	u32 cpu;                 /* the slot's number: what bpf_get_smp_processor_id returns */
	u32 tail_calls;          /* done so far by this run, all frames together */
	u32 depth;               /* runs below this one on the same slot */
	u32 fault;               /* checked mode: not 0 once something went wrong */
	u32 ctx_size;            /* of ctx, as programs see it; 0: as its type says */
	void *engine;            /* the engine's own: the checked interpreter's interp_watch */
	const struct prog *prog; /* the program that was entered; a tail call does not change it */
	run_callback callback;   /* set by the engine's entry */
	void *ctx;               /* what the program was given: struct skb, struct xdp, ... */
	u64 redirect[4];         /* helper/redirect: where the packet is to go */
};

/*
 * run_begin sets the members up to `engine`; who enters a program sets ctx, and what else its
 * helpers will look at.  Nothing here is cleared for the sake of it: a run costs a few nanoseconds.
 *
 * Claim a CPU slot for the calling thread (the CPU it is on first), sleeping while all are taken.
 * A thread that is inside a run already (`outer`, else NULL) keeps its slot and goes one deeper.
 */
void run_begin(struct run *run, struct skep *skep, const struct run *outer);
/* The same on a CPU of the caller's choice, below skep->slots.count. */
void run_begin_on_cpu(struct run *run, struct skep *skep, u32 cpu);
void run_end(struct run *run);

#endif
