/*
 * Every map type against a deliberately stupid model: a list.  Random operations, from programs and
 * from user space, with all flags, errors included.
 */
#include <errno.h>

#include "map/key.h"
#include "map/map.h"
#include "map/table.h"
#include "tests/tap.h"

enum { OPS = 30000, CPUS = 3, KEYS_MAX = 600, KEY_MAX = 24, VALUE_MAX = 128 };

struct config {
	const char *name;
	struct map_attr attr;
	u32 keys; /* how many different keys are used */
};

/* What should be in the map.  Values are as user space sees them: all CPUs. */
struct model {
	struct map *map;
	const struct config *c;
	u8 key[KEYS_MAX][KEY_MAX];
	u8 value[KEYS_MAX][VALUE_MAX];
	u8 there[KEYS_MAX];
	u32 count;
	u32 value_size;
};

static u64 seed = 88172645463325252ull;

static u32 rnd(u32 below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (u32)(seed >> 16) % below;
}

static void rnd_fill(u8 *at, u32 n)
{
	while (n--)
		*at++ = (u8)rnd(256);
}

static int is_array(const struct model *m)
{
	return m->c->attr.type == BPF_MAP_TYPE_ARRAY ||
	       m->c->attr.type == BPF_MAP_TYPE_PERCPU_ARRAY;
}

static int is_percpu(const struct model *m)
{
	return m->c->attr.type == BPF_MAP_TYPE_PERCPU_HASH ||
	       m->c->attr.type == BPF_MAP_TYPE_PERCPU_ARRAY;
}

static int is_lru(const struct model *m)
{
	return m->c->attr.type == BPF_MAP_TYPE_LRU_HASH;
}

/* Keys that all land in one group, so that it overflows. */
static u32 colliding_key(u32 after)
{
	u32 key = after;

	do
		key++;
	while (key_hash_linux(&key, sizeof(key)) & 0xff);
	return key;
}

static void make_keys(struct model *m)
{
	u32 collide = 0;

	for (u32 i = 0; i < m->c->keys; i++) {
		if (is_array(m)) {
			memcpy(m->key[i], &i, sizeof(i));
			continue;
		}
		rnd_fill(m->key[i], KEY_MAX);
		memcpy(m->key[i], &i, m->c->attr.key_size < 4 ? m->c->attr.key_size : 4);
		if (m->c->attr.flags & BPF_F_ZERO_SEED) {
			collide = colliding_key(collide);
			memcpy(m->key[i], &collide, sizeof(collide));
		}
	}
}

static long expect_update(const struct model *m, u32 i, u64 flags)
{
	if (flags > BPF_EXIST)
		return -EINVAL;
	if (is_array(m))
		return i >= m->c->attr.max_entries ? -E2BIG : flags == BPF_NOEXIST ? -EEXIST : 0;
	if (m->there[i] && flags == BPF_NOEXIST)
		return -EEXIST;
	if (!m->there[i] && flags == BPF_EXIST)
		return -ENOENT;
	return !m->there[i] && !is_lru(m) && m->count == m->c->attr.max_entries ? -E2BIG : 0;
}

static void note(struct model *m, u32 i, const u8 *value)
{
	m->count += !m->there[i];
	m->there[i] = 1;
	memcpy(m->value[i], value, m->value_size);
}

static void forget(struct model *m, u32 i)
{
	m->count -= m->there[i];
	m->there[i] = 0;
}

/* An LRU may have dropped anything: see what is still there.  1 if the key's value is right. */
static int refresh(struct model *m, u32 i)
{
	u8 value[VALUE_MAX];

	if (!is_lru(m) || !m->there[i])
		return 1;
	if (map_user_lookup(m->map, m->key[i], value, 0)) {
		forget(m, i);
		return 1;
	}
	return !memcmp(value, m->value[i], m->value_size);
}

/*
 * Making room comes before looking, so an LRU may have evicted the very key that is updated, as
 * Linux's may.
 */
static void judge(struct model *m, u32 i, u64 flags, long got, const u8 *value)
{
	long want = expect_update(m, i, flags);

	if (is_lru(m) && got != want) {
		forget(m, i);
		want = expect_update(m, i, flags);
	}
	CHECK_EQ(got, want);
	if (!got)
		note(m, i, value);
}

