/*
 * Waking those who read ring and perf buffers.  A reader waits on an eventfd, which may stand among
 * other fds; while nobody waits, a producer pays one load.
 *
 *	output_arm(waker);
 *	... nothing in any buffer?  poll(waker->fd) ...
 *	output_disarm(waker);
 *
 * No wake-up is lost, because of two full barriers: the reader arms and then looks at the buffers'
 * positions, the producer publishes its record and then looks for armed readers.  One of them sees
 * the other.
 */
#ifndef SKEP_MAP_OUTPUT_H
#define SKEP_MAP_OUTPUT_H

#include "base/skep.h"

struct output_waker {
	struct output_waker *next;
	struct skep *skep; /* NULL: gone before its readers */
	const struct os *os;
	int fd;            /* an eventfd: readable when woken */
	_Atomic u32 armed; /* how many threads wait */
	_Atomic u32 woken; /* the eventfd was written and not read yet */
};

/* 0, -ENOMEM or -EMFILE.  Nobody waits any more when it is destroyed. */
int output_waker_create(struct skep *skep, struct output_waker **out);
void output_waker_destroy(struct output_waker *waker);
/* The instance goes: its wakers stay, and wake no more. */
void output_orphan(struct skep *skep);

/* From here on the fd tells of what comes; what came before is to be looked for after this. */
void output_arm(struct output_waker *waker);
void output_disarm(struct output_waker *waker);

/* Wake this one, for a reason of its own. */
void output_wake_one(struct output_waker *waker);

/* For producers: everyone who is armed. */
void output_wake_all(struct skep *skep);

/* Something was written into `buffer`, and a full barrier passed. */
static inline void output_wake(struct skep *skep, struct obj *buffer)
{
	if (skep->output_ready)
		skep->output_ready(skep, buffer);
	if (unlikely(atomic_load(&skep->output_sleepers)))
		output_wake_all(skep);
}

#endif
