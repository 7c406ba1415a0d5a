/* Arenas: a list of chunks, each twice as large as the one before. */
#include "base/arena.h"
#include "base/os.h"

enum { FIRST_CHUNK = 8192, LARGEST_CHUNK = 1 << 20, ALIGN = 16 };

struct arena_chunk {
	struct arena_chunk *next;
	size_t size;
} __attribute__((aligned(ALIGN)));

void arena_init(struct arena *arena, const struct os *os)
{
	*arena = (struct arena){.os = os};
}

void arena_free(struct arena *arena)
{
	struct arena_chunk *chunk = arena->chunks, *next;

	for (; chunk; chunk = next) {
		next = chunk->next;
		os_free(arena->os, chunk);
	}
	arena_init(arena, arena->os);
}

static size_t next_size(const struct arena *arena)
{
	if (!arena->chunks)
		return arena->lent ? LARGEST_CHUNK : FIRST_CHUNK;
	return arena->chunks->size < LARGEST_CHUNK ? 2 * arena->chunks->size : LARGEST_CHUNK;
}

static int add_chunk(struct arena *arena, size_t want)
{
	size_t size = next_size(arena);
	struct arena_chunk *chunk;

	if (size < want)
		size = want;
	chunk = os_alloc(arena->os, sizeof(*chunk) + size);
	if (!chunk)
		return 0;
	chunk->size = size;
	chunk->next = arena->chunks;
	arena->chunks = chunk;
	arena->at = (u8 *)(chunk + 1);
	arena->end = arena->at + size;
	return 1;
}

void arena_lend(struct arena *arena, void *memory, size_t size)
{
	arena->lent = memory;
	arena->lent_end = arena->lent + size;
	arena->at = arena->lent;
	arena->end = arena->lent_end;
}

void *arena_alloc_raw(struct arena *arena, size_t size)
{
	void *p;

	if (size > SIZE_MAX / 2)
		return NULL;
	size = round_up_to(size, ALIGN);
	if (size > (size_t)(arena->end - arena->at) && !add_chunk(arena, size))
		return NULL;
	p = arena->at;
	arena->at += size;
	return p;
}

/* Chunks come zeroed; what was lent does not. */
void *arena_alloc(struct arena *arena, size_t size)
{
	u8 *p = arena_alloc_raw(arena, size);

	if (p && p >= arena->lent && p < arena->lent_end)
		memset(p, 0, size);
	return p;
}
