/* The base: ids, objects, epochs, slots, the window, logs, copies from callers. */
#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/skep.h"
#include "base/usercopy.h"
#include "tests/tap.h"

static struct skep *make(u32 ncpu)
{
	struct skep_config config = {.ncpu = ncpu};
	struct skep *skep = NULL;

	CHECK_EQ(skep_base_create(&config, &skep), 0);
	return skep;
}

struct thing {
	struct obj obj;
	int *freed;
};

static void thing_free(struct obj *obj)
{
	struct thing *t = container_of(obj, struct thing, obj);

	++*t->freed;
	free(t);
}

static struct thing *thing_new(struct skep *skep, int *freed)
{
	struct thing *t = calloc(1, sizeof(*t));

	obj_init(&t->obj, skep, OBJ_MAP, thing_free);
	t->freed = freed;
	CHECK_EQ(obj_publish(&t->obj), 0);
	return t;
}

static void ids_go_up_and_are_found(void)
{
	struct skep *skep = make(1);
	struct thing *t[100];
	int freed = 0;

	for (u32 i = 0; i < 100; i++) {
		t[i] = thing_new(skep, &freed);
		CHECK_EQ(t[i]->obj.id, i + 1);
	}
	for (u32 i = 0; i < 100; i += 2)
		obj_put(&t[i]->obj);
	CHECK_EQ(freed, 50);
	CHECK(!obj_by_id(skep, OBJ_MAP, 1));
	CHECK_EQ(obj_next_id(skep, OBJ_MAP, 0), 2);
	CHECK_EQ(obj_next_id(skep, OBJ_MAP, 2), 4);
	CHECK_EQ(obj_next_id(skep, OBJ_MAP, 100), 0);
	CHECK_EQ(obj_next_id(skep, OBJ_MAP, UINT32_MAX), 0);
	struct obj *o = obj_by_id(skep, OBJ_MAP, 2);

	CHECK(o == &t[1]->obj);
	obj_put(o);
	struct thing *fresh = thing_new(skep, &freed);

	CHECK_EQ(fresh->obj.id, 101); /* ids are not used again soon */
	obj_put(&fresh->obj);
	for (u32 i = 1; i < 100; i += 2)
		obj_put(&t[i]->obj);
	CHECK_EQ(freed, 101);
	skep_base_free(skep);
}

static int hold_any(void *object)
{
	return object != NULL;
}

/* Beside an array that says which are there, through all sizes of holes. */
static void ids_that_went_leave_no_trace(void)
{
	enum { COUNT = 3000 };
	static u8 there[COUNT + 1];
	struct ids ids;
	u32 id, bad = 0;

	ids_create(&ids);
	for (u32 i = 1; i <= COUNT; i++)
		there[i] = !ids_add(&ids, &os_host, &there[i], &id) && id == i;
	for (u32 i = 0; i < COUNT; i++) {
		u32 expect = i * 7919 % COUNT + 1, next = expect;

		ids_remove(&ids, expect);
		there[expect] = 0;
		bad += ids_find(&ids, expect, hold_any) != NULL;
		while (next <= COUNT && !there[next])
			next++;
		bad += ids_next(&ids, expect) != (next <= COUNT ? next : 0);
		bad += next <= COUNT && ids_find(&ids, next, hold_any) != &there[next];
	}
	CHECK_EQ(bad, 0);
	CHECK_EQ(ids_next(&ids, 0), 0);
	ids_destroy(&ids, &os_host);
}

static void freeing_waits_for_runs(void)
{
	struct skep *skep = make(2);
	struct run first, second;
	int freed = 0;

	run_begin(&first, skep, NULL);
	struct thing *t = thing_new(skep, &freed);

	obj_put(&t->obj);
	CHECK_EQ(freed, 0);
	run_begin(&second, skep, NULL); /* entered later: need not be waited for */
	CHECK(second.cpu != first.cpu);
	run_end(&first);
	epoch_reclaim(&skep->epoch, &skep->slots);
	CHECK_EQ(freed, 1);
	run_end(&second);
	skep_base_free(skep);
}

static void nested_runs_keep_the_slot(void)
{
	struct skep *skep = make(1);
	struct run outer, inner;

	run_begin(&outer, skep, NULL);
	run_begin(&inner, skep, &outer);
	CHECK(inner.slot == outer.slot);
	CHECK_EQ(inner.depth, 1);
	run_end(&inner);
	CHECK(atomic_load(&outer.slot->state) != 0);
	run_end(&outer);
	CHECK_EQ(atomic_load(&outer.slot->state), 0);
	skep_base_free(skep);
}

