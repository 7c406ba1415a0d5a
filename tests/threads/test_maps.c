/*
 * Eight threads on one map, from programs and from user space.  Values are never torn, keys never
 * get another's value, and afterwards no element is lost: as many fit as before.
 */
#include <pthread.h>
#include <sys/mman.h>

#include "map/map.h"
#include "map/ringbuf.h"
#include "tests/tap.h"

enum { THREADS = 8, CPUS = 3, ROUNDS = 10000, KEYS = 96, ENTRIES = 64 };

/* Both words say which key they belong to, and agree on the rest. */
struct value {
	u64 a, b;
};

struct job {
	struct skep *skep;
	struct map *map;
	u64 seed;
	u32 wrong;
};

static u32 rnd(struct job *j, u32 below)
{
	j->seed ^= j->seed << 13;
	j->seed ^= j->seed >> 7;
	j->seed ^= j->seed << 17;
	return (u32)(j->seed >> 16) % below;
}

static struct value value_for(struct job *j, u32 key)
{
	u64 v = (u64)rnd(j, 1u << 30) << 32 | key;

	return (struct value){v, ~v};
}

static void check_value(struct job *j, u32 key, const struct value *v)
{
	if (v->a != ~v->b || (u32)v->a != key)
		j->wrong++;
}

static void from_user(struct job *j, u32 key)
{
	struct value v[CPUS], next;

	for (u32 i = 0; i < CPUS; i++)
		v[i] = value_for(j, key);
	switch (rnd(j, 5)) {
	case 0:
		map_user_update(j->map, &key, v, BPF_ANY);
		break;
	case 1:
		map_user_delete(j->map, &key);
		break;
	case 2:
		if (!map_user_lookup_and_delete(j->map, &key, v, 0) &&
		    j->map->type == BPF_MAP_TYPE_HASH)
			check_value(j, key, v);
		break;
	case 3:
		map_next_key(j->map, &key, &next);
		break;
	default:
		if (!map_user_lookup(j->map, &key, v, 0) && j->map->type == BPF_MAP_TYPE_HASH)
			check_value(j, key, v);
	}
}

static void from_program(struct job *j, u32 key)
{
	struct value v = value_for(j, key);
	struct run run;

	run_begin(&run, j->skep, NULL);
	for (u32 i = 0; i < 4; i++) {
		map_lookup(j->map, &key, &run);
		if (rnd(j, 2))
			map_update(j->map, &key, &v, rnd(j, 3), &run);
		else
			map_delete(j->map, &key);
	}
	run_end(&run);
}

static void *hammer(void *cookie)
{
	struct job *j = cookie;

	for (u32 i = 0; i < ROUNDS; i++) {
		if (rnd(j, 2))
			from_user(j, rnd(j, KEYS));
		else
			from_program(j, rnd(j, KEYS));
	}
	return NULL;
}

static u32 run_threads(struct job *jobs, void *(*fn)(void *))
{
	pthread_t thread[THREADS];
	u32 wrong = 0;

	for (u32 i = 0; i < THREADS; i++)
		if (pthread_create(&thread[i], NULL, fn, &jobs[i]))
			abort();
	for (u32 i = 0; i < THREADS; i++) {
		pthread_join(thread[i], NULL);
		wrong += jobs[i].wrong;
	}
	return wrong;
}

static void make_jobs(struct job *jobs, struct skep *skep, struct map *map)
{
	for (u32 i = 0; i < THREADS; i++)
		jobs[i] = (struct job){skep, map, 0x9e3779b97f4a7c15ull * (i + 1), 0};
}

static u32 fill(struct map *map)
{
	struct value v[CPUS] = {{0}};
	u32 fit = 0;

	for (u32 key = 0; key < KEYS; key++)
		map_user_delete(map, &key);
	for (u32 key = 1000; key < 1000 + 2 * KEYS; key++)
		fit += !map_user_update(map, &key, v, BPF_NOEXIST);
	return fit;
}

static void test_type(struct skep *skep, u32 type, u32 flags, const char *name)
{
	struct map_attr attr = {.type = type,
				.key_size = 4,
				.value_size = sizeof(struct value),
				.max_entries = ENTRIES,
				.flags = flags};
	struct job jobs[THREADS];
	struct map *map;

	if (CHECK(!map_create(skep, &attr, &map))) {
		make_jobs(jobs, skep, map);
		CHECK_EQ(run_threads(jobs, hammer), 0);
		if (type != BPF_MAP_TYPE_LRU_HASH)
			CHECK_EQ(fill(map), ENTRIES);
		else
			CHECK_EQ(fill(map), 2 * KEYS);
		obj_put(&map->obj);
	}
	tap_end(name);
}

