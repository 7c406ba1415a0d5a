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
};

void arena_init(struct arena *arena, const struct os *os);
void arena_free(struct arena *arena);

/* size zeroed bytes, aligned for anything, or NULL.  They live until arena_free. */
void *arena_alloc(struct arena *arena, size_t size);

#endif
