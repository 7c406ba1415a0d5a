/*
 * Timers and work queues as programs and maps see them.
 *
 * A timer exists while its value does and somebody outside of programs holds the map.  Sound
 * because of the order: timer_init links a timer in and then looks whether the map has users; who
 * takes the last user away does so and then looks for timers.
 */
#include "map/timers.h"

#include <errno.h>
#include <time.h>

#include "btf/btf.h"
#include "map/internal.h"

static const u32 field_kinds[] = {
	[TIMER_CLOCK] = BTF_FIELD_TIMER,
	[TIMER_WORK] = BTF_FIELD_WORKQUEUE,
};
enum { TIMER_FIELDS = BTF_FIELD_TIMER | BTF_FIELD_WORKQUEUE };

static struct timers *create(const struct os *os)
{
	struct timers *timers = os_alloc(os, sizeof(*timers));
	pthread_condattr_t attr;

	if (!timers)
		return NULL;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&timers->wake, &attr);
	pthread_condattr_destroy(&attr);
	pthread_mutex_init(&timers->sleep, NULL);
	return timers;
}

static void destroy(const struct os *os, struct timers *timers)
{
	for (u32 i = 0; i < timers->count; i++)
		os_free(os, timers->by_id[i]);
	os_free(os, timers->by_id);
	os_free(os, timers->heap.node);
	pthread_mutex_destroy(&timers->sleep);
	pthread_cond_destroy(&timers->wake);
	os_free(os, timers);
}

/* The instance's, made for the first timer; NULL without memory. */
static struct timers *timers_get(struct skep *skep)
{
	struct timers *timers = timers_of(skep), *there = NULL;

	if (timers)
		return timers;
	timers = create(skep->os);
	if (!timers || atomic_compare_exchange_strong(&skep->timers, &there, timers))
		return timers;
	destroy(skep->os, timers);
	return there;
}

static int make_room(struct timers *timers, const struct os *os)
{
	struct timer **by_id;
	u32 room = timers->room ? 2 * timers->room : 64;

	if (timers->count < timers->room)
		return 0;
	by_id = os_alloc(os, (size_t)room * sizeof(struct timer *));
	if (!by_id)
		return -ENOMEM;
	if (timers->count)
		memcpy(by_id, timers->by_id, (size_t)timers->count * sizeof(struct timer *));
	os_free(os, timers->by_id);
	timers->by_id = by_id;
	timers->room = room;
	return 0;
}

/* One that nobody uses, with a place in the heap should it be started. */
static struct timer *take_spare(struct timers *timers, const struct os *os)
{
	struct timer *t = timers->spares;

	if (t) {
		timers->spares = t->next;
		return t;
	}
	if (make_room(timers, os) || timer_heap_reserve(&timers->heap, os, timers->count + 1))
		return NULL;
	t = os_alloc(os, sizeof(*t));
	if (!t)
		return NULL;
	timers->by_id[timers->count++] = t;
	t->id = timers->count;
	return t;
}

/* What is in the field, if that is a timer and belongs there. */
static struct timer *timer_at(struct timers *timers, const void *field)
{
	u64 id = racy_load64(field);
	struct timer *t = id && id <= timers->count ? timers->by_id[id - 1] : NULL;

	return t && t->at == ptr_to_u64(field) ? t : NULL;
}

static void link_to_map(struct timer *t, struct map *map)
{
	t->map = map;
	t->prev = NULL;
	t->next = map->timers;
	if (t->next)
		t->next->prev = t;
	map->timers = t;
}

static void unlink_from_map(struct timer *t)
{
	if (t->next)
		t->next->prev = t->prev;
	if (t->prev)
		t->prev->next = t->next;
	else
		t->map->timers = t->next;
}

/* The callback is no more, nor is the timer going to fire: did that change anything? */
static int disarm(struct timers *timers, struct timer *t, struct obj **prog)
{
	int active = t->node.place != 0;

	if (active)
		timer_heap_remove(&timers->heap, &t->node);
	*prog = t->home ? t->home->obj : NULL;
	t->home = NULL;
	return active;
}

void timer_retire(struct timers *timers, struct timer *t)
{
	if (t->put)
		return; /* timers_collect comes */
	t->next = timers->spares;
	timers->spares = t;
}

static void detach(struct timers *timers, struct timer *t)
{
	disarm(timers, t, &t->put);
	racy_store64(u64_to_ptr(t->at), 0);
	t->at = 0;
	unlink_from_map(t);
	t->map = NULL;
	if (t->put) {
		t->next = timers->puts;
		timers->puts = t;
		atomic_fetch_add(&timers->nr_puts, 1);
	}
	if (!t->fires_on)
		timer_retire(timers, t);
}

