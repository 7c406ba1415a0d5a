/* Least recently used, nearly: the lists. */
#include <errno.h>

#include "base/spin.h"
#include "map/lru.h"

enum {
	LOCAL_TARGET = 128, /* most elements a CPU keeps free for itself */
	LOCAL_SCANS = 128,
	POOL_TARGET = 4, /* with a pool a CPU */
	POOL_SCANS = 4,
};

static enum lru_list list_of(const struct lru *lru, u32 element)
{
	return atomic_load_explicit(&lru->nodes[element].list, memory_order_relaxed);
}

static void set_list(struct lru *lru, u32 element, enum lru_list list)
{
	atomic_store_explicit(&lru->nodes[element].list, (u8)list, memory_order_relaxed);
}

static int referenced(const struct lru *lru, u32 element)
{
	return atomic_load_explicit(&lru->ref[element], memory_order_relaxed);
}

static void clear_ref(struct lru *lru, u32 element)
{
	atomic_store_explicit(&lru->ref[element], 0, memory_order_relaxed);
}

/* Doubly linked, circular, by number. */
static void list_init(struct lru *lru, u32 head)
{
	lru->nodes[head].prev = lru->nodes[head].next = head;
}

static void list_add(struct lru *lru, u32 head, u32 node)
{
	u32 next = lru->nodes[head].next;

	lru->nodes[node].prev = head;
	lru->nodes[node].next = next;
	lru->nodes[next].prev = node;
	lru->nodes[head].next = node;
}

static void list_del(struct lru *lru, u32 node)
{
	u32 prev = lru->nodes[node].prev, next = lru->nodes[node].next;

	lru->nodes[prev].next = next;
	lru->nodes[next].prev = prev;
}

static void list_move(struct lru *lru, u32 head, u32 node)
{
	list_del(lru, node);
	list_add(lru, head, node);
}

static u32 list_first(const struct lru *lru, u32 head)
{
	u32 first = lru->nodes[head].next;

	return first == head ? 0 : first;
}

static u32 list_last(const struct lru *lru, u32 head)
{
	u32 last = lru->nodes[head].prev;

	return last == head ? 0 : last;
}

/* Functions on a pool need its lock. */
static void leave_list(struct lru *lru, struct lru_pool *pool, u32 element)
{
	enum lru_list list = list_of(lru, element);

	if (element == pool->next_rotation)
		pool->next_rotation = lru->nodes[element].prev;
	if (list < LRU_POOL_LISTS)
		pool->count[list]--;
}

static void move_within(struct lru *lru, struct lru_pool *pool, u32 element, enum lru_list to)
{
	leave_list(lru, pool, element);
	set_list(lru, element, to);
	pool->count[to]++;
	clear_ref(lru, element);
	list_move(lru, pool->head[to], element);
}

/* From the pool to a list of free elements, its own or a CPU's. */
static void move_free(struct lru *lru, struct lru_pool *pool, u32 element, u32 head,
		      enum lru_list to)
{
	leave_list(lru, pool, element);
	set_list(lru, element, to);
	if (to < LRU_POOL_LISTS)
		pool->count[to]++;
	list_move(lru, head, element);
}

/* From a CPU's pending list to the pool. */
static void move_in(struct lru *lru, struct lru_pool *pool, u32 element, enum lru_list to)
{
	pool->count[to]++;
	set_list(lru, element, to);
	clear_ref(lru, element);
	list_move(lru, pool->head[to], element);
}

/* Active elements that were not used lately come down, from the oldest. */
static void rotate_active(struct lru *lru, struct lru_pool *pool)
{
	u32 head = pool->head[LRU_ACTIVE], first = list_first(lru, head);
	u32 element = list_last(lru, head);

	for (u32 i = 0; element && i < lru->nr_scans; i++) {
		u32 prev = lru->nodes[element].prev;

		move_within(lru, pool, element,
			    referenced(lru, element) ? LRU_ACTIVE : LRU_INACTIVE);
		if (element == first || prev == head)
			break;
		element = prev;
	}
}

/* Inactive elements that were used go up; goes on where it stopped last. */
static void rotate_inactive(struct lru *lru, struct lru_pool *pool)
{
	u32 head = pool->head[LRU_INACTIVE], at = pool->next_rotation, next = at, last;

	if (!list_first(lru, head))
		return;
	last = lru->nodes[at].next;
	if (last == head)
		last = lru->nodes[last].next;
	for (u32 i = 0; i < lru->nr_scans; at = next) {
		next = lru->nodes[at].prev;
		if (at == head)
			continue;
		if (referenced(lru, at))
			move_within(lru, pool, at, LRU_ACTIVE);
		if (at == last)
			break;
		i++;
	}
	pool->next_rotation = next;
}

static void rotate(struct lru *lru, struct lru_pool *pool)
{
	if (pool->count[LRU_INACTIVE] < pool->count[LRU_ACTIVE])
		rotate_active(lru, pool);
	rotate_inactive(lru, pool);
}

static int evict(struct lru *lru, u32 element)
{
	return lru->evict(lru, element, lru->nodes[element].bucket);
}

