/*
 * The window: one range of addresses, reserved when the instance is made, that holds all the memory
 * which programs or clients can see, and nothing else.
 *
 *   base                                                             base + size
 *   | slab 0 | slab 1 |   | big region (own file) |   free, PROT_NONE  |
 *
 * Small regions share slabs, whose chunks are of one size each.
 *
 * Sound because: the range is PROT_NONE until a region is handed out, so an address that is not in
 * a region faults; regions hold data only, no pointer to code.
 */
#ifndef SKEP_BASE_WINDOW_H
#define SKEP_BASE_WINDOW_H

#include <pthread.h>

#include "base/extents.h"
#include "base/types.h"

struct os;
struct slab;

/* Sizes below a page come in steps of a cache line. */
enum { WINDOW_CLASSES = 4096 / CACHE_LINE };

struct window {
	const struct os *os;
	u8 *base;
	u64 size;
	pthread_mutex_t lock; /* guards the rest */
	struct extents extents;
	struct slab *with_room[WINDOW_CLASSES]; /* slabs of a size that have free chunks */
	u64 used;                               /* bytes of extents that are taken */
};

/* Reserve the range at a random base from 0x7e80_0000_0000 up.  0 or -ENOMEM. */
int window_create(struct window *w, const struct os *os, u64 size);
void window_destroy(struct window *w);

/*
 * `size` zeroed bytes, aligned to a cache line at least (to a page from a page up), or NULL.
 * Small regions share slabs.
 */
void *window_alloc(struct window *w, u64 size);

/*
 * The same, backed by the file `fd` from offset 0, MAP_SHARED: what clients may mmap.  The window
 * keeps no reference to fd.
 */
void *window_map_fd(struct window *w, int fd, u64 size, u64 file_offset);

/* Map `size` bytes of fd at `at`, inside a region that window_reserve gave (ring buffers map
 * twice). */
void *window_reserve(struct window *w, u64 size);
int window_map_fd_at(struct window *w, void *at, int fd, u64 size, u64 file_offset);

void window_free(struct window *w, void *p, u64 size);

static inline int window_contains(const struct window *w, u64 addr)
{
	return addr - (u64)(uintptr_t)w->base < w->size;
}

#endif
