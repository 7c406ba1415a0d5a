/* CPU slots and epochs under many threads: per-CPU data without locks, objects freed under runs. */
#include <pthread.h>
#include <stdatomic.h>

#include "base/skep.h"
#include "tests/tap.h"

enum { THREADS = 8, ROUNDS = 5000 };

struct shared {
	struct skep *skep;
	u64 percpu[8 * 16];
	struct cell *_Atomic current;
	_Atomic u32 freed;
};

struct cell {
	struct obj obj;
	struct shared *shared;
	u64 value;
};

static void cell_free(struct obj *obj)
{
	struct cell *cell = container_of(obj, struct cell, obj);

	cell->value = 0;
	atomic_fetch_add(&cell->shared->freed, 1);
	free(cell);
}

static struct cell *cell_new(struct shared *s)
{
	struct cell *cell = calloc(1, sizeof(*cell));

	obj_init(&cell->obj, s->skep, OBJ_MAP, cell_free);
	cell->shared = s;
	cell->value = 42;
	return cell;
}

static void *reader(void *arg)
{
	struct shared *s = arg;
	u64 bad = 0;

	for (int i = 0; i < ROUNDS; i++) {
		struct run run;

		run_begin(&run, s->skep, NULL);
		s->percpu[run.cpu * 16]++;
		bad += atomic_load(&s->current)->value != 42; /* no reference: the epoch holds it */
		run_end(&run);
	}
	return (void *)(uintptr_t)bad;
}

static void *writer(void *arg)
{
	struct shared *s = arg;

	for (int i = 0; i < ROUNDS; i++)
		obj_put(&atomic_exchange(&s->current, cell_new(s))->obj);
	return NULL;
}

static void readers_need_no_lock(void)
{
	struct skep_config config = {.ncpu = 3};
	static struct shared s;
	pthread_t thread[THREADS];
	u64 runs = 0, bad = 0;

	CHECK_EQ(skep_base_create(&config, &s.skep), 0);
	s.current = cell_new(&s);
	for (int i = 0; i < THREADS; i++)
		pthread_create(&thread[i], NULL, i ? reader : writer, &s);
	for (int i = 0; i < THREADS; i++) {
		void *result;

		pthread_join(thread[i], &result);
		bad += (u64)(uintptr_t)result;
	}
	for (u32 cpu = 0; cpu < 3; cpu++)
		runs += s.percpu[cpu * 16];
	CHECK_EQ(runs, (THREADS - 1) * ROUNDS);
	CHECK_EQ(bad, 0);
	obj_put(&s.current->obj);
	skep_base_free(s.skep);
	CHECK_EQ(s.freed, ROUNDS + 1);
}

int main(void)
{
	TEST(readers_need_no_lock);
	return tap_status();
}
