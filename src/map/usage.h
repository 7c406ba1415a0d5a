/* What maps cost in Linux's count: more->usage of the types. */
#ifndef SKEP_MAP_USAGE_H
#define SKEP_MAP_USAGE_H

#include "map/map.h"

u64 usage_of_values(struct map *map);
u64 usage_of_percpu_values(struct map *map);
u64 usage_of_pointers(struct map *map); /* arrays of objects */
u64 usage_of_hash(struct map *map);
u64 usage_of_percpu_hash(struct map *map);
u64 usage_of_lru_hash(struct map *map);
u64 usage_of_hash_of_maps(struct map *map);
u64 usage_of_ring(struct map *map);

#endif
