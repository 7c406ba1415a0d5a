/* Fifty thousand small maps at a time, of every type that may be small: time grows with their
 * number. */
#include <time.h>

#include "map/map.h"
#include "tests/tap.h"

enum { FEW = 3125, MANY = 50000 };

static const struct map_attr kinds[] = {
	{.type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 4},
	{.type = BPF_MAP_TYPE_HASH, .key_size = 4, .value_size = 8, .max_entries = 4},
	{.type = BPF_MAP_TYPE_PERCPU_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 4},
	{.type = BPF_MAP_TYPE_PERCPU_HASH, .key_size = 4, .value_size = 8, .max_entries = 4},
	{.type = BPF_MAP_TYPE_LRU_HASH, .key_size = 4, .value_size = 8, .max_entries = 4},
	{.type = BPF_MAP_TYPE_PROG_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 4},
};

static struct map *maps[MANY];

static u64 now(void)
{
	return os_host.clock_ns(&os_host, CLOCK_MONOTONIC);
}

/* Make, publish, use once and drop n maps, in ns each. */
static u64 time_of(struct skep *skep, const struct map_attr *attr, u32 n)
{
	static const u64 value[2] = {7, 7};
	const u32 key = 1;
	u64 start = now();
	u32 failed = 0;

	for (u32 i = 0; i < n; i++) {
		failed += map_create(skep, attr, &maps[i]) || obj_publish(&maps[i]->obj);
		if (attr->value_size == sizeof(value[0]))
			failed += !!map_user_update(maps[i], &key, value, BPF_ANY);
	}
	for (u32 i = 0; i < n; i++)
		obj_put(&maps[(i + n / 2) % n]->obj);
	CHECK_EQ(failed, 0);
	return (now() - start) / n;
}

int main(void)
{
	struct skep_config config = {.ncpu = 2};
	struct skep *skep;

	if (!CHECK(!skep_base_create(&config, &skep)))
		return EXIT_FAILURE;
	for (u32 i = 0; i < ARRAY_SIZE(kinds); i++) {
		u64 used = skep->window.used, few, many;

		few = time_of(skep, &kinds[i], FEW);
		many = time_of(skep, &kinds[i], MANY);
		printf("# %s: %u ns each of %d, %u ns each of %d\n",
		       map_type_by_id(kinds[i].type)->name, (u32)few, FEW, (u32)many, MANY);
		/* a list that is walked makes it sixteen times as long */
		CHECK(many < 6 * few);
		CHECK_EQ(skep->window.used, used);
		tap_end(map_type_by_id(kinds[i].type)->name);
	}
	skep_base_free(skep);
	return tap_status();
}
