/*
 * Memory for one job (a check, a compilation): pieces are handed out in order and all go at once.
 */
#ifndef SKEP_BASE_ARENA_H
#define SKEP_BASE_ARENA_H

#include "base/types.h"

struct os;
struct arena_chunk;

struct arena {
	const struct os *os;
	struct arena_chunk *chunks; /* the latest first */
	u8 *at, *end;               /* free in the latest */
	u8 *lent, *lent_end;        /* memory of somebody else's, which is not zero */
};

void arena_init(struct arena *arena, const struct os *os);
void arena_free(struct arena *arena);

/* Memory that is used first; it is the caller's again after arena_free. */
void arena_lend(struct arena *arena, void *memory, size_t size);

/* The same as arena_alloc, not zeroed. */
void *arena_alloc_raw(struct arena *arena, size_t size);

/* size zeroed bytes, aligned for anything, or NULL.  They live until arena_free. */
void *arena_alloc(struct arena *arena, size_t size);

#endif
