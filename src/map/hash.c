/* BPF_MAP_TYPE_HASH, and the commands that all hash types share. */
#include "map/hash.h"
#include "map/usage.h"

int hash_check(const struct map_attr *attr)
{
	int err = map_check_flags(attr, BPF_F_NO_PREALLOC | BPF_F_NUMA_NODE | ACCESS_FLAGS |
						BPF_F_ZERO_SEED);

	return err ? err : table_check_sizes(attr);
}

int hash_create_as(struct skep *skep, const struct map_attr *attr, const struct hash_type *type,
		   size_t size, u32 value_size, struct hash **out)
{
	u32 stripes = skep->slots.count;
	struct hash *h;
	struct table *t;
	int err = table_create(skep, attr, size, value_size, stripes, &t);

	if (err)
		return err;
	h = hash_of(&t->map);
	h->type = type;
	err = freelist_create(&h->free, skep->os, attr->max_entries, stripes);
	if (err) {
		hash_destroy(h);
		map_dealloc(&t->map);
		return err;
	}
	*out = h;
	return 0;
}

void hash_destroy(struct hash *h)
{
	freelist_destroy(&h->free, h->table.map.obj.skep->os);
	table_destroy(&h->table);
}

static void retire(struct hash *h, u32 element)
{
	if (h->type->drop)
		h->type->drop(&h->table, element);
}

static long insert(struct hash *h, const struct place *p, const void *key, const void *value,
		   struct run *run)
{
	struct table *t = &h->table;
	u32 element = freelist_take(&h->free, map_cpu_hint(&t->map, run));

	if (!element)
		return -E2BIG;
	key_store(table_elem(t, element), key, t->map.key_size);
	h->type->fill(t, element, value, run);
	table_insert(t, p, element);
	return 0;
}

/* Readers see the old value or the new one, never a mixture. */
static void replace(struct hash *h, const struct place *p, const struct entry *old, const void *key,
		    const void *value, struct run *run)
{
	struct table *t = &h->table;
	u32 element = freelist_take_spare(&h->free, map_cpu_hint(&t->map, run));

	key_store(table_elem(t, element), key, t->map.key_size);
	h->type->fill(t, element, value, run);
	table_replace(t, p, old, element);
}

/* With the group locked; an element that was replaced goes to *replaced. */
static long update_locked(struct hash *h, const struct place *p, const void *key, const void *value,
			  u64 flags, struct run *run, u32 *replaced)
{
	struct table *t = &h->table;
	struct entry old = table_entry(t, p, key);
	int err = map_check_exist(flags, old.element != 0);

	if (err)
		return err;
	if (!old.element)
		return insert(h, p, key, value, run);
	if (flags & BPF_F_LOCK) {
		map_value_write(&t->map, table_value(t, old.element), value, flags);
	} else if (h->type->write) {
		h->type->write(t, old.element, value, run);
	} else {
		replace(h, p, &old, key, value, run);
		*replaced = old.element;
	}
	return 0;
}

long hash_update(struct map *map, const void *key, const void *value, u64 flags, struct run *run)
{
	struct hash *h = hash_of(map);
	long err = map_check_update_flags(map, flags);
	struct place p;
	u32 replaced = 0;

	if (err)
		return err;
	p = table_place_of(&h->table, key);
	spin_lock(&p.group->lock);
	err = update_locked(h, &p, key, value, flags, run, &replaced);
	spin_unlock(&p.group->lock);
	if (replaced) {
		retire(h, replaced);
		freelist_give_spare(&h->free, map_cpu_hint(map, run), replaced);
	}
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
			h->type->read(&h->table, e.element, value, flags);
		table_remove(&h->table, p.group, &e);
	}
	spin_unlock(&p.group->lock);
	if (!e.element)
		return -ENOENT;
	retire(h, e.element);
	freelist_give(&h->free, map_cpu_hint(map, NULL), e.element);
	return 0;
}

long hash_delete(struct map *map, const void *key)
{
	return take(map, key, NULL, 0);
}