/* Evict up to `want` inactive elements that were not used.  How many. */
static u32 shrink_inactive(struct lru *lru, struct lru_pool *pool, u32 want, u32 head,
			   enum lru_list to)
{
	u32 inactive = pool->head[LRU_INACTIVE], element = list_last(lru, inactive), shrunk = 0;

	for (u32 i = 0; element && i < lru->nr_scans; i++) {
		u32 prev = lru->nodes[element].prev;

		if (referenced(lru, element)) {
			move_within(lru, pool, element, LRU_ACTIVE);
		} else if (evict(lru, element)) {
			move_free(lru, pool, element, head, to);
			if (++shrunk == want)
				break;
		}
		element = prev == inactive ? 0 : prev;
	}
	return shrunk;
}

/* When all that was looked at had been used: any one, the oldest first. */
static void shrink_forced(struct lru *lru, struct lru_pool *pool, u32 head, enum lru_list to)
{
	u32 from =
		pool->head[list_first(lru, pool->head[LRU_INACTIVE]) ? LRU_INACTIVE : LRU_ACTIVE];

	for (u32 element = lru->nodes[from].prev; element != from;
	     element = lru->nodes[element].prev) {
		if (evict(lru, element)) {
			move_free(lru, pool, element, head, to);
			return;
		}
	}
}

static void shrink(struct lru *lru, struct lru_pool *pool, u32 want, u32 head, enum lru_list to)
{
	if (!shrink_inactive(lru, pool, want, head, to))
		shrink_forced(lru, pool, head, to);
}

/* What a CPU has used since goes to the pool, oldest first. */
static void flush_pending(struct lru *lru, struct lru_pool *pool, const struct lru_local *local)
{
	u32 element;

	while ((element = list_last(lru, local->pending)))
		move_in(lru, pool, element, referenced(lru, element) ? LRU_ACTIVE : LRU_INACTIVE);
}

/* Needs the local lock. */
static void refill(struct lru *lru, struct lru_local *local)
{
	struct lru_pool *pool = lru->pools;
	u32 got = 0, element;

	spin_lock(&pool->lock);
	flush_pending(lru, pool, local);
	rotate(lru, pool);
	while (got < lru->target_free && (element = list_first(lru, pool->head[LRU_FREE]))) {
		move_free(lru, pool, element, local->free, LRU_LOCAL_FREE);
		got++;
	}
	if (got < lru->target_free)
		shrink(lru, pool, lru->target_free - got, local->free, LRU_LOCAL_FREE);
	spin_unlock(&pool->lock);
}

/* Needs the lock of the list that it is taken from or was; the element is on none. */
static u32 pop_free(struct lru *lru, const struct lru_local *local)
{
	u32 element = list_first(lru, local->free);

	if (element)
		list_del(lru, element);
	return element;
}

/* An element another CPU uses: first one without reference, else any. */
static u32 pop_pending(struct lru *lru, const struct lru_local *local)
{
	for (int force = 0; force < 2; force++) {
		for (u32 element = lru->nodes[local->pending].prev; element != local->pending;
		     element = lru->nodes[element].prev) {
			if ((force || !referenced(lru, element)) && evict(lru, element)) {
				list_del(lru, element);
				return element;
			}
		}
	}
	return 0;
}

static void add_pending(struct lru *lru, struct lru_local *local, u32 element, u32 cpu, u32 bucket)
{
	lru->nodes[element].bucket = bucket;
	lru->nodes[element].cpu = (u16)cpu;
	set_list(lru, element, LRU_LOCAL_PENDING);
	clear_ref(lru, element);
	list_add(lru, local->pending, element);
}

/* Round all CPUs, from the one after the last that was robbed. */
static u32 steal(struct lru *lru, struct lru_local *local)
{
	u32 cpu = atomic_load_explicit(&local->next_steal, memory_order_relaxed), element = 0;

	for (u32 i = 0; i < lru->cpus && !element; i++) {
		struct lru_local *from = &lru->locals[cpu];

		spin_lock(&from->lock);
		element = pop_free(lru, from);
		if (!element)
			element = pop_pending(lru, from);
		spin_unlock(&from->lock);
		cpu = (cpu + 1) % lru->cpus;
	}
	atomic_store_explicit(&local->next_steal, cpu, memory_order_relaxed);
	return element;
}

static u32 take_common(struct lru *lru, u32 cpu, u32 bucket)
{
	struct lru_local *local = &lru->locals[cpu];
	u32 element;

	spin_lock(&local->lock);
	element = pop_free(lru, local);
	if (!element) {
		refill(lru, local);
		element = pop_free(lru, local);
	}
	if (element)
		add_pending(lru, local, element, cpu, bucket);
	spin_unlock(&local->lock);
	if (element)
		return element;
	element = steal(lru, local);
	if (!element)
		return 0;
	spin_lock(&local->lock);
	add_pending(lru, local, element, cpu, bucket);
	spin_unlock(&local->lock);
	return element;
}

