/*
 * A seam for tests that hold what programs do against what was proven of them.  An instance's
 * verify_watch (base/skep.h) points at one while such a test runs; otherwise it is NULL.
 */
#ifndef SKEP_VERIFIER_WATCH_H
#define SKEP_VERIFIER_WATCH_H

#include "base/types.h"

struct state;

struct verify_watch {
	/*
	 * The walk goes on at pc with that state: no kept one covers it.  live: the registers (a
	 * bit each) that are read from there on; the state may be wrong about others.
	 */
	void (*visit)(struct verify_watch *watch, u32 pc, u32 live, const struct state *s);
	/*
	 * A kept state covers numbers within its own alone, even where nothing was decided by them:
	 * then all that a run can do lies within the states that `visit` was told of.
	 */
	u8 all_precise;
};

#endif