/* The next program to let go of, or NULL. */
static struct obj *next_put(struct timers *timers)
{
	struct timer *t = timers->puts;
	struct obj *prog;

	if (!t)
		return NULL;
	prog = t->put;
	t->put = NULL;
	timers->puts = t->next;
	atomic_fetch_sub(&timers->nr_puts, 1);
	if (!t->fires_on)
		timer_retire(timers, t);
	return prog;
}

void timers_collect(struct skep *skep)
{
	struct timers *timers = timers_of(skep);
	struct obj *prog;

	while (timers && atomic_load(&timers->nr_puts)) {
		spin_lock(&timers->lock);
		prog = next_put(timers);
		spin_unlock(&timers->lock);
		if (prog)
			obj_put(prog);
	}
}

void timers_detach_value(const struct map *map, void *value)
{
	struct timers *timers = timers_of(map->obj.skep);

	for (u32 i = 0; timers && i < map->record->count; i++) {
		const struct btf_field *f = &map->record->field[i];
		struct timer *t;

		if (!(f->kind & TIMER_FIELDS) || !racy_load64((u8 *)value + f->off))
			continue;
		spin_lock(&timers->lock);
		t = timer_at(timers, (u8 *)value + f->off);
		if (t)
			detach(timers, t);
		spin_unlock(&timers->lock);
	}
}

void timers_leave_value(const struct map *map, void *value)
{
	timers_detach_value(map, value);
	timers_collect(map->obj.skep);
}

void timers_leave_map(struct map *map)
{
	struct timers *timers = timers_of(map->obj.skep);

	if (!timers)
		return;
	spin_lock(&timers->lock);
	while (map->timers)
		detach(timers, map->timers);
	spin_unlock(&timers->lock);
	timers_collect(map->obj.skep);
}

static int has_users(const struct map *map)
{
	/* after the timer became visible; pairs with who takes the last user away */
	return atomic_load_explicit(&map->obj.users, memory_order_seq_cst) != 0;
}

/* The value that a field of this kind is in, or NULL where it does not belong to the map. */
static void *value_of(struct map *map, void *field, u32 kind)
{
	for (u32 i = 0; map->record && i < map->record->count; i++) {
		const struct btf_field *f = &map->record->field[i];
		u64 value = ptr_to_u64(field) - f->off;

		if (f->kind == kind && map->ops->more && map->ops->more->key_of &&
		    map_contains(map, value, map->value_size))
			return u64_to_ptr(value);
	}
	return NULL;
}

/* Linux has those of timerfd but for the alarms. */
static int check_clock(enum timer_kind kind, u64 flags)
{
	if (kind == TIMER_WORK)
		return flags ? -EINVAL : 0;
	return flags == CLOCK_MONOTONIC || flags == CLOCK_REALTIME || flags == CLOCK_BOOTTIME
		       ? 0
		       : -EINVAL;
}

static long init_locked(struct timers *timers, struct map *map, void *field, void *value,
			const struct timer *like)
{
	struct timer *t;

	if (timer_at(timers, field))
		return -EBUSY;
	t = take_spare(timers, map->obj.skep->os);
	if (!t)
		return -ENOMEM;
	t->at = ptr_to_u64(field);
	t->value = ptr_to_u64(value);
	t->kind = like->kind;
	t->clock = like->clock;
	t->home = NULL;
	link_to_map(t, map);
	racy_store64(field, t->id);
	if (has_users(map))
		return 0;
	detach(timers, t);
	return -EPERM;
}

long timer_init(struct map *map, void *field, enum timer_kind kind, u64 flags)
{
	const struct timer like = {.kind = kind, .clock = (int)flags};
	void *value = value_of(map, field, field_kinds[kind]);
	struct timers *timers;
	long err = check_clock(kind, flags);

	if (err || !value)
		return -EINVAL;
	timers = timers_get(map->obj.skep);
	if (!timers)
		return -ENOMEM;
	spin_lock(&timers->lock);
	err = init_locked(timers, map, field, value, &like);
	spin_unlock(&timers->lock);
	return err;
}

static long set_locked(struct timers *timers, void *field, u64 callback, struct obj **old)
{
	const struct run_home *home = run_home_of(callback);
	struct timer *t = timer_at(timers, field);

	if (!t)
		return -EINVAL;
	if (!has_users(t->map))
		return -EPERM;
	if (!t->home || t->home->obj != home->obj) {
		if (!obj_get_live(home->obj))
			return -ENOENT;
		*old = t->home ? t->home->obj : NULL;
	}
	t->home = home;
	t->callback = callback;
	return 0;
}

