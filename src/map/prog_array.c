/* BPF_MAP_TYPE_PROG_ARRAY: where tail calls go.  Programs reach it through prog/tail.c. */
#include "map/obj_array.h"
#include "map/usage.h"

static int prog_array_check(const struct map_attr *attr)
{
	return obj_array_check(attr, 0);
}

static int prog_array_user_update(struct map *map, const void *key, const void *value, u64 flags)
{
	struct skep *skep = map->obj.skep;
	struct obj *prog;
	int err = obj_array_resolve(map, key, value, flags, OBJ_PROG, &prog);

	if (err)
		return err;
	err = skep->prog_array_claim(map, prog);
	if (err) {
		obj_put(prog);
		return err;
	}
	obj_array_set(map, map_index(key), prog);
	return 0;
}

struct obj *map_prog_at(struct map *array, u32 index)
{
	return obj_array_get(array, index);
}

_Atomic(struct obj *) *map_prog_slots(struct map *map)
{
	return map->type == BPF_MAP_TYPE_PROG_ARRAY ? obj_array_of(map)->entry : NULL;
}

static const struct map_user_ops prog_array_user = {
	.lookup = obj_array_user_lookup,
	.update = prog_array_user_update,
	.delete = obj_array_user_delete,
	.value_size = map_value_size_id,
	/* also what undoes an array and a program that hold each other */
	.gone = obj_array_user_gone,
};

static const struct map_more_ops prog_array_more = {
	.usage = usage_of_pointers,
};

const struct map_ops map_prog_array_ops = {
	.more = &prog_array_more,
	.check = prog_array_check,
	.create = obj_array_create,
	.free = obj_array_free,
	.next_key = map_index_next_key,
	.user = &prog_array_user,
};