struct counting {
	struct skep *skep;
	u64 *percpu;
};

enum { ROUNDS = 20000 };

static void *count_up(void *arg)
{
	struct counting *c = arg;

	for (int i = 0; i < ROUNDS; i++) {
		struct run run;

		run_begin(&run, c->skep, NULL);
		c->percpu[run.cpu * 8]++; /* no atomics: the slot is ours alone */
		run_end(&run);
	}
	return NULL;
}

static void eight_threads_share_two_slots(void)
{
	struct skep *skep = make(2);
	u64 percpu[16] = {0};
	struct counting c = {skep, percpu};
	pthread_t thread[8];

	for (int i = 0; i < 8; i++)
		pthread_create(&thread[i], NULL, count_up, &c);
	for (int i = 0; i < 8; i++)
		pthread_join(thread[i], NULL);
	CHECK_EQ(percpu[0] + percpu[8], 8 * ROUNDS);
	skep_base_free(skep);
}

static void window_hands_out_zeroed_memory(void)
{
	struct skep *skep = make(1);
	struct window *w = &skep->window;
	u8 *p[200];

	for (int round = 0; round < 2; round++) {
		for (u32 i = 0; i < 200; i++) {
			u64 size = (u64)i * i + 1;

			p[i] = window_alloc(w, size);
			CHECK(p[i] && window_contains(w, ptr_to_u64(p[i])));
			CHECK_EQ(ptr_to_u64(p[i]) % CACHE_LINE, 0);
			CHECK(p[i][0] == 0 && !memcmp(p[i], p[i] + 1, size - 1)); /* all zero */
			memset(p[i], 0xaa, size);
		}
		for (u32 i = 0; i < 200; i++)
			window_free(w, p[i], (u64)i * i + 1);
		CHECK_EQ(w->used, 0);
	}
	CHECK(!window_alloc(w, w->size + 1));
	CHECK(!window_alloc(w, 0));
	skep_base_free(skep);
}

/* Random sizes in a random order: nothing overlaps, all is zero, and all comes back. */
static void window_survives_random_use(void)
{
	enum { LIVE = 500, STEPS = 20000 };
	static struct {
		u8 *at;
		u64 size;
		u8 mark;
	} live[LIVE];
	struct skep *skep = make(1);
	struct window *w = &skep->window;
	u64 state = 1;
	u32 bad = 0;

	for (u32 step = 0; step < STEPS; step++) {
		u32 i;
		u64 r;

		state = state * 6364136223846793005ull + 1442695040888963407ull;
		r = state >> 33;
		i = (u32)(r % LIVE);
		if (live[i].at) {
			bad += live[i].at[0] != live[i].mark ||
			       live[i].at[live[i].size - 1] != live[i].mark;
			window_free(w, live[i].at, live[i].size);
			live[i].at = NULL;
			continue;
		}
		live[i].size = 1 + (r >> 9) % (r & 256 ? 6000 : r & 512 ? 100 : 3 << 20);
		live[i].at = window_alloc(w, live[i].size);
		if (!CHECK(live[i].at != NULL))
			break;
		bad += live[i].at[0] || live[i].at[live[i].size - 1];
		live[i].mark = (u8)(1 + step % 255);
		live[i].at[0] = live[i].at[live[i].size - 1] = live[i].mark;
	}
	CHECK_EQ(bad, 0);
	for (u32 i = 0; i < LIVE; i++)
		window_free(w, live[i].at, live[i].size);
	CHECK_EQ(w->used, 0);
	CHECK(w->extents.first && !w->extents.first->after); /* in one piece again */
	skep_base_free(skep);
}

/* What the window's lists cost: time for n regions grows with n, not with its square. */
static u64 time_of(struct window *w, u32 n, u64 size, u8 **p)
{
	u64 start = os_host.clock_ns(&os_host, CLOCK_MONOTONIC);

	for (u32 i = 0; i < n; i++)
		p[i] = window_alloc(w, size);
	/* from the middle, so that neither end of a list is where it is found */
	for (u32 i = 0; i < n; i++)
		window_free(w, p[(i + n / 2) % n], size);
	return os_host.clock_ns(&os_host, CLOCK_MONOTONIC) - start;
}

static void window_takes_linear_time(void)
{
	enum { FEW = 3125, MANY = 50000 };
	static const u64 sizes[] = {64, 1000, 4096};
	static u8 *p[MANY];
	struct skep *skep = make(1);

	for (u32 i = 0; i < ARRAY_SIZE(sizes); i++) {
		u64 few = time_of(&skep->window, FEW, sizes[i], p);
		u64 many = time_of(&skep->window, MANY, sizes[i], p);

		printf("# %d of %u bytes: %u ns each, %d: %u ns each\n", FEW, (u32)sizes[i],
		       (u32)(few / FEW), MANY, (u32)(many / MANY));
		/* 16 times as many: 16 times as long, and 256 times when lists are walked */
		CHECK(many / 128 < few);
	}
	skep_base_free(skep);
}

