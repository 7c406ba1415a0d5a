/*
 * Timers and work queues: what a struct bpf_timer or bpf_wq in a value stands for.  The value holds
 * a number and nothing else; all that can be believed is in here, and knows at which address that
 * number has to be found.
 *
 * Callbacks are entered by a thread of the instance's, which the first start makes, or by
 * timers_poll where the host wants no thread (skep->polled).
 */
#ifndef SKEP_MAP_TIMER_H
#define SKEP_MAP_TIMER_H

#include "map/map.h"

enum timer_kind { TIMER_CLOCK, TIMER_WORK };

/* What bpf_timer_* and bpf_wq_* say; `field` is the address that the program has of one. */
long timer_init(struct map *map, void *field, enum timer_kind kind, u64 flags);
long timer_set_callback(void *field, u64 callback, struct run *run);
long timer_start(void *field, u64 ns, u64 flags, struct run *run);
/* Waits for a callback that runs elsewhere.  1: it was going to fire, 0: it was not. */
long timer_cancel(void *field, struct run *run);

/* The value goes, or is overwritten: what it holds ends.  map->record has timers. */
void timers_leave_value(const struct map *map, void *value);
/* The same under locks of the map's: timers_collect has to follow without them. */
void timers_detach_value(const struct map *map, void *value);
void timers_collect(struct skep *skep);
/* Nobody uses the map any more. */
void timers_leave_map(struct map *map);

/*
 * Run the callbacks that are due: how many.  *next, where it is wanted: nanoseconds until the next
 * one, UINT64_MAX when none waits.
 */
long timers_poll(struct skep *skep, u64 *next);

/* No callback is entered from here on; and then, without any map in use, free all. */
void timers_stop(struct skep *skep);
void timers_free(struct skep *skep);

#endif
