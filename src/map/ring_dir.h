/*
 * Which ring buffer a record is of, by its address: bpf_ringbuf_submit is told nothing else, and
 * what stands beside the record in shared memory is not to be believed.
 *
 * Rows are written once.  Runs search without a lock: a record's ring cannot go while a run has the
 * record, and a full table that is replaced is freed an epoch later.
 */
#ifndef SKEP_MAP_RING_DIR_H
#define SKEP_MAP_RING_DIR_H

#include "base/skep.h"

struct ring_ref {
	u64 data, size; /* where its records begin */
	struct map *map;
};

/* 0 or -ENOMEM */
int ring_dir_add(struct skep *skep, const struct ring_ref *ref);
void ring_dir_remove(struct skep *skep, const struct ring_ref *ref);

/* From a run: the map whose data holds the address, or NULL. */
struct map *ring_dir_find(struct skep *skep, u64 addr);

#endif
