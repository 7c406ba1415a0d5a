/*
 * What a map costs, as Linux counts it for fdinfo's "memlock": programs print and sum it, so they
 * get Linux's number and not ours.  The constants are what Linux 6.18 on x86-64 answers.
 */
#include "map/usage.h"

#include "map/table.h"

enum {
	ARRAY_HEAD = 312,
	HASH_HEAD = 896,
	BUCKET = 16,
	ELEMENT_HEAD = 48,
	LIST_NODE = 8, /* an element that is allocated by itself, and a pointer to its values */
	RING_HEAD = 328,
	RING_PAGE = 16,
	POINTER = 8,
	PAGE = 4096,
};

static u64 cpus(const struct map *map)
{
	return map->obj.skep->slots.count;
}

u64 usage_of_pointers(struct map *map)
{
	return ARRAY_HEAD + (u64)map->max_entries * POINTER;
}

u64 usage_of_values(struct map *map)
{
	u64 values = (u64)map->max_entries * round_up_to(map->value_size, 8);

	if (map->flags & BPF_F_MMAPABLE)
		return PAGE + round_up_to(values, PAGE);
	return ARRAY_HEAD + values;
}

u64 usage_of_percpu_values(struct map *map)
{
	u64 element = POINTER + cpus(map) * round_up_to(map->value_size, 8);

	return ARRAY_HEAD + map->max_entries * element;
}

static u64 buckets(const struct map *map)
{
	u64 n = 1;

	while (n < map->max_entries)
		n *= 2;
	return HASH_HEAD + n * BUCKET;
}

static u64 element(const struct map *map, u32 value_size)
{
	return ELEMENT_HEAD + round_up_to(map->key_size, 8) + round_up_to(value_size, 8);
}

static int seen(struct table *t, u32 element, void *cookie)
{
	(void)t, (void)element, (void)cookie;
	return 0;
}

static u64 count(struct map *map)
{
	return (u64)table_for_each(table_of(map), seen, NULL);
}

/* Without preallocation there are the elements in use; else all, and one a CPU to overwrite with.
 */
u64 usage_of_hash(struct map *map)
{
	u64 size = element(map, map->value_size);

	if (map->flags & BPF_F_NO_PREALLOC)
		return buckets(map) + count(map) * (size + LIST_NODE);
	return buckets(map) + (map->max_entries + cpus(map)) * size + cpus(map) * POINTER;
}

u64 usage_of_lru_hash(struct map *map)
{
	return buckets(map) + map->max_entries * element(map, map->value_size);
}

u64 usage_of_hash_of_maps(struct map *map)
{
	u64 size = element(map, POINTER);

	if (map->flags & BPF_F_NO_PREALLOC)
		return buckets(map) + count(map) * (size + LIST_NODE);
	return buckets(map) + map->max_entries * size + cpus(map) * POINTER;
}

u64 usage_of_percpu_hash(struct map *map)
{
	u64 values = cpus(map) * round_up_to(map->value_size, 8);
	u64 size = element(map, POINTER) + values;

	if (map->flags & BPF_F_NO_PREALLOC)
		return buckets(map) + count(map) * (size + LIST_NODE + LIST_NODE + POINTER);
	return buckets(map) + map->max_entries * size;
}

u64 usage_of_ring(struct map *map)
{
	u64 pages = map->max_entries / PAGE;

	return RING_HEAD + pages * RING_PAGE + map->max_entries + 3 * PAGE;
}

u64 map_usage(struct map *map)
{
	return map->ops->more && map->ops->more->usage ? map->ops->more->usage(map) : 0;
}
