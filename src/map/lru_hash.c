/*
 * BPF_MAP_TYPE_LRU_HASH: a hash that makes room for itself.  Every element is on a list of lru.h
 * all the time, and an update never waits with its group locked for a list: eviction locks a list
 * first, then the group of what goes.
 */
#include "map/hash.h"
#include "map/lru.h"
#include "map/timer.h"
#include "map/usage.h"

struct lru_hash {
	struct table table;
	struct lru lru;
};

static struct lru_hash *lru_hash_of(const struct map *map)
{
	return container_of(table_of(map), struct lru_hash, table);
}

static int lru_hash_check(const struct map_attr *attr)
{
	int err = map_check_flags(attr, BPF_F_NO_PREALLOC | BPF_F_NO_COMMON_LRU | BPF_F_NUMA_NODE |
						ACCESS_FLAGS | BPF_F_ZERO_SEED);

	if (err)
		return err;
	if (attr->flags & BPF_F_NO_PREALLOC)
		return -ENOTSUPP;
	if (attr->flags & BPF_F_NO_COMMON_LRU && map_check_no_node(attr))
		return -EINVAL;
	return table_check_sizes(attr);
}

static inline void *lru_value(struct table *t, u32 element, struct run *run)
{
	(void)run;
	lru_touch(&container_of(t, struct lru_hash, table)->lru, element);
	return table_value(t, element);
}

TABLE_LOOKUPS(lru_lookups, lru_value);

/* lru.h's: the element goes if the table still has it. */
static int evict(struct lru *lru, u32 element, u32 bucket)
{
	struct table *t = &container_of(lru, struct lru_hash, lru)->table;
	struct group *g = table_group(t, bucket);
	struct entry e;

	spin_lock(&g->lock);
	e = table_entry_of(t, bucket, element);
	if (e.element)
		table_remove(t, g, &e);
	spin_unlock(&g->lock);
	if (e.element)
		map_value_ends_locked(&t->map, table_value(t, element));
	return e.element != 0;
}

/* Each CPU's pool has the same number of elements, one at least. */
static u32 round_entries(u32 entries, u32 cpus)
{
	u64 up = round_up_to(entries, cpus);

	return (u32)(up > UINT32_MAX ? entries / cpus * cpus : up);
}

static int lru_hash_create(struct skep *skep, const struct map_attr *attr, struct map **out)
{
	int pool_per_cpu = (attr->flags & BPF_F_NO_COMMON_LRU) != 0;
	struct map_attr with = *attr;
	struct lru_hash *l;
	struct table *t;
	int err;

	if (pool_per_cpu)
		with.max_entries = round_entries(attr->max_entries, skep->slots.count);
	err = table_create(skep, &with, sizeof(*l), attr->value_size, 0, &t);
	if (err)
		return err;
	l = lru_hash_of(&t->map);
	err = lru_create(&l->lru, skep->os, with.max_entries, skep->slots.count, pool_per_cpu,
			 evict);
	if (err) {
		lru_destroy(&l->lru, skep->os);
		table_destroy(t);
		map_dealloc(&t->map);
		return err;
	}
	t->map.lookup = lru_lookups[t->key_kind];
	*out = &t->map;
	return 0;
}

static void lru_hash_free(struct map *map)
{
	lru_destroy(&lru_hash_of(map)->lru, map->obj.skep->os);
	table_destroy(table_of(map));
}

/* Put the filled element in.  *loser is the one that goes, it or the one it replaced; 0: none. */
static long put_locked(struct lru_hash *l, const struct place *p, const void *key, u64 flags,
		       u32 element, u32 *loser)
{
	struct entry old = table_entry(&l->table, p, key);
	int err = map_check_exist(flags, old.element != 0);

	*loser = err ? element : old.element;
	if (err)
		return err;
	if (!old.element) {
		table_insert(&l->table, p, element);
		return 0;
	}
	lru_touch(&l->lru, element);
	table_replace(&l->table, p, &old, element);
	return 0;
}

static long lru_hash_update(struct map *map, const void *key, const void *value, u64 flags,
			    struct run *run)
{
	struct lru_hash *l = lru_hash_of(map);
	struct table *t = &l->table;
	u32 element, loser;
	struct place p;
	long err;

