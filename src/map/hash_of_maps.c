/*
 * BPF_MAP_TYPE_HASH_OF_MAPS: the elements hold keys; the maps are in private memory, by element.
 * The pointer of an element that went stays where it is: a run that found the element before may
 * still follow it, because the map is freed an epoch after its last reference.
 */
#include "map/hash.h"
#include "map/template.h"
#include "map/usage.h"

struct hash_of_maps {
	struct hash hash;
	_Atomic(struct obj *) *inner; /* by element */
};

static struct hash_of_maps *hash_of_maps_of(const struct map *map)
{
	return container_of(hash_of(map), struct hash_of_maps, hash);
}

static int hash_of_maps_check(const struct map_attr *attr)
{
	if (attr->value_size != sizeof(u32))
		return -EINVAL;
	return hash_check(attr);
}

static inline struct obj *inner_of(const struct table *t, u32 element)
{
	/* acquire: pairs with the release in inner_fill */
	return atomic_load_explicit(&hash_of_maps_of(&t->map)->inner[element],
				    memory_order_acquire);
}

static inline void *inner_map(struct table *t, u32 element, struct run *run)
{
	(void)run;
	return map_of(inner_of(t, element));
}

TABLE_LOOKUPS(inner_lookups, inner_map);

/* value points to the reference, which becomes the element's. */
static void inner_fill(struct table *t, u32 element, const void *value, const struct run *run)
{
	struct obj *obj = *(struct obj *const *)value;

	(void)run;
	atomic_store_explicit(&hash_of_maps_of(&t->map)->inner[element], obj, memory_order_release);
}

static void inner_read(struct table *t, u32 element, void *value, u64 flags)
{
	(void)flags;
	memcpy(value, &inner_of(t, element)->id, sizeof(u32));
}

static void inner_drop(struct table *t, u32 element)
{
	obj_put(inner_of(t, element));
}

static const struct hash_type of_maps = {
	.fill = inner_fill,
	.read = inner_read,
	.drop = inner_drop,
};

static int make(struct skep *skep, const struct map_attr *attr, struct map **out)
{
	struct hash_of_maps *m;
	struct hash *h;
	int err = hash_create_as(skep, attr, &of_maps, sizeof(*m), 0, &h);

	if (err)
		return err;
	m = container_of(h, struct hash_of_maps, hash);
	m->inner = os_alloc(skep->os, (h->table.total + 1ull) * sizeof(*m->inner));
	if (!m->inner) {
		hash_destroy(h);
		map_dealloc(&h->table.map);
		return -ENOMEM;
	}
	h->table.map.lookup = inner_lookups[h->table.key_kind];
	*out = &h->table.map;
	return 0;
}

static int hash_of_maps_create(struct skep *skep, const struct map_attr *attr, struct map **out)
{
	struct map *template;
	int err = template_create(attr, &template);

	if (err)
		return err;
	err = make(skep, attr, out);
	if (err)
		template_free(template);
	else
		(*out)->inner = template;
	return err;
}

static int drop_visited(struct table *t, u32 element, void *cookie)
{
	(void)cookie;
	inner_drop(t, element);
	return 0;
}

static void hash_of_maps_free(struct map *map)
{
	struct hash_of_maps *m = hash_of_maps_of(map);

	table_for_each(&m->hash.table, drop_visited, NULL);
	os_free(map->obj.skep->os, m->inner);
	hash_destroy(&m->hash);
	template_free(map->inner);
}

static int hash_of_maps_user_update(struct map *map, const void *key, const void *value, u64 flags)
{
	struct obj *inner;
	int err = template_resolve(map, value, &inner);

	if (err)
		return err;
	err = (int)hash_update(map, key, &inner, flags, NULL);
	if (err)
		obj_put(inner);
	return err;
}

static const struct map_user_ops hash_of_maps_user = {
	.lookup = hash_user_lookup,
	.update = hash_of_maps_user_update,
	.delete = hash_user_delete,
	.value_size = map_value_size_id,
	.bucket = hash_bucket,
	.batches = MAP_BATCH_ALL,
};

static const struct map_more_ops hash_of_maps_more = {
	.usage = usage_of_hash_of_maps,
};

const struct map_ops map_hash_of_maps_ops = {
	.more = &hash_of_maps_more,
	.check = hash_of_maps_check,
	.create = hash_of_maps_create,
	.free = hash_of_maps_free,
	.next_key = table_next_key,
	.user = &hash_of_maps_user,
};
