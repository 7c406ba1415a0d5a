/* Per-CPU memory of helpers. */
#include "helper/scratch.h"

static struct scratch *scratch_create(struct run *run)
{
	const struct os *os = run->skep->os;
	struct scratch *scratch = os_alloc(os, sizeof(*scratch));

	if (!scratch)
		return NULL;
	os->random(os, &scratch->random, sizeof(scratch->random));
	run->slot->scratch = scratch;
	return scratch;
}

struct scratch *scratch_of(struct run *run)
{
	return run->slot->scratch ? run->slot->scratch : scratch_create(run);
}
