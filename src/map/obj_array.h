/*
 * An array of references to objects: what prog arrays, perf event arrays and arrays of maps are.
 * The pointers live in private memory; runs load them without a reference, which they need not
 * hold: an object is freed an epoch after its last one (base/obj.h).
 */
#ifndef SKEP_MAP_OBJ_ARRAY_H
#define SKEP_MAP_OBJ_ARRAY_H

#include <pthread.h>

#include "map/internal.h"

struct obj_array {
	struct map map;
	pthread_mutex_t lock; /* user space looking at an entry against user space replacing it */
	_Atomic(struct obj *) entry[];
};

static inline struct obj_array *obj_array_of(const struct map *map)
{
	return container_of(map, struct obj_array, map);
}

/* From a run: the object at an index, or NULL. */
static inline struct obj *obj_array_get(const struct map *map, u32 index)
{
	const struct obj_array *a = obj_array_of(map);

	if (unlikely(index >= map->max_entries))
		return NULL;
	/* acquire: sees what was made before it was put in; pairs with obj_array_set */
	return atomic_load_explicit(&a->entry[index], memory_order_acquire);
}

/* Linux's checks of everything that is an array of fds. */
int obj_array_check(const struct map_attr *attr, u32 flags);
int obj_array_create(struct skep *skep, const struct map_attr *attr, struct map **out);
void obj_array_free(struct map *map);

/* Put obj (a reference, taken over) at an index, NULL to clear; the old one's reference goes. */
void obj_array_set(struct map *map, u32 index, struct obj *obj);

/* As ops->user: the id of an entry; clearing one; clearing all. */
int obj_array_user_lookup(struct map *map, const void *key, void *value, u64 flags);
int obj_array_user_delete(struct map *map, const void *key);
void obj_array_user_gone(struct map *map);

/*
 * The object of `kind` behind the fd that `value` is, for an entry that may be written: a
 * reference.  0 or -EINVAL (flags), -E2BIG (index), -EBADF, -EINVAL.
 */
int obj_array_resolve(struct map *map, const void *key, const void *value, u64 flags,
		      enum obj_kind kind, struct obj **out);

#endif
