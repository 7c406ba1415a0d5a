/*
 * When is nobody looking any more?  What runs can reach without a reference (a program in a prog
 * array, an inner map, code) is unlinked first and freed once every run that was under way then has
 * ended.
 *
 * Sound because: a run publishes the epoch it entered in (slot.h) before it loads anything; what is
 * retired afterwards gets a later number, and waits until every slot is free or entered later.
 */
#ifndef SKEP_BASE_EPOCH_H
#define SKEP_BASE_EPOCH_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/types.h"

struct slots;

struct retired {
	struct retired *next;
	u64 epoch;
	void (*free)(struct retired *item);
};

struct epoch {
	_Atomic u64 now;      /* starts at 1 */
	pthread_mutex_t lock; /* guards limbo */
	struct retired *limbo;
};

void epoch_create(struct epoch *epoch);
/* Frees all that waits: no run is under way. */
void epoch_destroy(struct epoch *epoch);

/*
 * The item is out of reach of new runs; call its free when the old ones have ended: at once if
 * there are none, else from a later epoch_retire or epoch_reclaim.
 */
void epoch_retire(struct epoch *epoch, struct slots *slots, struct retired *item,
		  void (*free)(struct retired *item));
void epoch_reclaim(struct epoch *epoch, struct slots *slots);

static inline u64 epoch_now(struct epoch *epoch)
{
	return atomic_load_explicit(&epoch->now, memory_order_relaxed);
}

#endif
