/*
 * BPF_MAP_TYPE_PERCPU_HASH: the elements hold keys; the values lie apart, those of one CPU
 * together, by element.
 */
#include "map/hash.h"
#include "map/usage.h"

struct percpu_hash {
	struct hash hash;
	u8 *values;
	u32 stride;
	u64 cpu_stride;
};

static struct percpu_hash *percpu_hash_of(const struct map *map)
{
	return container_of(hash_of(map), struct percpu_hash, hash);
}

static int percpu_hash_check(const struct map_attr *attr)
{
	int err = hash_check(attr);

	if (!err || err == -E2BIG)
		err = map_check_no_node(attr) ? -EINVAL : err;
	if (err)
		return err;
	return round_up_to(attr->value_size, 8) > PERCPU_VALUE_MAX ? -E2BIG : 0;
}

static inline void *at_cpu(const struct table *t, u32 element, u32 cpu)
{
	const struct percpu_hash *p = percpu_hash_of(&t->map);

	return p->values + cpu * p->cpu_stride + (u64)(element - 1) * p->stride;
}

static inline void *own_value(struct table *t, u32 element, struct run *run)
{
	return at_cpu(t, element, run->cpu);
}

TABLE_LOOKUPS(percpu_lookups, own_value);

static void *percpu_hash_lookup_cpu(struct map *map, const void *key, u32 cpu)
{
	struct table *t = table_of(map);
	struct place p = table_place_of(t, key);
	struct entry e;

	spin_lock(&p.group->lock);
	e = table_entry(t, &p, key);
	spin_unlock(&p.group->lock);
	return e.element ? at_cpu(t, e.element, cpu) : NULL;
}

/* A program gives its own CPU's value, the others start as zeroes; user space gives all. */
static void percpu_fill(struct table *t, u32 element, const void *value, const struct run *run)
{
	u32 stride = percpu_hash_of(&t->map)->stride;

	for (u32 cpu = 0; cpu < map_cpus(&t->map); cpu++) {
		void *at = at_cpu(t, element, cpu);

		if (!run)
			map_value_fresh(&t->map, at, (const u8 *)value + (u64)cpu * stride,
					VALUE_WORDS);
		else if (cpu == run->cpu)
			map_value_fresh(&t->map, at, value, 0);
		else
			memset(at, 0, stride);
	}
}

static void percpu_write(struct table *t, u32 element, const void *value, const struct run *run)
{
	u32 stride = percpu_hash_of(&t->map)->stride;

	if (run) {
		map_value_write(&t->map, at_cpu(t, element, run->cpu), value, 0);
		return;
	}
	for (u32 cpu = 0; cpu < map_cpus(&t->map); cpu++)
		map_value_write(&t->map, at_cpu(t, element, cpu),
				(const u8 *)value + (u64)cpu * stride, VALUE_WORDS);
}

static void percpu_read(struct table *t, u32 element, void *value, u64 flags)
{
	u32 stride = percpu_hash_of(&t->map)->stride;

	(void)flags;
	for (u32 cpu = 0; cpu < map_cpus(&t->map); cpu++)
		map_value_read(&t->map, (u8 *)value + (u64)cpu * stride, at_cpu(t, element, cpu),
			       VALUE_WORDS);
}

static const struct hash_type percpu = {
	.fill = percpu_fill,
	.write = percpu_write,
	.read = percpu_read,
};

static u64 total_size(const struct percpu_hash *p)
{
	return p->cpu_stride * map_cpus(&p->hash.table.map);
}

static int percpu_hash_create(struct skep *skep, const struct map_attr *attr, struct map **out)
{
	struct percpu_hash *p;
	struct hash *h;
	int err = hash_create_as(skep, attr, &percpu, sizeof(*p), 0, &h);

	if (err)
		return err;
	p = container_of(h, struct percpu_hash, hash);
	p->stride = (u32)round_up_to(attr->value_size, 8);
	p->cpu_stride = round_up_to((u64)p->stride * h->table.total, CACHE_LINE);
	p->values = window_alloc(&skep->window, total_size(p));
	if (!p->values) {
		hash_destroy(h);
		map_dealloc(&h->table.map);
		return -ENOMEM;
	}
	h->table.map.lookup = percpu_lookups[h->table.key_kind];
	*out = &h->table.map;
	return 0;
}

static void percpu_hash_free(struct map *map)
{
	struct percpu_hash *p = percpu_hash_of(map);

	window_free(&map->obj.skep->window, p->values, total_size(p));
	hash_destroy(&p->hash);
}

static long percpu_hash_for_each(struct map *map, u64 callback, u64 ctx, struct run *run)
{
	return hash_for_each_as(map, own_value, callback, ctx, run);
}

static int percpu_hash_contains(struct map *map, u64 addr, u32 size)
{
	const struct percpu_hash *p = percpu_hash_of(map);
	u64 off = addr - ptr_to_u64(p->values), in_value;

	if (off >= total_size(p))
		return 0;
	in_value = off % p->cpu_stride % p->stride;
	return in_value <= map->value_size && size <= map->value_size - in_value;
}

static const struct map_user_ops percpu_hash_user = {
	.lookup = hash_user_lookup,
	.update = hash_user_update,
	.delete = hash_user_delete,
	.lookup_and_delete = hash_user_lookup_and_delete,
	.value_size = map_value_size_percpu,
	.bucket = hash_bucket,
	.batches = MAP_BATCH_ALL,
};

static const struct map_more_ops percpu_hash_more = {
	.for_each = percpu_hash_for_each,
	.lookup_cpu = percpu_hash_lookup_cpu,
	.usage = usage_of_percpu_hash,
};

const struct map_ops map_percpu_hash_ops = {
	.check = percpu_hash_check,
	.create = percpu_hash_create,
	.free = percpu_hash_free,
	.update = hash_update,
	.delete = hash_delete,
	.next_key = table_next_key,
	.user = &percpu_hash_user,
	.more = &percpu_hash_more,
	.contains = percpu_hash_contains,
};
