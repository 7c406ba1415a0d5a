/*
 * The interpreters.  engine_interp is the reference: every instruction's meaning in one loop.
 * engine_checked is the same loop with every load, store, call and jump bounded at run time; it
 * finds out where checking at load was wrong, and runs what has not been proven.
 */
#ifndef SKEP_INTERP_INTERP_H
#define SKEP_INTERP_INTERP_H

#include "prog/prog.h"

extern const struct engine engine_interp;
extern const struct engine engine_checked;

/*
 * What stopped a checked run: run->fault is 1, the program returned 0, and text says which
 * instruction did what, e.g. "insn 12: r1 = *(u32 *)(r2 +8): reads 4 bytes at 0x..., 2 bytes past
 * the packet's end".
 */
struct interp_fault {
	u32 pc;
	char text[256];
};

/*
 * For checked runs: where to put the report, and how many instructions may run before an endless
 * loop is assumed.  The caller sets run->engine to a zeroed one, after run_begin; NULL means no
 * report and the default limit.
 */
struct interp_watch {
	struct interp_fault fault;
	u64 insn_limit; /* 0: the default, 1 << 32 */
	void *checked;  /* the engine's own, while the program runs */
	/* told before each instruction (of fused pairs: before the first); NULL: nobody asks */
	void (*step)(struct interp_watch *watch, u32 pc, const u64 r[11]);
};

#endif