/* Records say who wrote them and their number; the consumer sees each thread's in order. */
struct record {
	u32 thread, number;
	u64 padding[5];
};

enum { RECORDS = 10000 };

static void *produce(void *cookie)
{
	struct job *j = cookie;
	u32 me = (u32)j->seed;
	struct run run;

	for (u32 i = 0; i < RECORDS;) {
		struct record *r;

		run_begin(&run, j->skep, NULL);
		r = ringbuf_reserve(j->map, sizeof(*r) - (i & 7), 0);
		if (r) {
			r->thread = me;
			r->number = i++;
			ringbuf_commit(r, 0, i % 5 ? RINGBUF_SUBMIT : RINGBUF_DISCARD, &run);
		}
		run_end(&run);
	}
	return NULL;
}

struct consumer {
	struct map *map;
	_Atomic u32 *stop;
	u32 next[THREADS];
	u32 wrong, seen;
};

/* One record as libbpf reads it: 1 if there was one. */
static int consume_one(struct consumer *c, u8 *pages, u64 size)
{
	_Atomic u64 *read = (_Atomic u64 *)pages, *written = (_Atomic u64 *)(pages + 4096);
	u64 pos = atomic_load(read);
	_Atomic u32 *header = (_Atomic u32 *)(pages + 8192 + (pos & (size - 1)));
	const struct record *r = (const void *)(header + 2);
	u32 length;

	if (pos == atomic_load(written))
		return 0;
	length = atomic_load(header);
	if (length & BPF_RINGBUF_BUSY_BIT)
		return 0;
	if (!(length & BPF_RINGBUF_DISCARD_BIT)) {
		if (r->thread >= THREADS || r->number < c->next[r->thread])
			c->wrong++;
		else
			c->next[r->thread] = r->number + 1;
		c->seen++;
	}
	length &= ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
	atomic_store(read, pos + (length + 8 + 7) / 8 * 8);
	return 1;
}

static void *consume(void *cookie)
{
	struct consumer *c = cookie;
	u64 size = c->map->max_entries;
	u64 length = 8192 + 2 * size;
	u8 *pages = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, c->map->fd, 0);

	if (pages == MAP_FAILED)
		abort();
	while (!atomic_load(c->stop) || consume_one(c, pages, size))
		while (consume_one(c, pages, size))
			;
	munmap(pages, length);
	return NULL;
}

static void test_ringbuf(struct skep *skep)
{
	struct map_attr attr = {.type = BPF_MAP_TYPE_RINGBUF, .max_entries = 4096};
	struct consumer c = {0};
	struct job jobs[THREADS];
	_Atomic u32 stop = 0;
	pthread_t consumer;

	if (!CHECK(!map_create(skep, &attr, &c.map)))
		return;
	c.stop = &stop;
	make_jobs(jobs, skep, c.map);
	for (u32 i = 0; i < THREADS; i++)
		jobs[i].seed = i;
	if (pthread_create(&consumer, NULL, consume, &c))
		abort();
	run_threads(jobs, produce);
	atomic_store(&stop, 1);
	pthread_join(consumer, NULL);
	CHECK_EQ(c.wrong, 0);
	CHECK_EQ(c.seen, THREADS * (RECORDS - RECORDS / 5));
	obj_put(&c.map->obj);
	tap_end("ring buffer");
}

int main(void)
{
	struct skep_config config = {.ncpu = CPUS};
	struct skep *skep;

	if (skep_base_create(&config, &skep))
		return EXIT_FAILURE;
	test_type(skep, BPF_MAP_TYPE_HASH, 0, "hash");
	test_type(skep, BPF_MAP_TYPE_HASH, BPF_F_ZERO_SEED, "hash, zero seed");
	test_type(skep, BPF_MAP_TYPE_PERCPU_HASH, 0, "per-CPU hash");
	test_type(skep, BPF_MAP_TYPE_LRU_HASH, 0, "LRU hash");
	test_type(skep, BPF_MAP_TYPE_LRU_HASH, BPF_F_NO_COMMON_LRU, "LRU hash, pool a CPU");
	test_ringbuf(skep);
	skep_base_free(skep);
	return tap_status();
}
