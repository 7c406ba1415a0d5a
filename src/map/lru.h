/*
 * Which element goes when a map is full: Linux's approximation of least recently used.
 *
 * A pool has three lists: active, inactive, free.  An element whose reference bit is set moves to
 * the active list when it is met; one without comes down to inactive and is evicted from there. The
 * common form has one pool and, a CPU, a list of free elements and one of those used since it last
 * went to the pool; BPF_F_NO_COMMON_LRU gives every CPU a pool of its own.
 *
 * Elements are numbers from 1; the heads of the lists are nodes too, past the last element.
 */
#ifndef SKEP_MAP_LRU_H
#define SKEP_MAP_LRU_H

#include <stdatomic.h>

#include "base/os.h"

struct lru;

/* Take the element out of its table, if it is (still) there: 1 or 0.  Called with a list locked. */
typedef int (*lru_evict)(struct lru *lru, u32 element, u32 bucket);

struct lru_node {
	u32 prev, next;  /* guarded by the lock of the list it is on */
	u32 bucket;      /* where the table has it */
	u16 cpu;         /* whose list or pool */
	_Atomic u8 list; /* enum lru_list; read without the lock to find out which lock it is */
};
_Static_assert(sizeof(struct lru_node) == 16, "four to a cache line");

enum lru_list {
	LRU_ACTIVE,
	LRU_INACTIVE,
	LRU_FREE,
	LRU_POOL_LISTS,
	LRU_LOCAL_FREE = LRU_POOL_LISTS,
	LRU_LOCAL_PENDING,
	LRU_LISTS,
};

struct lru_pool {
	_Atomic u32 lock;          /* guards the rest and its lists */
	u32 head[LRU_POOL_LISTS];  /* nodes */
	u32 count[LRU_POOL_LISTS]; /* elements on each */
	u32 next_rotation;         /* where the inactive list is looked at next */
} __attribute__((aligned(CACHE_LINE)));

/* The common form's lists of one CPU. */
struct lru_local {
	_Atomic u32 lock;
	u32 free, pending;      /* heads */
	_Atomic u32 next_steal; /* CPU to rob first: a hint, relaxed, outside of the lock */
} __attribute__((aligned(CACHE_LINE)));

struct lru {
	struct lru_node *nodes;
	_Atomic u8 *ref; /* by element: used since it was last looked at; apart, to be small */
	struct lru_pool *pools;
	struct lru_local *locals; /* NULL: a pool a CPU */
	u32 cpus;
	u32 target_free; /* how many elements a CPU takes from the common pool at once */
	u32 nr_scans;
	lru_evict evict;
	void *memory; /* of pools and locals, unaligned */
};

/* entries elements, all free.  0 or -ENOMEM; lru_destroy may be called on what failed. */
int lru_create(struct lru *lru, const struct os *os, u32 entries, u32 cpus, int pool_per_cpu,
	       lru_evict evict);
void lru_destroy(struct lru *lru, const struct os *os);

/* An element for a new entry in `bucket`, an evicted one if need be; 0 when all are in use. */
u32 lru_take(struct lru *lru, u32 cpu, u32 bucket);
/* The element has left the table, or never got there. */
void lru_give(struct lru *lru, u32 element);

static inline void lru_touch(struct lru *lru, u32 element)
{
	/* looked at first: a line that all CPUs read is not to be written for nothing */
	if (!atomic_load_explicit(&lru->ref[element], memory_order_relaxed))
		atomic_store_explicit(&lru->ref[element], 1, memory_order_relaxed);
}

#endif
