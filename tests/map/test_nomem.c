/* Making a map with the n-th allocation failing, for every n: -ENOMEM, and nothing is left behind.
 */
#include <errno.h>

#include "map/map.h"
#include "tests/tap.h"

struct failing {
	struct os os;
	s64 left; /* allocations that still succeed */
	s64 live;
};

static void *failing_alloc(const struct os *os, size_t size)
{
	struct failing *f = (struct failing *)container_of(os, struct failing, os);
	void *p = f->left-- > 0 ? os_host.alloc(&os_host, size) : NULL;

	f->live += p != NULL;
	return p;
}

static void failing_free(const struct os *os, void *p)
{
	struct failing *f = (struct failing *)container_of(os, struct failing, os);

	f->live -= p != NULL;
	os_host.free(&os_host, p);
}

static const struct map_attr maps[] = {
	{.type = BPF_MAP_TYPE_HASH, .key_size = 4, .value_size = 8, .max_entries = 9},
	{.type = BPF_MAP_TYPE_HASH,
	 .key_size = 4,
	 .value_size = 8,
	 .max_entries = 9,
	 .flags = BPF_F_ZERO_SEED},
	{.type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 9},
	{.type = BPF_MAP_TYPE_ARRAY,
	 .key_size = 4,
	 .value_size = 8,
	 .max_entries = 9,
	 .flags = BPF_F_MMAPABLE},
	{.type = BPF_MAP_TYPE_PROG_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 9},
	{.type = BPF_MAP_TYPE_PERCPU_HASH, .key_size = 4, .value_size = 8, .max_entries = 9},
	{.type = BPF_MAP_TYPE_PERCPU_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 9},
	{.type = BPF_MAP_TYPE_LRU_HASH, .key_size = 4, .value_size = 8, .max_entries = 9},
	{.type = BPF_MAP_TYPE_LRU_HASH,
	 .key_size = 4,
	 .value_size = 8,
	 .max_entries = 9,
	 .flags = BPF_F_NO_COMMON_LRU},
	{.type = BPF_MAP_TYPE_RINGBUF, .max_entries = 4096},
};

/* 1 once the map could be made. */
static int try(struct skep *skep, struct failing *f, const struct map_attr *attr, s64 n)
{
	s64 live = f->live;
	u64 used = skep->window.used;
	struct map *map;
	int err;

	f->left = n;
	err = map_create(skep, attr, &map);
	f->left = INT64_MAX;
	if (!err)
		obj_put(&map->obj);
	else
		CHECK_EQ(err, -ENOMEM);
	epoch_reclaim(&skep->epoch, &skep->slots);
	CHECK_EQ(f->live, live);
	CHECK_EQ(skep->window.used, used);
	return !err;
}

int main(void)
{
	struct failing f = {.os = os_host, .left = INT64_MAX};
	struct skep_config config = {.ncpu = 2, .os = &f.os};
	struct map *keep; /* something in the slab that small values share, so that it stays */
	struct skep *skep;

	f.os.alloc = failing_alloc;
	f.os.free = failing_free;
	if (skep_base_create(&config, &skep) || map_create(skep, &maps[2], &keep))
		return EXIT_FAILURE;
	for (u32 i = 0; i < ARRAY_SIZE(maps); i++) {
		s64 n = 0;

		while (!try(skep, &f, &maps[i], n) && n < 100)
			n++;
		CHECK(n > 0 && n < 100);
		tap_end(map_type_by_id(maps[i].type)->name);
	}
	obj_put(&keep->obj);
	skep_base_free(skep);
	CHECK_EQ(f.live, 0);
	tap_end("all memory is given back");
	return tap_status();
}
