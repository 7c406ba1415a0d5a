/* run_begin and run_end of a run that is inside of no other, without a call. */
#ifndef SKEP_BASE_ENTER_H
#define SKEP_BASE_ENTER_H

#include "base/run.h"
#include "base/skep.h"

static inline void run_init(struct run *run, struct skep *skep, struct slot *slot, u32 depth)
{
	run->skep = skep;
	run->slot = slot;
	run->cpu = slot->cpu;
	run->tail_calls = 0;
	run->depth = depth;
	run->fault = 0;
	run->ctx_size = 0;
	run->engine = NULL;
}

/* The slot is for run_leave, so that the caller need not look for it in the run. */
static inline struct slot *run_enter(struct run *run, struct skep *skep)
{
	struct slot *slot = slot_claim_current(&skep->slots, epoch_now(&skep->epoch));

	if (unlikely(!slot))
		slot = slot_claim(&skep->slots, skep->os, epoch_now(&skep->epoch));
	run_init(run, skep, slot, 0);
	return slot;
}

static inline void run_leave(struct skep *skep, struct slot *slot)
{
	slot_release(&skep->slots, slot, skep->os);
}

#endif
