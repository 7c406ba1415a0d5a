/*
 * BPF_MAP_TYPE_ARRAY: values side by side in the window, 8-byte aligned.  With BPF_F_MMAPABLE they
 * are the contents of a file of their own, which clients may mmap.
 */
#include "map/internal.h"
#include "map/usage.h"

struct array {
	struct map map;
	u8 *values;
	u32 stride;
	u64 size; /* of all values */
};

static struct array *array_of(const struct map *map)
{
	return container_of(map, struct array, map);
}

static int array_check(const struct map_attr *attr)
{
	if (!attr->max_entries || attr->key_size != sizeof(u32) || !attr->value_size)
		return -EINVAL;
	if (map_check_flags(attr, BPF_F_NUMA_NODE | BPF_F_MMAPABLE | ACCESS_FLAGS |
					  BPF_F_PRESERVE_ELEMS | BPF_F_INNER_MAP))
		return -EINVAL;
	if (attr->flags & BPF_F_PRESERVE_ELEMS)
		return -EINVAL;
	/* Linux: what would not fit into an int */
	return attr->value_size > INT32_MAX ? -E2BIG : 0;
}

static inline void *at_index(const struct array *a, u32 index)
{
	return likely(index < a->map.max_entries) ? a->values + (u64)index * a->stride : NULL;
}

static void *array_lookup(struct map *map, const void *key, u64 r3, u64 r4, u64 r5, struct run *run)
{
	(void)r3, (void)r4, (void)r5, (void)run;
	return at_index(array_of(map), map_index(key));
}

static int map_values(struct array *a)
{
	struct window *w = &a->map.obj.skep->window;

	if (!(a->map.flags & BPF_F_MMAPABLE)) {
		a->values = window_alloc(w, a->size);
		return a->values ? 0 : -ENOMEM;
	}
	a->size = round_up_to(a->size, 4096);
	a->map.fd = map_file_create(a->size);
	if (a->map.fd < 0)
		return a->map.fd;
	a->values = window_map_fd(w, a->map.fd, a->size, 0);
	return a->values ? 0 : -ENOMEM;
}

static int array_create(struct skep *skep, const struct map_attr *attr, struct map **out)
{
	struct array *a;
	struct map *map;
	int err = map_alloc(skep, attr, sizeof(*a), &map);

	if (err)
		return err;
	a = array_of(map);
	a->stride = (u32)round_up_to(attr->value_size, 8);
	a->size = (u64)a->stride * attr->max_entries;
	err = map_values(a);
	if (err) {
		map_dealloc(map);
		return err;
	}
	map->lookup = array_lookup;
	*out = map;
	return 0;
}

static void array_free(struct map *map)
{
	struct array *a = array_of(map);

	window_free(&map->obj.skep->window, a->values, a->size);
}

static long array_update(struct map *map, const void *key, const void *value, u64 flags,
			 struct run *run)
{
	void *at = at_index(array_of(map), map_index(key));
	int err = map_check_update_flags(map, flags);

	(void)run;
	if (err)
		return err;
	if (!at)
		return -E2BIG;
	err = map_check_exist(flags, 1);
	if (!err)
		map_value_write(map, at, value, flags);
	if (!err)
		map_value_ends(map, at);
	return err;
}

static long array_delete(struct map *map, const void *key)
{
	(void)map, (void)key;
	return -EINVAL;
}

static long array_for_each(struct map *map, u64 callback, u64 ctx, struct run *run)
{
	struct array *a = array_of(map);
	u32 index = 0;

	while (index < map->max_entries) {
		u32 key = index;
		u64 value = ptr_to_u64(at_index(a, index));

		index++;
		if (run->callback(run, callback, ptr_to_u64(map), ptr_to_u64(&key), value, ctx, 0))
			break;
	}
	return index;
}

static int array_user_lookup(struct map *map, const void *key, void *value, u64 flags)
{
	void *at = at_index(array_of(map), map_index(key));

	if (!at)
		return -ENOENT;
	map_value_read(map, value, at, flags);
	return 0;
}

static int array_user_update(struct map *map, const void *key, const void *value, u64 flags)
{
	return (int)array_update(map, key, value, flags, NULL);
}

static int array_user_delete(struct map *map, const void *key)
{
	return (int)array_delete(map, key);
}

static int array_value_addr(struct map *map, u32 off, u64 *addr)
{
	if (map->max_entries != 1)
		return -ENOTSUPP;
	if (off >= map->value_size)
		return -EINVAL;
	*addr = ptr_to_u64(array_of(map)->values) + off;
	return 0;
}

static int array_contains(struct map *map, u64 addr, u32 size)
{
	const struct array *a = array_of(map);
	u64 off = addr - ptr_to_u64(a->values), in_value;

	if (off >= (u64)a->stride * map->max_entries)
		return 0;
	in_value = off % a->stride;
	return in_value <= map->value_size && size <= map->value_size - in_value;
}

static void array_inlined(const struct map *map, struct map_inline *out)
{
	const struct array *a = array_of(map);

	out->kind = MAP_INLINE_ARRAY;
	out->base = ptr_to_u64(a->values);
	out->stride = a->stride;
	out->max_entries = map->max_entries;
}

static int array_mmap(const struct map *map, const struct map_mmap *ask)
{
	if (!(map->flags & BPF_F_MMAPABLE))
		return -EINVAL;
	return map_mmap_within(ask, array_of(map)->size);
}

static const void *array_key_of(const struct map *map, const void *value, u32 *index)
{
	const struct array *a = array_of(map);

	*index = (u32)((ptr_to_u64(value) - ptr_to_u64(a->values)) / a->stride);
	return index;
}

static const struct map_user_ops array_user = {
	.lookup = array_user_lookup,
	.update = array_user_update,
	.delete = array_user_delete,
	.value_size = map_value_size_plain,
	.mmap = array_mmap,
	.batches = MAP_BATCH_LOOKUP | MAP_BATCH_UPDATE,
};

static const struct map_more_ops array_more = {
	.inlined = array_inlined,
	.for_each = array_for_each,
	.usage = usage_of_values,
	.key_of = array_key_of,
};

const struct map_ops map_array_ops = {
	.check = array_check,
	.create = array_create,
	.free = array_free,
	.update = array_update,
	.delete = array_delete,
	.next_key = map_index_next_key,
	.user = &array_user,
	.more = &array_more,
	.value_addr = array_value_addr,
	.contains = array_contains,
};
