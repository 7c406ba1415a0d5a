/*
 * A program run from inside a helper of another run.  bpf_ktime_get_ns asks the machine for the
 * time, and the test is the machine: there it runs the next program.
 */
#include <errno.h>

#include "interp/interp.h"
#include "jit/jit.h"
#include "skep/skep.h"
#include "tests/lib/ask.h"
#include "tests/lib/failing.h"

enum { DEEPEST = 6 };

static struct {
	struct failing memory; /* and the clock */
	struct skep *skep;
	const struct engine *engine;
	prog_entry entry;        /* the engine's */
	const struct prog *prog; /* what the clock runs */
	const struct run *outer; /* the innermost run */
	u32 levels, level;       /* to go down; where we are */
	struct {
		u32 cpu, depth;
	} seen[DEEPEST + 1];
	int by_host; /* run as a host does, who knows of no outer run */
} nest;

static u32 run_inside(void)
{
	struct skep_packet packet = {.buf = (u8[64]){0}, .size = 64, .len = 64};
	struct run run;
	int err;

	if (nest.by_host) {
		err = skep_run_packet((struct skep_prog *)nest.prog, &packet);
	} else {
		run_begin(&run, nest.skep, nest.outer);
		err = prog_run_packets(nest.prog, &run, &packet, 1);
		run_end(&run);
	}
	CHECK_EQ(err, 0);
	return packet.verdict;
}

/* 1 at the bottom, and what the program inside made of it elsewhere. */
static u64 clock_that_runs(const struct os *os, int clock)
{
	(void)os, (void)clock;
	return nest.outer && nest.level <= nest.levels ? run_inside() : 1;
}

/* Every run passes here on its way in. */
static u64 noting_entry(void *ctx, struct run *run, const struct prog *self)
{
	const struct run *before = nest.outer;
	u64 value;

	nest.seen[nest.level].cpu = run->cpu;
	nest.seen[nest.level].depth = run->depth;
	nest.level++;
	nest.outer = run;
	value = nest.entry(ctx, run, self);
	nest.outer = before;
	nest.level--;
	return value;
}

static int noting_compile(struct prog *prog)
{
	int err = nest.engine->compile(prog);

	if (!err) {
		nest.entry = prog->entry;
		prog->entry = noting_entry;
	}
	return err;
}

static void noting_release(struct prog *prog)
{
	nest.engine->release(prog);
}

static const struct engine noting = {"noting", noting_compile, noting_release};

/* return 1 + (what the clock says) */
static const struct prog *load_recursive(long *fd)
{
	struct obj *obj = NULL;

	*fd = ASK_LOAD(OF_TYPE(BPF_PROG_TYPE_XDP), CALL(BPF_FUNC_ktime_get_ns), ADD_K(0, 1), EXIT);
	CHECK(*fd >= 0 && !sys_obj_by_fd(asked, (int)*fd, OBJ_PROG, &obj));
	return obj ? prog_of(obj) : NULL;
}

static void begin(u32 ncpu, u32 levels, long *fd)
{
	struct skep_config config = {.os = &nest.memory.os, .engine = &noting, .ncpu = ncpu};
	const struct engine *engine = nest.engine;

	memset(&nest, 0, sizeof(nest));
	nest.engine = engine;
	failing_init(&nest.memory);
	nest.memory.os.clock_ns = clock_that_runs;
	if (sys_create(&config, &nest.skep))
		abort();
	asked = nest.skep;
	nest.levels = levels;
	nest.prog = load_recursive(fd);
}

static void end(long fd)
{
	struct bpf_prog_info info = {0};

	CHECK_EQ(ASK(BPF_OBJ_GET_INFO_BY_FD, .info = {.bpf_fd = (u32)fd,
						      .info_len = sizeof(info),
						      .info = ptr_to_u64(&info)}),
		 0);
	/* as Linux: only what hooks enter is kept from entering itself */
	CHECK_EQ(info.recursion_misses, 0);
	obj_put((struct obj *)&nest.prog->obj);
	drop(fd);
	sys_free(nest.skep);
	CHECK_EQ(nest.memory.live, 0);
}

/* On the one CPU that there is, which the outer run owns. */
static void inner_runs_keep_the_slot(void)
{
	long fd;

	begin(1, DEEPEST - 1, &fd);
	CHECK_EQ(ask_run(fd), 1 + DEEPEST);
	for (u32 i = 0; i < DEEPEST; i++) {
		CHECK_EQ(nest.seen[i].cpu, 0);
		CHECK_EQ(nest.seen[i].depth, i);
	}
	CHECK_EQ(nest.skep->slots.slot[0].state, 0);
	end(fd);
}

/* Who does not say which run it is in gets a CPU of its own, while there are any. */
static void a_host_may_run_inside(void)
{
	long fd;

	begin(3, 2, &fd);
	nest.by_host = 1;
	CHECK_EQ(ask_run(fd), 4);
	for (u32 i = 0; i < 3; i++) {
		CHECK_EQ(nest.seen[i].depth, 0);
		for (u32 j = 0; j < i; j++)
			CHECK(nest.seen[i].cpu != nest.seen[j].cpu);
	}
	end(fd);
}

/* A map of the program's that goes while the run is inside is freed when the outermost has ended.
 */
static u32 freed;

static void count_free(struct obj *obj)
{
	freed++;
	os_free(obj->skep->os, obj);
}

static u64 clock_that_drops(const struct os *os, int clock)
{
	struct obj *obj;

	(void)clock;
	if (!nest.outer || nest.level > 2)
		return 1;
	obj = os_alloc(os, sizeof(*obj));
	obj_init(obj, nest.skep, OBJ_STATS, count_free);
	run_inside();
	obj_put(obj);
	epoch_reclaim(&nest.skep->epoch, &nest.skep->slots);
	CHECK_EQ(freed, 0);
	return 1;
}

static void what_goes_inside_waits_for_the_outermost(void)
{
	long fd;

	begin(2, 0, &fd);
	freed = 0;
	nest.memory.os.clock_ns = clock_that_drops;
	CHECK_EQ(ask_run(fd), 2);
	epoch_reclaim(&nest.skep->epoch, &nest.skep->slots);
	CHECK_EQ(freed, 2);
	end(fd);
}

int main(void)
{
	static const struct engine *const engines[] = {&engine_jit, &engine_interp,
						       &engine_checked};

	for (u32 i = 0; i < ARRAY_SIZE(engines); i++) {
		nest.engine = engines[i];
		printf("# with %s\n", nest.engine->name);
		TEST(inner_runs_keep_the_slot);
		TEST(a_host_may_run_inside);
		TEST(what_goes_inside_waits_for_the_outermost);
	}
	return tap_status();
}
