/*
 * Every size of keys from 1 to 512 bytes, values up to pages, room for one element and for a few:
 * what was put in comes out, and neighbours stay as they are.
 */
#include <errno.h>

#include "map/map.h"
#include "tests/tap.h"

enum { KEY_MAX = 512, VALUE_MAX = 40000, CPUS = 2 };

static u8 key[3][KEY_MAX], value[3][CPUS * VALUE_MAX], out[CPUS * VALUE_MAX];

static const u32 types[] = {BPF_MAP_TYPE_HASH, BPF_MAP_TYPE_PERCPU_HASH, BPF_MAP_TYPE_LRU_HASH};
static const u32 value_sizes[] = {1, 2, 3, 4, 7, 8, 9, 31, 64, 1000, 4096, 32768};

/* Keys that differ in their last byte alone, values of the map's size in user space. */
static void fill(u32 key_size, u32 value_size)
{
	for (u32 i = 0; i < 3; i++) {
		memset(key[i], 0x5a, key_size);
		key[i][key_size - 1] = (u8)i;
		for (u32 at = 0; at < value_size; at++)
			value[i][at] = (u8)(at * 7 + i + key_size);
	}
}

/* A per-CPU value's last word comes back as it went in, so all of it can be compared. */
static int same(struct map *map, u32 i)
{
	memset(out, 0, sizeof(out));
	return !map_user_lookup(map, key[i], out, 0) &&
	       !memcmp(out, value[i], map_user_value_size(map));
}

static u32 use_two(struct map *map)
{
	u32 bad = 0;

	bad += map_user_lookup(map, key[0], out, 0) != -ENOENT;
	bad += map_user_update(map, key[0], value[0], BPF_NOEXIST) != 0;
	bad += map_user_update(map, key[1], value[1], BPF_NOEXIST) != 0;
	bad += map_user_update(map, key[0], value[0], BPF_NOEXIST) != -EEXIST;
	bad += !same(map, 0) || !same(map, 1);
	bad += map_user_update(map, key[0], value[2], BPF_EXIST) != 0;
	bad += !same(map, 1) || same(map, 0);
	bad += map_user_delete(map, key[0]) != 0 || !same(map, 1);
	bad += map_user_delete(map, key[2]) != -ENOENT;
	bad += map_next_key(map, NULL, out) != 0 || memcmp(out, key[1], map->key_size);
	bad += map_user_lookup_and_delete(map, key[1], out, 0) != 0;
	bad += map_next_key(map, NULL, out) != -ENOENT;
	return bad;
}

/* Room for one: the second is refused, or the first goes. */
static u32 use_one(struct map *map)
{
	int is_lru = map->type == BPF_MAP_TYPE_LRU_HASH;
	u32 bad = 0;

	bad += map_user_update(map, key[0], value[0], BPF_ANY) != 0 || !same(map, 0);
	bad += map_user_update(map, key[1], value[1], BPF_ANY) != (is_lru ? 0 : -E2BIG);
	bad += same(map, 0) == is_lru || same(map, 1) != is_lru;
	bad += map_user_delete(map, key[is_lru]) != 0;
	bad += map_user_update(map, key[2], value[2], BPF_ANY) != 0 || !same(map, 2);
	return bad;
}

static u32 try(struct skep *skep, u32 type, u32 key_size, u32 value_size, u32 flags, u32 max)
{
	struct map_attr attr = {.type = type,
				.key_size = key_size,
				.value_size = value_size,
				.max_entries = max,
				.flags = flags};
	struct map *map;
	u32 bad;

	if (map_create(skep, &attr, &map))
		return 1;
	fill(key_size, map_user_value_size(map));
	bad = max == 1 ? use_one(map) : use_two(map);
	if (bad)
		printf("# type %u key %u value %u flags %#x max %u\n", type, key_size, value_size,
		       flags, max);
	obj_put(&map->obj);
	return bad;
}

static void test_type(struct skep *skep, u32 type)
{
	u32 lazy = type == BPF_MAP_TYPE_LRU_HASH ? 0 : BPF_F_NO_PREALLOC, bad = 0;

	for (u32 size = 1; size <= KEY_MAX; size++) {
		bad += try(skep, type, size, 1 + size % 40, 0, 4);
		bad += try(skep, type, size, 1 + size % 40, lazy, 1);
	}
	for (u32 i = 0; i < ARRAY_SIZE(value_sizes); i++)
		for (u32 max = 1; max <= 4; max += 3) {
			bad += try(skep, type, 4, value_sizes[i], 0, max);
			bad += try(skep, type, 13, value_sizes[i], lazy, max);
		}
	CHECK_EQ(bad, 0);
	tap_end(map_type_by_id(type)->name);
}

int main(void)
{
	struct skep_config config = {.ncpu = CPUS};
	struct skep *skep;

	if (!CHECK(!skep_base_create(&config, &skep)))
		return EXIT_FAILURE;
	for (u32 i = 0; i < ARRAY_SIZE(types); i++)
		test_type(skep, types[i]);
	skep_base_free(skep);
	return tap_status();
}