static void op_user_update(struct model *m, u32 i)
{
	static const u64 flags[] = {BPF_ANY, BPF_ANY, BPF_NOEXIST, BPF_EXIST, 3, 1ull << 40};
	u64 f = flags[rnd(ARRAY_SIZE(flags))];
	u8 value[VALUE_MAX];

	rnd_fill(value, m->value_size);
	judge(m, i, f, map_user_update(m->map, m->key[i], value, f), value);
}

static void op_update(struct model *m, u32 i, struct run *run)
{
	u64 f = rnd(3);
	u8 value[VALUE_MAX], all[VALUE_MAX] = {0};
	u32 stride = m->value_size / CPUS;

	rnd_fill(value, VALUE_MAX);
	if (!is_percpu(m)) {
		memcpy(all, value, m->value_size);
	} else {
		if (m->there[i])
			memcpy(all, m->value[i], m->value_size);
		memcpy(all + run->cpu * stride, value, m->c->attr.value_size);
	}
	judge(m, i, f, map_update(m->map, m->key[i], value, f, run), all);
}

static void op_lookup(struct model *m, u32 i, struct run *run)
{
	const u8 *at = map_lookup(m->map, m->key[i], run), *want = m->value[i];

	if (is_percpu(m))
		want += run->cpu * (m->value_size / CPUS);
	if (!CHECK(!at == !m->there[i]) || !at)
		return;
	CHECK(!memcmp(at, want, m->c->attr.value_size));
	CHECK(map_contains(m->map, ptr_to_u64(at), m->c->attr.value_size));
	CHECK(!map_contains(m->map, ptr_to_u64(at), m->c->attr.value_size + 1));
}

static void op_user_lookup(struct model *m, u32 i)
{
	u8 value[VALUE_MAX];
	int err = map_user_lookup(m->map, m->key[i], value, 0);

	CHECK_EQ(err, m->there[i] ? 0 : -ENOENT);
	if (!err)
		CHECK(!memcmp(value, m->value[i], m->value_size));
	CHECK_EQ(map_user_lookup(m->map, m->key[i], value, BPF_F_LOCK), -EINVAL);
	CHECK_EQ(map_user_lookup(m->map, m->key[i], value, 8), -EINVAL);
}

static void op_delete(struct model *m, u32 i)
{
	u8 value[VALUE_MAX];
	int want = is_array(m) ? -EINVAL : m->there[i] ? 0 : -ENOENT;

	if (rnd(3)) {
		CHECK_EQ(rnd(2) ? map_user_delete(m->map, m->key[i])
				: map_delete(m->map, m->key[i]),
			 want);
	} else {
		CHECK_EQ(map_user_lookup_and_delete(m->map, m->key[i], value, 0),
			 is_array(m) ? -ENOTSUPP : want);
		if (!want)
			CHECK(!memcmp(value, m->value[i], m->value_size));
	}
	if (!is_array(m))
		forget(m, i);
}

static int index_of(const struct model *m, const u8 *key)
{
	for (u32 i = 0; i < m->c->keys; i++)
		if (!memcmp(m->key[i], key, m->c->attr.key_size))
			return (int)i;
	return -1;
}

/* Walking meets every key once. */
static void op_walk(struct model *m)
{
	u8 seen[KEYS_MAX] = {0}, key[KEY_MAX], next[KEY_MAX];
	u32 count = 0;

	for (u8 *at = NULL; !map_next_key(m->map, at, next); at = key) {
		int i = index_of(m, next);

		if (!CHECK(i >= 0) || !CHECK(m->there[i]) || !CHECK(!seen[i]))
			return;
		seen[i] = 1;
		count++;
		memcpy(key, next, sizeof(key));
	}
	CHECK_EQ(count, m->count);
}