	if (flags > BPF_EXIST)
		return -EINVAL;
	p = table_place_of(t, key);
	element = lru_take(&l->lru, map_cpu_hint(map, run), p.bucket);
	if (!element)
		return -ENOMEM;
	key_store(table_elem(t, element), key, map->key_size);
	map_value_fresh(map, table_value(t, element), value, 0);
	spin_lock(&p.group->lock);
	err = put_locked(l, &p, key, flags, element, &loser);
	spin_unlock(&p.group->lock);
	if (loser) {
		map_value_ends_locked(map, table_value(t, loser));
		lru_give(&l->lru, loser);
	}
	/* what was evicted for it, too */
	timers_collect(map->obj.skep);
	return err;
}

/* Take the element out, after its value went to `value` where that is wanted.  0 or -ENOENT. */
static int take(struct map *map, const void *key, void *value)
{
	struct lru_hash *l = lru_hash_of(map);
	struct place p = table_place_of(&l->table, key);
	struct entry e;

	spin_lock(&p.group->lock);
	e = table_entry(&l->table, &p, key);
	if (e.element) {
		if (value)
			map_value_read(map, value, table_value(&l->table, e.element), 0);
		table_remove(&l->table, p.group, &e);
	}
	spin_unlock(&p.group->lock);
	if (!e.element)
		return -ENOENT;
	map_value_ends(map, table_value(&l->table, e.element));
	lru_give(&l->lru, e.element);
	return 0;
}

static long lru_hash_delete(struct map *map, const void *key)
{
	return take(map, key, NULL);
}

/* User space looking does not count as use, as in Linux. */
static int lru_hash_user_lookup(struct map *map, const void *key, void *value, u64 flags)
{
	struct table *t = table_of(map);
	struct place p = table_place_of(t, key);
	struct entry e;

	(void)flags;
	spin_lock(&p.group->lock);
	e = table_entry(t, &p, key);
	if (e.element)
		map_value_read(map, value, table_value(t, e.element), 0);
	spin_unlock(&p.group->lock);
	return e.element ? 0 : -ENOENT;
}

static int lru_hash_user_update(struct map *map, const void *key, const void *value, u64 flags)
{
	return (int)lru_hash_update(map, key, value, flags, NULL);
}

static int lru_hash_user_delete(struct map *map, const void *key)
{
	return take(map, key, NULL);
}

static int lru_hash_user_lookup_and_delete(struct map *map, const void *key, void *value, u64 flags)
{
	(void)flags;
	return take(map, key, value);
}

static void read_entry(struct table *t, u32 element, void *value)
{
	map_value_read(&t->map, value, table_value(t, element), 0);
}

static void give_back(struct table *t, u32 element)
{
	map_value_ends(&t->map, table_value(t, element));
	lru_give(&container_of(t, struct lru_hash, table)->lru, element);
}

static int lru_hash_bucket(struct map *map, struct map_bucket *b)
{
	return table_bucket(table_of(map), b, read_entry, give_back);
}

static void *value_only(struct table *t, u32 element, struct run *run)
{
	(void)run;
	return table_value(t, element);
}

static long lru_hash_for_each(struct map *map, u64 callback, u64 ctx, struct run *run)
{
	return hash_for_each_as(map, value_only, callback, ctx, run);
}

static const struct map_user_ops lru_hash_user = {
	.lookup = lru_hash_user_lookup,
	.update = lru_hash_user_update,
	.delete = lru_hash_user_delete,
	.lookup_and_delete = lru_hash_user_lookup_and_delete,
	.value_size = map_value_size_plain,
	.bucket = lru_hash_bucket,
	.batches = MAP_BATCH_ALL,
};

static const struct map_more_ops lru_hash_more = {
	.for_each = lru_hash_for_each,
	.usage = usage_of_lru_hash,
	.key_of = hash_key_of,
};

const struct map_ops map_lru_hash_ops = {
	.check = lru_hash_check,
	.create = lru_hash_create,
	.free = lru_hash_free,
	.update = lru_hash_update,
	.delete = lru_hash_delete,
	.next_key = table_next_key,
	.user = &lru_hash_user,
	.more = &lru_hash_more,
	.contains = table_contains,
};
