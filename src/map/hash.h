/*
 * What hash types share: a table, its free elements, and the commands on them.  The types differ in
 * what belongs to an element besides its key.
 */
#ifndef SKEP_MAP_HASH_H
#define SKEP_MAP_HASH_H

#include "map/table.h"

struct hash_type {
	/* The value of an element that nobody sees yet.  run is NULL from user space. */
	void (*fill)(struct table *t, u32 element, const void *value, const struct run *run);
	/* Write into a live element; NULL: overwriting puts a filled one in its place. */
	void (*write)(struct table *t, u32 element, const void *value, const struct run *run);
	/* To user space; the element's group is locked. */
	void (*read)(struct table *t, u32 element, void *value, u64 flags);
	/* The element has gone from the table; NULL: nothing to do. */
	void (*drop)(struct table *t, u32 element);
};

struct hash {
	struct table table;
	struct freelist free;
	const struct hash_type *type;
};

static inline struct hash *hash_of(const struct map *map)
{
	return container_of(table_of(map), struct hash, table);
}

/* The type's own struct is `size` bytes, its struct hash first; see table_create. */
int hash_create_as(struct skep *skep, const struct map_attr *attr, const struct hash_type *type,
		   size_t size, u32 value_size, struct hash **out);
/* Gives back what hash_create_as made, but the struct. */
void hash_destroy(struct hash *h);

int hash_check(const struct map_attr *attr);

/* As the ops of these names. */
long hash_update(struct map *map, const void *key, const void *value, u64 flags, struct run *run);
long hash_delete(struct map *map, const void *key);
int hash_user_lookup(struct map *map, const void *key, void *value, u64 flags);
int hash_user_update(struct map *map, const void *key, const void *value, u64 flags);
int hash_user_delete(struct map *map, const void *key);
int hash_user_lookup_and_delete(struct map *map, const void *key, void *value, u64 flags);
int hash_bucket(struct map *map, struct map_bucket *b);
const void *hash_key_of(const struct map *map, const void *value, u32 *index);

/* more->for_each with `value`, the address that the callback gets for an element. */
typedef void *(*hash_value_fn)(struct table *t, u32 element, struct run *run);
long hash_for_each_as(struct map *map, hash_value_fn value, u64 callback, u64 ctx, struct run *run);

#endif
