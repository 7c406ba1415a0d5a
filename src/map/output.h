/*
 * Waking those who read ring and perf buffers.  One word for the whole instance: a reader of many
 * buffers sleeps on it and looks at their positions when it changes.
 *
 *	u32 turn = output_turn(skep);
 *	... nothing in any buffer? ...
 *	output_sleep(skep, turn);
 */
#ifndef SKEP_MAP_OUTPUT_H
#define SKEP_MAP_OUTPUT_H

#include "base/skep.h"

static inline u32 output_turn(struct skep *skep)
{
	return atomic_load_explicit(&skep->output_turn, memory_order_acquire);
}

/* Until a producer wakes its reader, a millisecond at most. */
static inline void output_sleep(struct skep *skep, u32 turn)
{
	atomic_fetch_add(&skep->output_sleepers, 1);
	if (output_turn(skep) == turn)
		skep->os->futex_wait(skep->os, &skep->output_turn, turn);
	atomic_fetch_sub(&skep->output_sleepers, 1);
}

/*
 * Something was written into `buffer`.  A sleeper that is not seen yet has missed a millisecond at
 * most.
 */
static inline void output_wake(struct skep *skep, struct obj *buffer)
{
	if (skep->output_ready)
		skep->output_ready(skep, buffer);
	if (likely(!atomic_load_explicit(&skep->output_sleepers, memory_order_relaxed)))
		return;
	atomic_fetch_add(&skep->output_turn, 1);
	skep->os->futex_wake(skep->os, &skep->output_turn, INT32_MAX);
}

#endif
