/*
 * A range of addresses, cut into extents that are free or taken.  Taking, giving back and finding
 * by address take constant time, however many there are: free ones hang in bins by size, taken ones
 * in a hash by address, and all know their neighbours.
 *
 *   | taken | free | taken | taken | free ................... |
 */
#ifndef SKEP_BASE_EXTENTS_H
#define SKEP_BASE_EXTENTS_H

#include "base/types.h"

struct os;

struct extent {
	u64 at, size;                  /* whole pages */
	struct extent *before, *after; /* by address */
	struct extent *next, **link;   /* in its bin, or in its chain of the hash */
	void *owner;                   /* the taker's own; NULL at first */
	u8 taken;
};

enum { EXTENT_PAGE_SHIFT = 12, EXTENT_BINS = 64 - EXTENT_PAGE_SHIFT };

struct extents {
	const struct os *os;
	struct extent *first;
	struct extent *bin[EXTENT_BINS]; /* free, of 2^i to 2^(i+1) - 1 pages */
	struct extent **bucket;          /* taken */
	u32 nr_buckets, nr_taken;
};

/* All of [at, at + size) is free.  0 or -ENOMEM. */
int extents_create(struct extents *x, const struct os *os, u64 at, u64 size);
void extents_destroy(struct extents *x);

/* `size` bytes at a multiple of `align`, both whole pages, or NULL. */
struct extent *extents_take(struct extents *x, u64 size, u64 align);
void extents_give(struct extents *x, struct extent *e);

/* The taken extent that begins at this address, or NULL. */
struct extent *extents_find(const struct extents *x, u64 at);

#endif
