/* Timers by when they are due: a binary heap in an array, each of whose timers knows its place. */
#ifndef SKEP_MAP_TIMER_HEAP_H
#define SKEP_MAP_TIMER_HEAP_H

#include "base/os.h"

struct timer_node {
	u64 due;   /* ns of CLOCK_MONOTONIC */
	u32 place; /* from 1; 0: in no heap */
};

struct timer_heap {
	struct timer_node **node; /* [place - 1] */
	u32 count, room;
};

/* Room for `count` timers: 0 or -ENOMEM. */
int timer_heap_reserve(struct timer_heap *h, const struct os *os, u32 count);
/* There is room; the node is in no heap. */
void timer_heap_add(struct timer_heap *h, struct timer_node *node);
void timer_heap_remove(struct timer_heap *h, struct timer_node *node);

/* The one that is due first, or NULL. */
static inline struct timer_node *timer_heap_first(const struct timer_heap *h)
{
	return h->count ? h->node[0] : NULL;
}

#endif
