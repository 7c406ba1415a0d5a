/* Arrays of references to objects. */
#include "map/obj_array.h"

int obj_array_check(const struct map_attr *attr, u32 flags)
{
	if (!attr->max_entries || attr->key_size != sizeof(u32) || attr->value_size != sizeof(u32))
		return -EINVAL;
	return map_check_flags(attr, BPF_F_NUMA_NODE | FD_FLAGS | flags);
}

int obj_array_create(struct skep *skep, const struct map_attr *attr, struct map **out)
{
	u64 size = sizeof(struct obj_array) + attr->max_entries * sizeof(struct obj *);
	int err = map_alloc(skep, attr, size, out);

	if (!err)
		pthread_mutex_init(&obj_array_of(*out)->lock, NULL);
	return err;
}

static struct obj *swap(struct obj_array *a, u32 index, struct obj *obj)
{
	struct obj *old;

	pthread_mutex_lock(&a->lock);
	/* release: pairs with obj_array_get */
	old = atomic_exchange_explicit(&a->entry[index], obj, memory_order_acq_rel);
	pthread_mutex_unlock(&a->lock);
	return old;
}

void obj_array_set(struct map *map, u32 index, struct obj *obj)
{
	struct obj *old = swap(obj_array_of(map), index, obj);

	if (old)
		obj_put(old);
}

void obj_array_user_gone(struct map *map)
{
	for (u32 i = 0; i < map->max_entries; i++)
		obj_array_set(map, i, NULL);
}

void obj_array_free(struct map *map)
{
	obj_array_user_gone(map);
	pthread_mutex_destroy(&obj_array_of(map)->lock);
}

int obj_array_user_lookup(struct map *map, const void *key, void *value, u64 flags)
{
	struct obj_array *a = obj_array_of(map);
	struct obj *obj;

	(void)flags;
	/* The lock keeps the entry's reference, and so the object, while its id is read. */
	pthread_mutex_lock(&a->lock);
	obj = obj_array_get(map, map_index(key));
	if (obj)
		memcpy(value, &obj->id, sizeof(obj->id));
	pthread_mutex_unlock(&a->lock);
	return obj ? 0 : -ENOENT;
}

int obj_array_user_delete(struct map *map, const void *key)
{
	u32 index = map_index(key);
	struct obj *old;

	if (index >= map->max_entries)
		return -E2BIG;
	old = swap(obj_array_of(map), index, NULL);
	if (!old)
		return -ENOENT;
	obj_put(old);
	return 0;
}

int obj_array_resolve(struct map *map, const void *key, const void *value, u64 flags,
		      enum obj_kind kind, struct obj **out)
{
	struct skep *skep = map->obj.skep;

	if (flags != BPF_ANY)
		return -EINVAL;
	if (map_index(key) >= map->max_entries)
		return -E2BIG;
	return skep->fd_get(skep, (int)map_index(value), kind, out);
}
