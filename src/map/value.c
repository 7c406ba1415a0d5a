/* Copying values: everybody at once, and around what is not plain bytes. */
#include "map/internal.h"

int map_value_has_lock(const struct map *map)
{
	return map->record && 0;
}

void map_value_fresh(const struct map *map, void *value, const void *from)
{
	racy_copy(value, from, map->value_size);
}

void map_value_write(const struct map *map, void *value, const void *from, u64 flags)
{
	(void)flags;
	racy_copy(value, from, map->value_size);
}

void map_value_read(const struct map *map, void *to, void *value, u64 flags)
{
	(void)flags;
	racy_copy(to, value, map->value_size);
}