static u32 take_from_pool(struct lru *lru, u32 cpu, u32 bucket)
{
	struct lru_pool *pool = &lru->pools[cpu];
	u32 element;

	spin_lock(&pool->lock);
	rotate(lru, pool);
	if (!list_first(lru, pool->head[LRU_FREE]))
		shrink(lru, pool, POOL_TARGET, pool->head[LRU_FREE], LRU_FREE);
	element = list_first(lru, pool->head[LRU_FREE]);
	if (element) {
		lru->nodes[element].bucket = bucket;
		move_within(lru, pool, element, LRU_INACTIVE);
	}
	spin_unlock(&pool->lock);
	return element;
}

u32 lru_take(struct lru *lru, u32 cpu, u32 bucket)
{
	return lru->locals ? take_common(lru, cpu, bucket) : take_from_pool(lru, cpu, bucket);
}

/* 1 if the element was pending on its CPU, where it now is free. */
static int give_local(struct lru *lru, u32 element)
{
	struct lru_local *local = &lru->locals[lru->nodes[element].cpu];
	int pending;

	spin_lock(&local->lock);
	/* it may have gone to the pool before the lock was had */
	pending = list_of(lru, element) == LRU_LOCAL_PENDING;
	if (pending) {
		set_list(lru, element, LRU_LOCAL_FREE);
		clear_ref(lru, element);
		list_move(lru, local->free, element);
	}
	spin_unlock(&local->lock);
	return pending;
}

void lru_give(struct lru *lru, u32 element)
{
	struct lru_pool *pool = lru->pools;

	if (lru->locals && list_of(lru, element) == LRU_LOCAL_PENDING && give_local(lru, element))
		return;
	if (!lru->locals)
		pool = &lru->pools[lru->nodes[element].cpu];
	spin_lock(&pool->lock);
	move_within(lru, pool, element, LRU_FREE);
	spin_unlock(&pool->lock);
}

static u32 init_pool(struct lru *lru, struct lru_pool *pool, u32 head)
{
	for (u32 i = 0; i < LRU_POOL_LISTS; i++) {
		pool->head[i] = head++;
		list_init(lru, pool->head[i]);
	}
	pool->next_rotation = pool->head[LRU_INACTIVE];
	return head;
}

/* As Linux fills its lists: the element added last is taken first. */
static void populate(struct lru *lru, struct lru_pool *pool, u32 first, u32 count, u32 cpu)
{
	for (u32 element = first; element < first + count; element++) {
		lru->nodes[element].cpu = (u16)cpu;
		set_list(lru, element, LRU_FREE);
		list_add(lru, pool->head[LRU_FREE], element);
	}
	pool->count[LRU_FREE] = count;
}

static int alloc_lists(struct lru *lru, const struct os *os, u32 entries, u32 pools, u32 locals)
{
	u64 heads = (u64)pools * LRU_POOL_LISTS + 2ull * locals;
	u64 size = pools * sizeof(struct lru_pool) + locals * sizeof(struct lru_local);

	lru->nodes = os_alloc(os, (entries + 1ull + heads) * sizeof(*lru->nodes));
	lru->ref = os_alloc(os, entries + 1ull);
	lru->memory = os_alloc(os, size + CACHE_LINE);
	if (!lru->nodes || !lru->ref || !lru->memory)
		return -ENOMEM;
	lru->pools = u64_to_ptr(round_up_to(ptr_to_u64(lru->memory), CACHE_LINE));
	lru->locals = locals ? (struct lru_local *)(lru->pools + pools) : NULL;
	return 0;
}

static void make_common(struct lru *lru, u32 entries)
{
	u32 head = init_pool(lru, lru->pools, entries + 1), share = entries / lru->cpus / 2;

	for (u32 cpu = 0; cpu < lru->cpus; cpu++) {
		struct lru_local *local = &lru->locals[cpu];

		local->free = head++;
		local->pending = head++;
		list_init(lru, local->free);
		list_init(lru, local->pending);
		local->next_steal = cpu;
	}
	populate(lru, lru->pools, 1, entries, 0);
	lru->target_free = share < 1 ? 1 : share > LOCAL_TARGET ? LOCAL_TARGET : share;
	lru->nr_scans = LOCAL_SCANS;
}

static void make_pools(struct lru *lru, u32 entries)
{
	u32 head = entries + 1, share = entries / lru->cpus;

	for (u32 cpu = 0; cpu < lru->cpus; cpu++) {
		head = init_pool(lru, &lru->pools[cpu], head);
		populate(lru, &lru->pools[cpu], 1 + cpu * share, share, cpu);
	}
	lru->nr_scans = POOL_SCANS;
}

int lru_create(struct lru *lru, const struct os *os, u32 entries, u32 cpus, int pool_per_cpu,
	       lru_evict evict_fn)
{
	int err = alloc_lists(lru, os, entries, pool_per_cpu ? cpus : 1, pool_per_cpu ? 0 : cpus);

	lru->cpus = cpus;
	lru->evict = evict_fn;
	if (err)
		return err;
	if (pool_per_cpu)
		make_pools(lru, entries);
	else
		make_common(lru, entries);
	return 0;
}

void lru_destroy(struct lru *lru, const struct os *os)
{
	os_free(os, lru->memory);
	os_free(os, lru->ref);
	os_free(os, lru->nodes);
}
