/*
 * What helpers keep for each CPU slot: only the run that owns the slot touches it, so there is no
 * lock.
 */
#ifndef SKEP_HELPER_SCRATCH_H
#define SKEP_HELPER_SCRATCH_H

#include "base/skep.h"

struct scratch {
	u64 random; /* bpf_get_prandom_u32's state */
};

/* The running slot's, or NULL when there is no memory for it. */
struct scratch *scratch_of(struct run *run);

#endif
