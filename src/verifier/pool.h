/*
 * Memory of states: pieces of a few sizes, handed out and taken back all the time, all gone with
 * the arena.  Freed pieces are reused by size class; their content is not cleared.
 */
#ifndef SKEP_VERIFIER_POOL_H
#define SKEP_VERIFIER_POOL_H

#include "base/arena.h"

enum { POOL_CLASSES = 24, POOL_SMALLEST = 4 };

struct pool {
	struct arena *arena;
	struct pool_piece *free[POOL_CLASSES]; /* of 1 << (n + POOL_SMALLEST) bytes */
};

/* NULL without memory */
void *pool_alloc(struct pool *pool, size_t size);
void pool_free(struct pool *pool, void *p, size_t size);

#endif
