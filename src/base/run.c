/* Entering and leaving a run. */
#include "base/run.h"
#include "base/skep.h"

static void run_init(struct run *run, struct skep *skep, struct slot *slot, u32 depth)
{
	run->skep = skep;
	run->slot = slot;
	run->cpu = slot->cpu;
	run->tail_calls = 0;
	run->depth = depth;
	run->fault = 0;
	run->engine = NULL;
	run->ctx_size = 0;
}

void run_begin(struct run *run, struct skep *skep, const struct run *outer)
{
	if (outer)
		run_init(run, skep, outer->slot, outer->depth + 1);
	else
		run_init(run, skep, slot_claim(&skep->slots, skep->os, epoch_now(&skep->epoch)), 0);
}

void run_begin_on_cpu(struct run *run, struct skep *skep, u32 cpu)
{
	run_init(run, skep, slot_claim_cpu(&skep->slots, skep->os, epoch_now(&skep->epoch), cpu),
		 0);
}

void run_end(struct run *run)
{
	if (!run->depth)
		slot_release(&run->skep->slots, run->slot, run->skep->os);
}
