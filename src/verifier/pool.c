/* Pieces by powers of two. */
#include "verifier/pool.h"

struct pool_piece {
	struct pool_piece *next;
};

static u32 class_of(size_t size)
{
	u32 class = 0;

	while ((size_t)1 << (class + POOL_SMALLEST) < size)
		class ++;
	return class;
}

void *pool_alloc(struct pool *pool, size_t size)
{
	u32 class = class_of(size);
	struct pool_piece *p;

	if (class >= POOL_CLASSES)
		return NULL;
	p = pool->free[class];
	if (!p)
		return arena_alloc_raw(pool->arena, (size_t)1 << (class + POOL_SMALLEST));
	pool->free[class] = p->next;
	return p;
}

void pool_free(struct pool *pool, void *p, size_t size)
{
	struct pool_piece *piece = p;
	u32 class = class_of(size);

	if (!p)
		return;
	piece->next = pool->free[class];
	pool->free[class] = piece;
}
