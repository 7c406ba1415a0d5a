/* BPF_MAP_TYPE_ARRAY_OF_MAPS: programs look up maps, user space their ids. */
#include "map/obj_array.h"
#include "map/template.h"
#include "map/usage.h"

static int array_of_maps_check(const struct map_attr *attr)
{
	return obj_array_check(attr, 0);
}

static void *array_of_maps_lookup(struct map *map, const void *key, u64 r3, u64 r4, u64 r5,
				  struct run *run)
{
	struct obj *inner = obj_array_get(map, map_index(key));

	(void)r3, (void)r4, (void)r5, (void)run;
	return inner ? map_of(inner) : NULL;
}

static int array_of_maps_create(struct skep *skep, const struct map_attr *attr, struct map **out)
{
	struct map *template, *map;
	int err = template_create(attr, &template);

	if (err)
		return err;
	err = obj_array_create(skep, attr, &map);
	if (err) {
		template_free(template);
		return err;
	}
	map->inner = template;
	map->lookup = array_of_maps_lookup;
	*out = map;
	return 0;
}

static void array_of_maps_free(struct map *map)
{
	template_free(map->inner);
	obj_array_free(map);
}

static int array_of_maps_user_update(struct map *map, const void *key, const void *value, u64 flags)
{
	u32 index = map_index(key);
	struct obj *inner;
	int err;

	if (flags != BPF_ANY)
		return -EINVAL;
	if (index >= map->max_entries)
		return -E2BIG;
	err = template_resolve(map, value, &inner);
	if (!err)
		obj_array_set(map, index, inner);
	return err;
}

static const struct map_user_ops array_of_maps_user = {
	.lookup = obj_array_user_lookup,
	.update = array_of_maps_user_update,
	.delete = obj_array_user_delete,
	.value_size = map_value_size_id,
	.batches = MAP_BATCH_LOOKUP | MAP_BATCH_UPDATE,
};

static const struct map_more_ops array_of_maps_more = {
	.usage = usage_of_pointers,
};

const struct map_ops map_array_of_maps_ops = {
	.more = &array_of_maps_more,
	.check = array_of_maps_check,
	.create = array_of_maps_create,
	.free = array_of_maps_free,
	.next_key = map_index_next_key,
	.user = &array_of_maps_user,
};
