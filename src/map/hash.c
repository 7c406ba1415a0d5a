/* BPF_MAP_TYPE_HASH: keys and values in one element each; overwriting replaces the element. */
#include "map/table.h"

struct hash {
	struct table table;
	struct freelist free;
};

static struct hash *hash_of(const struct map *map)
{
	return container_of(table_of(map), struct hash, table);
}

static int hash_check(const struct map_attr *attr)
{
	int err = map_check_flags(attr, BPF_F_NO_PREALLOC | BPF_F_NUMA_NODE | ACCESS_FLAGS |
						BPF_F_ZERO_SEED);

	return err ? err : table_check_sizes(attr);
}

static inline void *hash_value(struct table *t, u32 element, struct run *run)
{
	(void)run;
	return table_value(t, element);
}

TABLE_LOOKUPS(hash_lookups, hash_value);

static int hash_create(struct skep *skep, const struct map_attr *attr, struct map **out)
{
	u32 stripes = skep->slots.count;
	struct hash *h;
	struct table *t;
	int err = table_create(skep, attr, sizeof(*h), attr->value_size, stripes, &t);

	if (err)
		return err;
	h = hash_of(&t->map);
	err = freelist_create(&h->free, skep->os, attr->max_entries, stripes);
	if (err) {
		freelist_destroy(&h->free, skep->os);
		table_destroy(t);
		map_dealloc(&t->map);
		return err;
	}
	t->map.lookup = hash_lookups[t->key_kind];
	*out = &t->map;
	return 0;
}

static void hash_free(struct map *map)
{
	freelist_destroy(&hash_of(map)->free, map->obj.skep->os);
	table_destroy(table_of(map));
}

static void fill(struct table *t, u32 element, const void *key, const void *value)
{
	key_store(table_elem(t, element), key, t->map.key_size);
	map_value_fresh(&t->map, table_value(t, element), value);
}

/* With the group locked.  0 or -EEXIST, -ENOENT, -E2BIG. */
static long update_locked(struct hash *h, const struct place *p, const void *key, const void *value,
			  u64 flags, u32 cpu)
{
	struct table *t = &h->table;
	struct entry old = table_entry(t, p, key);
	long err = map_check_exist(flags, old.element != 0);
	u32 element;

	if (err)
		return err;
	if (old.element && flags & BPF_F_LOCK) {
		map_value_write(&t->map, table_value(t, old.element), value, flags);
		return 0;
	}
	element = old.element ? freelist_take_spare(&h->free, cpu) : freelist_take(&h->free, cpu);
	if (!element)
		return -E2BIG;
	fill(t, element, key, value);
	if (!old.element) {
		table_insert(t, p, element);
		return 0;
	}
	table_replace(t, p, &old, element);
	freelist_give_spare(&h->free, cpu, old.element);
	return 0;
}

static long hash_update(struct map *map, const void *key, const void *value, u64 flags,
			struct run *run)
{
	struct hash *h = hash_of(map);
	long err = map_check_update_flags(map, flags);
	struct place p;

	if (err)
		return err;
	p = table_place_of(&h->table, key);
	spin_lock(&p.group->lock);
	err = update_locked(h, &p, key, value, flags, map_cpu_hint(map, run));
	spin_unlock(&p.group->lock);
	return err;
}

/* Take the element out, after its value went to `value` where that is wanted.  0 or -ENOENT. */
static int take(struct map *map, const void *key, void *value, u64 flags)
{
	struct hash *h = hash_of(map);
	struct place p = table_place_of(&h->table, key);
	struct entry e;

	spin_lock(&p.group->lock);
	e = table_entry(&h->table, &p, key);
	if (e.element) {
		if (value)
			map_value_read(map, value, table_value(&h->table, e.element), flags);
		table_remove(&h->table, &p, &e);
	}
	spin_unlock(&p.group->lock);
	if (!e.element)
		return -ENOENT;
	freelist_give(&h->free, map_cpu_hint(map, NULL), e.element);
	return 0;
}

static long hash_delete(struct map *map, const void *key)
{
	return take(map, key, NULL, 0);
}

/* What for_each hands on to the program's callback. */
struct visit {
	struct run *run;
	u64 callback, ctx;
};

static int visit(struct table *t, u32 element, void *cookie)
{
	struct visit *v = cookie;

	return v->run->callback(v->run, v->callback, ptr_to_u64(&t->map),
				ptr_to_u64(table_elem(t, element)),
				ptr_to_u64(table_value(t, element)), v->ctx, 0) != 0;
}

static long hash_for_each(struct map *map, u64 callback, u64 ctx, struct run *run)
{
	struct visit v = {run, callback, ctx};

	return table_for_each(table_of(map), visit, &v);
}

static int hash_user_lookup(struct map *map, const void *key, void *value, u64 flags)
{
	struct table *t = table_of(map);
	struct place p = table_place_of(t, key);
	struct entry e;

	/* The lock keeps the element from being reused while it is copied. */
	spin_lock(&p.group->lock);
	e = table_entry(t, &p, key);
	if (e.element)
		map_value_read(map, value, table_value(t, e.element), flags);
	spin_unlock(&p.group->lock);
	return e.element ? 0 : -ENOENT;
}

static int hash_user_update(struct map *map, const void *key, const void *value, u64 flags)
{
	return (int)hash_update(map, key, value, flags, NULL);
}

static int hash_user_delete(struct map *map, const void *key)
{
	return take(map, key, NULL, 0);
}

static int hash_user_take(struct map *map, const void *key, void *value, u64 flags)
{
	return take(map, key, value, flags);
}

static const struct map_user_ops hash_user = {
	.lookup = hash_user_lookup,
	.update = hash_user_update,
	.delete = hash_user_delete,
	.lookup_and_delete = hash_user_take,
	.value_size = map_value_size_plain,
	.batches = MAP_BATCH_ALL,
};

static const struct map_more_ops hash_more = {
	.for_each = hash_for_each,
};

const struct map_ops map_hash_ops = {
	.check = hash_check,
	.create = hash_create,
	.free = hash_free,
	.update = hash_update,
	.delete = hash_delete,
	.next_key = table_next_key,
	.user = &hash_user,
	.more = &hash_more,
	.contains = table_contains,
};