long timer_set_callback(void *field, u64 callback, struct run *run)
{
	struct timers *timers = timers_of(run->skep);
	struct obj *old = NULL;
	long err;

	if (!timers)
		return -EINVAL;
	spin_lock(&timers->lock);
	err = set_locked(timers, field, callback, &old);
	spin_unlock(&timers->lock);
	if (old)
		obj_put(old);
	return err;
}

static u64 after(u64 now, u64 ns)
{
	return ns > (u64)INT64_MAX - now ? INT64_MAX : now + ns;
}

/* When that is by CLOCK_MONOTONIC.  Who sets the clock later does not move it. */
static u64 due_at(const struct os *os, int clock, u64 ns, u64 flags)
{
	u64 now = os->clock_ns(os, CLOCK_MONOTONIC), there;

	if (!(flags & BPF_F_TIMER_ABS))
		return after(now, ns);
	there = clock == CLOCK_MONOTONIC ? now : os->clock_ns(os, clock);
	if (ns > (u64)INT64_MAX || ns <= there)
		return now;
	return after(now, ns - there);
}

static void arm(struct timers *timers, struct timer *t, u64 due)
{
	if (t->node.place)
		timer_heap_remove(&timers->heap, &t->node);
	t->node.due = due;
	timer_heap_add(&timers->heap, &t->node);
}

long timer_start(void *field, u64 ns, u64 flags, struct run *run)
{
	struct timers *timers = timers_of(run->skep);
	struct timer *t;
	int first = 0;

	if (flags & ~(u64)(BPF_F_TIMER_ABS | BPF_F_TIMER_CPU_PIN) || !timers)
		return -EINVAL;
	spin_lock(&timers->lock);
	t = timer_at(timers, field);
	if (t && !t->home)
		t = NULL;
	/* work that waits already is done once */
	if (t && !(t->kind == TIMER_WORK && t->node.place)) {
		t->cpu = flags & BPF_F_TIMER_CPU_PIN ? run->cpu : ANY_CPU;
		arm(timers, t, due_at(run->skep->os, t->clock, ns, flags));
		first = timer_heap_first(&timers->heap) == &t->node;
	}
	spin_unlock(&timers->lock);
	if (!t)
		return -EINVAL;
	return first ? timers_wake(run->skep) : 0;
}

/* The timer whose callback the run is (in), or NULL. */
static struct timer *firing_in(const struct timers *timers, const struct run *run)
{
	struct timer *t = timers->firing;

	while (t && t->fires_on != run->slot)
		t = t->next_firing;
	return t;
}

/* Until the callback that runs now has ended. */
static void wait_for(struct timers *timers, const struct timer *t, u64 fired, struct run *run)
{
	for (;;) {
		u32 finished = atomic_load(&timers->finished);
		int runs;

		spin_lock(&timers->lock);
		runs = t->fires_on && t->fired == fired;
		spin_unlock(&timers->lock);
		if (!runs)
			return;
		run->skep->os->futex_wait(run->skep->os, &timers->finished, finished);
	}
}

/* What cancelling found out before it may have to wait. */
struct cancel {
	struct timer *t;
	struct obj *prog;
	u64 fired;
	int active;
	u8 waits, from_callback;
};

static long cancel_locked(struct timers *timers, const void *field, struct run *run,
			  struct cancel *c)
{
	struct timer *t = timer_at(timers, field), *self;

	if (!t)
		return -EINVAL;
	self = firing_in(timers, run);
	if (self == t)
		return -EDEADLK;
	/* two callbacks that wait for each other */
	if (self && self->cancelling)
		return -EDEADLK;
	*c = (struct cancel){.t = t, .fired = t->fired, .waits = t->fires_on != NULL};
	c->active = disarm(timers, t, &c->prog);
	c->from_callback = self && c->waits;
	t->cancelling += c->from_callback;
	return 0;
}

long timer_cancel(void *field, struct run *run)
{
	struct timers *timers = timers_of(run->skep);
	struct cancel c = {0};
	long err;

	if (!timers)
		return -EINVAL;
	spin_lock(&timers->lock);
	err = cancel_locked(timers, field, run, &c);
	spin_unlock(&timers->lock);
	if (err)
		return err;
	if (c.waits)
		wait_for(timers, c.t, c.fired, run);
	if (c.from_callback) {
		spin_lock(&timers->lock);
		c.t->cancelling--;
		spin_unlock(&timers->lock);
	}
	if (c.prog)
		obj_put(c.prog);
	return c.active;
}

void timers_free(struct skep *skep)
{
	struct timers *timers = timers_of(skep);

	if (!timers)
		return;
	for (u32 i = 0; i < timers->count; i++)
		if (timers->by_id[i]->at)
			timers_leave_map(timers->by_id[i]->map);
	atomic_store(&skep->timers, NULL);
	destroy(skep->os, timers);
}
