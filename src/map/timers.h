/* What timer.c (timers as programs and maps see them) and timer_run.c (firing) share. */
#ifndef SKEP_MAP_TIMERS_H
#define SKEP_MAP_TIMERS_H

#include "base/spin.h"
#include "map/timer.h"
#include "map/timer_heap.h"

/*
 * Memory of a timer is a timer's for good: one that has gone is on the list of spares, with its
 * number.  All members but `id` are guarded by timers->lock.
 */
struct timer {
	struct timer_node node;
	u32 id;    /* what the field holds */
	u32 cpu;   /* to fire on, or ANY_CPU */
	u64 at;    /* address of the field; 0: spare, or gone while it fires */
	u64 value; /* address of the value that it is in */
	struct map *map;
	enum timer_kind kind;
	int clock;
	const struct run_home *home; /* of the callback, whose program is held; NULL: none is set */
	u64 callback;
	const struct slot *fires_on; /* while its callback runs */
	u64 fired;                   /* how often */
	u32 cancelling;              /* callbacks of other timers that wait for this one's */
	struct timer *next, *prev;   /* of its map; next: of the spares, of those with a `put` */
	struct timer *next_firing;
	struct obj *put; /* a program to let go of, by timers_collect */
};

enum { ANY_CPU = UINT32_MAX };

struct timers {
	_Atomic u32 lock;     /* guards what follows up to the thread; nothing is locked under it */
	struct timer **by_id; /* [id - 1] */
	u32 count, room;
	struct timer *spares, *firing, *puts;
	struct timer_heap heap;
	_Atomic u32 nr_puts;
	_Atomic u32 finished; /* callbacks so far: what timer_cancel sleeps on */

	pthread_mutex_t sleep; /* guards the next four */
	pthread_cond_t wake;
	pthread_t thread;
	u8 has_thread, woken, stop;
};

static inline struct timers *timers_of(const struct skep *skep)
{
	return atomic_load_explicit(&skep->timers, memory_order_acquire);
}

/* With the lock held: out of the world, or as soon as its callback has ended. */
void timer_retire(struct timers *timers, struct timer *t);

/* A timer that is due before all others was started: see to it that it is noticed.  0 or -errno. */
int timers_wake(struct skep *skep);

#endif