int hash_user_lookup(struct map *map, const void *key, void *value, u64 flags)
{
	struct hash *h = hash_of(map);
	struct place p = table_place_of(&h->table, key);
	struct entry e;

	/* The lock keeps the element from being reused while it is copied. */
	spin_lock(&p.group->lock);
	e = table_entry(&h->table, &p, key);
	if (e.element)
		h->type->read(&h->table, e.element, value, flags);
	spin_unlock(&p.group->lock);
	return e.element ? 0 : -ENOENT;
}

int hash_user_update(struct map *map, const void *key, const void *value, u64 flags)
{
	return (int)hash_update(map, key, value, flags, NULL);
}

int hash_user_delete(struct map *map, const void *key)
{
	return take(map, key, NULL, 0);
}

int hash_user_lookup_and_delete(struct map *map, const void *key, void *value, u64 flags)
{
	return take(map, key, value, flags);
}

static void read_entry(struct table *t, u32 element, void *value)
{
	hash_of(&t->map)->type->read(t, element, value, 0);
}

static void give_back(struct table *t, u32 element)
{
	struct hash *h = hash_of(&t->map);

	retire(h, element);
	freelist_give(&h->free, map_cpu_hint(&t->map, NULL), element);
}

int hash_bucket(struct map *map, struct map_bucket *b)
{
	return table_bucket(table_of(map), b, read_entry, give_back);
}

const void *hash_key_of(const struct map *map, const void *value, u32 *index)
{
	(void)index;
	return (const u8 *)value - table_of(map)->value_off;
}

/* What for_each hands on to the program's callback. */
struct visit {
	struct run *run;
	hash_value_fn value;
	u64 callback, ctx;
};

static int visit(struct table *t, u32 element, void *cookie)
{
	const struct visit *v = cookie;

	return v->run->callback(v->run, v->callback, ptr_to_u64(&t->map),
				ptr_to_u64(table_elem(t, element)),
				ptr_to_u64(v->value(t, element, v->run)), v->ctx, 0) != 0;
}

long hash_for_each_as(struct map *map, hash_value_fn value, u64 callback, u64 ctx, struct run *run)
{
	struct visit v = {run, value, callback, ctx};

	return table_for_each(table_of(map), visit, &v);
}

/* The plain type: the value follows the key. */
static void *hash_value(struct table *t, u32 element, struct run *run)
{
	(void)run;
	return table_value(t, element);
}

TABLE_LOOKUPS(hash_lookups, hash_value);

static void hash_fill(struct table *t, u32 element, const void *value, const struct run *run)
{
	(void)run;
	map_value_fresh(&t->map, table_value(t, element), value, 0);
}

static void hash_read(struct table *t, u32 element, void *value, u64 flags)
{
	map_value_read(&t->map, value, table_value(t, element), flags);
}

static void hash_drop(struct table *t, u32 element)
{
	map_value_ends(&t->map, table_value(t, element));
}

static const struct hash_type plain = {
	.fill = hash_fill,
	.read = hash_read,
	.drop = hash_drop,
};

static int hash_create(struct skep *skep, const struct map_attr *attr, struct map **out)
{
	struct hash *h;
	int err = hash_create_as(skep, attr, &plain, sizeof(*h), attr->value_size, &h);

	if (err)
		return err;
	h->table.map.lookup = hash_lookups[h->table.key_kind];
	*out = &h->table.map;
	return 0;
}

static void hash_free(struct map *map)
{
	hash_destroy(hash_of(map));
}

static long hash_for_each(struct map *map, u64 callback, u64 ctx, struct run *run)
{
	return hash_for_each_as(map, hash_value, callback, ctx, run);
}

static const struct map_user_ops hash_user = {
	.lookup = hash_user_lookup,
	.update = hash_user_update,
	.delete = hash_user_delete,
	.lookup_and_delete = hash_user_lookup_and_delete,
	.value_size = map_value_size_plain,
	.bucket = hash_bucket,
	.batches = MAP_BATCH_ALL,
};

static const struct map_more_ops hash_more = {
	.for_each = hash_for_each,
	.usage = usage_of_hash,
	.key_of = hash_key_of,
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
