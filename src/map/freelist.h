/*
 * Elements of a map that nobody uses, by number: 1 .. entries.  One stripe a CPU, each with a list
 * (linked by numbers) and a range of elements that were never used; an empty stripe takes from the
 * others, so that an allocation fails only when all are empty.
 *
 * Each stripe also has a spare beyond `entries`: overwriting an element takes the spare and leaves
 * the old element in its place, so it works on a full map and touches no list.
 */
#ifndef SKEP_MAP_FREELIST_H
#define SKEP_MAP_FREELIST_H

#include <stdatomic.h>

#include "base/os.h"

struct stripe {
	_Atomic u32 lock;  /* guards the next three */
	u32 head;          /* of the list, 0: empty */
	u32 fresh, end;    /* never used: [fresh, end) */
	_Atomic u32 spare; /* 0: taken */
} __attribute__((aligned(CACHE_LINE)));

struct freelist {
	struct stripe *stripes;
	void *memory; /* what stripes is an aligned part of */
	u32 *next;    /* by element: the next of its list; guarded by the list's lock */
	u32 count;    /* of stripes */
	u32 total;    /* elements, with spares */
};

/* How many elements a list of `entries` has in all. */
u32 freelist_total(u32 entries, u32 stripes);

/* 0 or -ENOMEM; freelist_destroy may be called on what failed, and on all zero */
int freelist_create(struct freelist *f, const struct os *os, u32 entries, u32 stripes);
void freelist_destroy(struct freelist *f, const struct os *os);

/* An element, or 0 when there is none. */
u32 freelist_take(struct freelist *f, u32 stripe);
void freelist_give(struct freelist *f, u32 stripe, u32 element);

/* An element to overwrite another with (always there, at last), and the other in exchange. */
u32 freelist_take_spare(struct freelist *f, u32 stripe);
void freelist_give_spare(struct freelist *f, u32 stripe, u32 element);

#endif
