/*
 * What the checked interpreter knows while a program runs: which memory is the program's, and how
 * many instructions it may still run.
 */
#ifndef SKEP_INTERP_CHECKED_H
#define SKEP_INTERP_CHECKED_H

#include "interp/internal.h"

/* One frame's stack is the upper half of this; the lower half catches what runs past its end. */
#define CHECKED_STRIDE (2 * MAX_BPF_STACK)

/* The stacks of one activation of the loop: the program's own, or a callback's. */
struct stacks {
	const struct stacks *outer;
	u64 base;
	u32 frames; /* that are live: from base, CHECKED_STRIDE each */
	u32 depth;
};

/* Memory that a program has been given: what helpers returned, what callbacks are called with. */
struct grant {
	u64 start;
	u32 size;
	const char *name;
};

enum { GRANTS = 32, INNER_MAPS = 8 };

struct checked {
	struct interp_watch *watch;
	struct run *run;
	const struct image *image; /* that runs: a tail call changes it */
	const struct stacks *top;
	u64 left; /* instructions, while a helper runs: the loop has it in a register */
	u64 ctx;
	struct map *last; /* where an access went last */
	struct map *inner[INNER_MAPS];
	struct grant grants[GRANTS]; /* the oldest is overwritten */
	u32 nr_inner, next_grant;
};

/* A range of addresses that an access may be in. */
struct range {
	u64 start, end;
	const char *name; /* "packet" */
};

/* May the program access [addr, addr + size)?  What is not the running frame's stack. */
int checked_memory(struct checked *c, u64 addr, u64 size, enum guard_how how);

/* In words: where addr is, seen from the nearest range of the program's, or that it is NULL. */
void checked_describe(const struct checked *c, u64 addr, u64 size, char *text, size_t len);

void checked_grant(struct checked *c, u64 start, u64 size, const char *name);
void checked_revoke(struct checked *c, u64 start);

/* Is this the address of a map that the program may use? */
struct map *checked_map(const struct checked *c, u64 addr);

/*
 * Before and after the call at ip: its arguments, by the row of the helper; what it returned.
 * A fault is reported: -1.
 */
int checked_call(struct checked *c, const struct code *ip, const u64 *r);
void checked_called(struct checked *c, const struct code *ip, const u64 *r);

/* A callback's arguments: map, key and value of one that iterates over a map. */
void checked_callback_args(struct checked *c, const u64 args[5]);

/* Report what the instruction at ip did, stop the run; -1. */
__attribute__((format(printf, 3, 4))) int checked_fault(struct checked *c, const struct code *ip,
							const char *fmt, ...);

#endif
