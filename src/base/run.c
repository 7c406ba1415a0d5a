/* Entering and leaving a run. */
#include "base/enter.h"

void run_begin(struct run *run, struct skep *skep, const struct run *outer)
{
	if (outer)
		run_init(run, skep, outer->slot, outer->depth + 1);
	else
		run_enter(run, skep);
}

void run_begin_on_cpu(struct run *run, struct skep *skep, u32 cpu)
{
	run_init(run, skep, slot_claim_cpu(&skep->slots, skep->os, epoch_now(&skep->epoch), cpu),
		 0);
}

void run_end(struct run *run)
{
	if (!run->depth)
		run_leave(run->skep, run->slot);
}