static void a_file_can_be_mapped_twice(void)
{
	struct skep *skep = make(1);
	int fd = memfd_create("twice", 0);
	u8 *at;

	CHECK_EQ(ftruncate(fd, 4096), 0);
	at = window_reserve(&skep->window, 8192);
	CHECK_EQ(window_map_fd_at(&skep->window, at, fd, 4096, 0), 0);
	CHECK_EQ(window_map_fd_at(&skep->window, at + 4096, fd, 4096, 0), 0);
	at[5] = 42;
	CHECK_EQ(at[4096 + 5], 42);
	window_free(&skep->window, at, 8192);
	close(fd);
	skep_base_free(skep);
}

/* A clumsy log to compare with: everything, then cut. */
static void log_keeps_its_end(void)
{
	char all[5000], expect[5000];

	for (u32 size = 1; size < 300; size += 7) {
		struct log log;
		const char *text;
		u32 len, n = 0;

		log_init(&log, &os_host, LOG_LEVEL1, size);
		for (int i = 0; i < 40; i++) {
			log_printf(&log, "line %d\n", i);
			n += (u32)sprintf(all + n, "line %d\n", i);
		}
		CHECK_EQ(log_finish(&log, &text, &len), size < n + 1 ? -ENOSPC : 0);
		u32 keep = n < size - 1 ? n : size - 1;

		memcpy(expect, all + n - keep, keep);
		expect[keep] = 0;
		CHECK_EQ(len, keep + 1);
		CHECK(!strcmp(text, expect));
		CHECK_EQ(log.max, n + 1);
		log_free(&log);
	}
}

static void fixed_log_keeps_its_beginning(void)
{
	struct log log;
	const char *text;
	u32 len;

	log_init(&log, &os_host, LOG_LEVEL1 | LOG_FIXED, 8);
	log_printf(&log, "abcdef");
	log_printf(&log, "ghijkl");
	CHECK_EQ(log_finish(&log, &text, &len), -ENOSPC);
	CHECK(!strcmp(text, "abcdefg"));
	log_free(&log);
}

static void log_can_forget(void)
{
	struct log log;
	const char *text;
	u32 len;

	log_init(&log, &os_host, LOG_LEVEL1, 100);
	log_printf(&log, "kept;");
	u64 pos = log.end;

	log_printf(&log, "a path that was fine");
	log_reset(&log, pos);
	log_printf(&log, "end");
	CHECK_EQ(log_finish(&log, &text, &len), 0);
	CHECK(!strcmp(text, "kept;end"));
	log_free(&log);
}

static void copies_refuse_bad_addresses(void)
{
	static const struct usercopy *const kinds[] = {&usercopy_direct, &usercopy_checked};
	char good[8] = "abcdefg", to[8] = "";

	for (u32 i = 0; i < 2; i++) {
		struct skep_config config = {.ncpu = 1, .usercopy = kinds[i]};
		struct skep *skep;

		CHECK_EQ(skep_base_create(&config, &skep), 0);
		CHECK_EQ(user_read(skep, to, ptr_to_u64(good), 8), 0);
		CHECK(!strcmp(to, good));
		CHECK_EQ(user_read(skep, to, 0, 8), -EFAULT);
		CHECK_EQ(user_read(skep, to, 8, 8), -EFAULT);
		CHECK_EQ(user_read(skep, to, UINT64_MAX - 3, 8), -EFAULT);
		CHECK_EQ(user_write(skep, 0xffff888000000000ull, to, 8), -EFAULT);
		CHECK_EQ(user_read(skep, to, 0, 0), 0);
		skep_base_free(skep);
	}
}

int main(void)
{
	TEST(ids_go_up_and_are_found);
	TEST(ids_that_went_leave_no_trace);
	TEST(freeing_waits_for_runs);
	TEST(nested_runs_keep_the_slot);
	TEST(eight_threads_share_two_slots);
	TEST(window_hands_out_zeroed_memory);
	TEST(window_survives_random_use);
	TEST(window_takes_linear_time);
	TEST(a_file_can_be_mapped_twice);
	TEST(log_keeps_its_end);
	TEST(fixed_log_keeps_its_beginning);
	TEST(log_can_forget);
	TEST(copies_refuse_bad_addresses);
	return tap_status();
}
