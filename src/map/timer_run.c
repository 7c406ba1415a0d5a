/* Firing: the callbacks of timers that are due, by the instance's thread or by its host. */
#include <errno.h>
#include <signal.h>
#include <time.h>

#include "map/internal.h"
#include "map/timers.h"

enum { NS_PER_S = 1000000000 };

/* A callback on its way: what it takes to enter it once nothing is locked. */
struct entry {
	struct timer *t;
	struct map *map;
	const struct run_home *home;
	u64 callback, value;
};

static struct timer *first_of(const struct timers *timers)
{
	struct timer_node *node = timer_heap_first(&timers->heap);

	return node ? container_of(node, struct timer, node) : NULL;
}

/* The first that is due by `until`, and on this CPU. */
static struct timer *first_due(const struct timers *timers, u64 until)
{
	struct timer *t = first_of(timers);

	return t && t->node.due <= until ? t : NULL;
}

static void begin(struct timers *timers, struct timer *t, const struct run *run, struct entry *e)
{
	timer_heap_remove(&timers->heap, &t->node);
	t->fires_on = run->slot;
	t->fired++;
	t->next_firing = timers->firing;
	timers->firing = t;
	*e = (struct entry){t, t->map, t->home, t->callback, t->value};
}

static void end(struct timers *timers, struct timer *t)
{
	struct timer **at = &timers->firing;

	while (*at != t)
		at = &(*at)->next_firing;
	*at = t->next_firing;
	t->fires_on = NULL;
	if (!t->at)
		timer_retire(timers, t);
}

/*
 * Sound because the run began before the timer was found armed: what that shows to be alive (the
 * program, the map, its values) outlasts the run, even when it is let go of meanwhile.
 */
static void enter(struct timers *timers, struct run *run, const struct entry *e)
{
	u32 index;
	const void *key = e->map->ops->more->key_of(e->map, u64_to_ptr(e->value), &index);

	run->prog = e->home->prog;
	run->ctx = NULL;
	run->callback = e->home->enter;
	e->home->enter(run, e->callback, ptr_to_u64(e->map), ptr_to_u64(key), e->value, 0, 0);
	spin_lock(&timers->lock);
	end(timers, e->t);
	spin_unlock(&timers->lock);
	atomic_fetch_add(&timers->finished, 1);
	run->skep->os->futex_wake(run->skep->os, &timers->finished, INT32_MAX);
}

/* One callback that is due by `until`: was there one? */
static int fire(struct skep *skep, struct timers *timers, u64 until)
{
	struct entry e = {0};
	struct timer *t;
	struct run run = {0};
	u32 cpu = ANY_CPU;

	spin_lock(&timers->lock);
	t = first_due(timers, until);
	if (t)
		cpu = t->cpu;
	spin_unlock(&timers->lock);
	if (!t)
		return 0;
	if (cpu == ANY_CPU)
		run_begin(&run, skep, NULL);
	else
		run_begin_on_cpu(&run, skep, cpu);
	spin_lock(&timers->lock);
	t = first_due(timers, until);
	if (t && t->cpu == cpu)
		begin(timers, t, &run, &e);
	spin_unlock(&timers->lock);
	if (e.t)
		enter(timers, &run, &e);
	run_end(&run);
	return 1;
}

static u64 now_ns(const struct skep *skep)
{
	return skep->os->clock_ns(skep->os, CLOCK_MONOTONIC);
}

/* When the next is due, UINT64_MAX: none; and how many there are. */
static u64 next_due(struct timers *timers, u32 *count)
{
	const struct timer *t;
	u64 due;

	spin_lock(&timers->lock);
	t = first_of(timers);
	due = t ? t->node.due : UINT64_MAX;
	*count = timers->heap.count;
	spin_unlock(&timers->lock);
	return due;
}

/* What callbacks start anew waits for the next call, even if it is due at once. */
long timers_poll(struct skep *skep, u64 *next)
{
	struct timers *timers = timers_of(skep);
	u64 now = now_ns(skep), due = UINT64_MAX;
	u32 most = 0, n = 0;

	if (timers)
		next_due(timers, &most);
	while (n < most && fire(skep, timers, now))
		n++;
	timers_collect(skep);
	if (timers)
		due = next_due(timers, &most);
	now = now_ns(skep);
	if (next)
		*next = due == UINT64_MAX ? due : due > now ? due - now : 0;
	return n;
}

/* With `sleep` locked: until that time, or somebody wakes us. */
static void sleep_until(struct timers *timers, u64 due)
{
	struct timespec at = {.tv_sec = (time_t)(due / NS_PER_S), .tv_nsec = due % NS_PER_S};
	int err = 0;

	while (!timers->woken && !timers->stop && err != ETIMEDOUT)
		err = due == UINT64_MAX
			      ? pthread_cond_wait(&timers->wake, &timers->sleep)
			      : pthread_cond_timedwait(&timers->wake, &timers->sleep, &at);
	timers->woken = 0;
}

static void *serve(void *cookie)
{
	struct skep *skep = cookie;
	struct timers *timers = timers_of(skep);
	u32 count;

	pthread_mutex_lock(&timers->sleep);
	while (!timers->stop) {
		pthread_mutex_unlock(&timers->sleep);
		timers_poll(skep, NULL);
		pthread_mutex_lock(&timers->sleep);
		/* a start after this look wakes us */
		if (next_due(timers, &count) > now_ns(skep))
			sleep_until(timers, next_due(timers, &count));
	}
	pthread_mutex_unlock(&timers->sleep);
	return NULL;
}

/* The host's signals are the host's. */
static int start_thread(struct skep *skep, struct timers *timers)
{
	sigset_t all, before;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&timers->thread, NULL, serve, skep);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	timers->has_thread = !err;
	return -err;
}

int timers_wake(struct skep *skep)
{
	struct timers *timers = timers_of(skep);
	int err = 0;

	if (skep->polled)
		return 0;
	pthread_mutex_lock(&timers->sleep);
	timers->woken = 1;
	if (timers->has_thread)
		pthread_cond_signal(&timers->wake);
	else if (!timers->stop)
		err = start_thread(skep, timers);
	pthread_mutex_unlock(&timers->sleep);
	return err;
}

void timers_stop(struct skep *skep)
{
	struct timers *timers = timers_of(skep);
	int has_thread;

	if (!timers)
		return;
	pthread_mutex_lock(&timers->sleep);
	timers->stop = 1;
	has_thread = timers->has_thread;
	timers->has_thread = 0;
	pthread_cond_signal(&timers->wake);
	pthread_mutex_unlock(&timers->sleep);
	if (has_thread)
		pthread_join(timers->thread, NULL);
}
