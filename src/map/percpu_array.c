/*
 * BPF_MAP_TYPE_PERCPU_ARRAY: one array a CPU, each on cache lines of its own, so that no two CPUs
 * write to the same line.
 *
 *	values: | CPU 0: value 0, value 1, ... | CPU 1: value 0, ... |
 *	        '------ cpu_stride ------------'
 */
#include "map/internal.h"
#include "map/usage.h"

struct percpu_array {
	struct map map;
	u8 *values;
	u32 stride;
	u64 cpu_stride;
};

static struct percpu_array *percpu_array_of(const struct map *map)
{
	return container_of(map, struct percpu_array, map);
}

static int percpu_array_check(const struct map_attr *attr)
{
	if (!attr->max_entries || attr->key_size != sizeof(u32) || !attr->value_size)
		return -EINVAL;
	if (map_check_flags(attr, BPF_F_NUMA_NODE | ACCESS_FLAGS) || map_check_no_node(attr))
		return -EINVAL;
	return round_up_to(attr->value_size, 8) > PERCPU_VALUE_MAX ? -E2BIG : 0;
}

static inline void *at_cpu(const struct percpu_array *a, u32 index, u32 cpu)
{
	if (unlikely(index >= a->map.max_entries))
		return NULL;
	return a->values + cpu * a->cpu_stride + (u64)index * a->stride;
}

static void *percpu_array_lookup(struct map *map, const void *key, u64 r3, u64 r4, u64 r5,
				 struct run *run)
{
	(void)r3, (void)r4, (void)r5;
	return at_cpu(percpu_array_of(map), map_index(key), run->cpu);
}

static void *percpu_array_lookup_cpu(struct map *map, const void *key, u32 cpu)
{
	return at_cpu(percpu_array_of(map), map_index(key), cpu);
}

static u64 total_size(const struct percpu_array *a)
{
	return a->cpu_stride * map_cpus(&a->map);
}

static int percpu_array_create(struct skep *skep, const struct map_attr *attr, struct map **out)
{
	struct percpu_array *a;
	struct map *map;
	int err = map_alloc(skep, attr, sizeof(*a), &map);

	if (err)
		return err;
	a = percpu_array_of(map);
	a->stride = (u32)round_up_to(attr->value_size, 8);
	a->cpu_stride = round_up_to((u64)a->stride * attr->max_entries, CACHE_LINE);
	a->values = window_alloc(&skep->window, total_size(a));
	if (!a->values) {
		map_dealloc(map);
		return -ENOMEM;
	}
	map->lookup = percpu_array_lookup;
	*out = map;
	return 0;
}

static void percpu_array_free(struct map *map)
{
	struct percpu_array *a = percpu_array_of(map);

	window_free(&map->obj.skep->window, a->values, total_size(a));
}

/* Which index may be written with these flags: 0 or Linux's refusal. */
static int check_update(const struct map *map, u32 index, u64 flags)
{
	if (flags > BPF_EXIST)
		return -EINVAL;
	if (index >= map->max_entries)
		return -E2BIG;
	return map_check_exist(flags, 1);
}

static long percpu_array_update(struct map *map, const void *key, const void *value, u64 flags,
				struct run *run)
{
	u32 index = map_index(key);
	int err = check_update(map, index, flags);

	if (!err)
		map_value_write(map, at_cpu(percpu_array_of(map), index, run->cpu), value, 0);
	return err;
}

static long percpu_array_delete(struct map *map, const void *key)
{
	(void)map, (void)key;
	return -EINVAL;
}

static int percpu_array_user_lookup(struct map *map, const void *key, void *value, u64 flags)
{
	struct percpu_array *a = percpu_array_of(map);
	u32 index = map_index(key);

	(void)flags;
	if (index >= map->max_entries)
		return -ENOENT;
	for (u32 cpu = 0; cpu < map_cpus(map); cpu++)
		map_value_read(map, (u8 *)value + (u64)cpu * a->stride, at_cpu(a, index, cpu),
			       VALUE_WORDS);
	return 0;
}

static int percpu_array_user_update(struct map *map, const void *key, const void *value, u64 flags)
{
	struct percpu_array *a = percpu_array_of(map);
	u32 index = map_index(key);
	int err = check_update(map, index, flags);

	if (err)
		return err;
	for (u32 cpu = 0; cpu < map_cpus(map); cpu++)
		map_value_write(map, at_cpu(a, index, cpu),
				(const u8 *)value + (u64)cpu * a->stride, VALUE_WORDS);
	return 0;
}

static int percpu_array_user_delete(struct map *map, const void *key)
{
	return (int)percpu_array_delete(map, key);
}

static long percpu_array_for_each(struct map *map, u64 callback, u64 ctx, struct run *run)
{
	struct percpu_array *a = percpu_array_of(map);
	u32 index = 0;

	while (index < map->max_entries) {
		u32 key = index;
		u64 value = ptr_to_u64(at_cpu(a, index, run->cpu));

		index++;
		if (run->callback(run, callback, ptr_to_u64(map), ptr_to_u64(&key), value, ctx, 0))
			break;
	}
	return index;
}

static int percpu_array_contains(struct map *map, u64 addr, u32 size)
{
	const struct percpu_array *a = percpu_array_of(map);
	u64 off = addr - ptr_to_u64(a->values), in_value;

	if (off >= total_size(a))
		return 0;
	off %= a->cpu_stride;
	if (off >= (u64)a->stride * map->max_entries)
		return 0;
	in_value = off % a->stride;
	return in_value <= map->value_size && size <= map->value_size - in_value;
}

static void percpu_array_inlined(const struct map *map, struct map_inline *out)
{
	const struct percpu_array *a = percpu_array_of(map);

	out->kind = MAP_INLINE_PERCPU_ARRAY;
	out->base = ptr_to_u64(a->values);
	out->stride = a->stride;
	out->max_entries = map->max_entries;
	out->cpu_stride = a->cpu_stride;
}

static const struct map_user_ops percpu_array_user = {
	.lookup = percpu_array_user_lookup,
	.update = percpu_array_user_update,
	.delete = percpu_array_user_delete,
	.value_size = map_value_size_percpu,
	.batches = MAP_BATCH_LOOKUP | MAP_BATCH_UPDATE,
};

static const struct map_more_ops percpu_array_more = {
	.inlined = percpu_array_inlined,
	.for_each = percpu_array_for_each,
	.lookup_cpu = percpu_array_lookup_cpu,
	.usage = usage_of_percpu_values,
};

const struct map_ops map_percpu_array_ops = {
	.check = percpu_array_check,
	.create = percpu_array_create,
	.free = percpu_array_free,
	.update = percpu_array_update,
	.delete = percpu_array_delete,
	.next_key = map_index_next_key,
	.user = &percpu_array_user,
	.more = &percpu_array_more,
	.contains = percpu_array_contains,
};