static void step(struct model *m, struct run *run)
{
	u32 i = rnd(m->c->keys);

	CHECK(refresh(m, i));
	switch (rnd(6)) {
	case 0:
		op_user_update(m, i);
		break;
	case 1:
		op_update(m, i, run);
		break;
	case 2:
		op_lookup(m, i, run);
		break;
	case 3:
		op_user_lookup(m, i);
		break;
	default:
		op_delete(m, i);
	}
	if (!rnd(200)) {
		for (u32 k = 0; k < m->c->keys; k++)
			CHECK(refresh(m, k));
		op_walk(m);
	}
}

/* What is left is exactly max_entries of room: no element was lost on the way. */
static void check_room(struct model *m)
{
	u8 value[VALUE_MAX] = {0};
	u32 fit = 0;

	if (is_array(m) || is_lru(m))
		return;
	for (u32 i = 0; i < m->c->keys; i++)
		map_user_delete(m->map, m->key[i]);
	for (u32 i = 0; i < m->c->keys; i++)
		fit += !map_user_update(m->map, m->key[i], value, BPF_NOEXIST);
	CHECK_EQ(fit, m->c->attr.max_entries);
}

static void check(struct skep *skep, const struct config *c)
{
	struct model *m = calloc(1, sizeof(*m));
	struct run run;

	m->c = c;
	if (!CHECK(!map_create(skep, &c->attr, &m->map)))
		goto out;
	m->value_size = map_user_value_size(m->map);
	make_keys(m);
	if (is_array(m)) {
		memset(m->there, 1, c->attr.max_entries);
		m->count = c->attr.max_entries;
	}
	run_begin(&run, skep, NULL);
	for (u32 i = 0; i < OPS && !tap_bad; i++)
		step(m, &run);
	check_room(m);
	run_end(&run);
	obj_put(&m->map->obj);
out:
	free(m);
	tap_end(c->name);
}

#define CONFIG(kind, key, value, max, bits, n)                                                     \
	{                                                                                          \
#kind " " #key " " #value " " #max " " #bits, {.type = BPF_MAP_TYPE_##kind,        \
							      .key_size = key,                     \
							      .value_size = value,                 \
							      .max_entries = max,                  \
							      .flags = bits },                     \
							      n                                    \
	}

static const struct config configs[] = {
	CONFIG(ARRAY, 4, 1, 7, 0, 12),
	CONFIG(ARRAY, 4, 100, 300, BPF_F_MMAPABLE, 310),
	CONFIG(PERCPU_ARRAY, 4, 8, 5, 0, 9),
	CONFIG(PERCPU_ARRAY, 4, 24, 100, 0, 101),
	CONFIG(HASH, 4, 8, 1, 0, 5),
	CONFIG(HASH, 4, 8, 2, BPF_F_NO_PREALLOC, 5),
	CONFIG(HASH, 4, 4, 100, 0, 200),
	CONFIG(HASH, 8, 64, 128, 0, 200),
	CONFIG(HASH, 16, 8, 300, 0, 500),
	CONFIG(HASH, 3, 1, 50, 0, 100),
	CONFIG(HASH, 24, 100, 200, 0, 300),
	CONFIG(HASH, 4, 8, 256, BPF_F_ZERO_SEED, 300),
	CONFIG(HASH, 13, 8, 64, BPF_F_ZERO_SEED, 100),
	CONFIG(PERCPU_HASH, 4, 8, 64, 0, 100),
	CONFIG(PERCPU_HASH, 12, 16, 3, BPF_F_NO_PREALLOC, 10),
	CONFIG(PERCPU_HASH, 4, 8, 256, BPF_F_ZERO_SEED, 300),
	CONFIG(LRU_HASH, 4, 8, 64, 0, 300),
	CONFIG(LRU_HASH, 8, 32, 1, 0, 4),
	CONFIG(LRU_HASH, 4, 8, 100, BPF_F_NO_COMMON_LRU, 300),
	CONFIG(LRU_HASH, 4, 8, 256, BPF_F_ZERO_SEED, 400),
};

int main(void)
{
	struct skep_config config = {.ncpu = CPUS};
	struct skep *skep;

	if (skep_base_create(&config, &skep))
		return EXIT_FAILURE;
	for (u32 i = 0; i < ARRAY_SIZE(configs); i++)
		check(skep, &configs[i]);
	skep_base_free(skep);
	return tap_status();
}
