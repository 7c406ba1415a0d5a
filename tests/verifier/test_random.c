/*
 * Random programs that a verifier has to think about (tests/lib/risky.h): what is accepted runs in
 * the checked interpreter without leaving its memory, with registers that lie in the states that
 * the verifier went through, and does the same as machine code.
 *
 * SKEP_PROGRAMS says how many, SKEP_SEED with which number they begin.
 */
#include <errno.h>

#include "interp/interp.h"
#include "jit/jit.h"
#include "sys/sys.h"
#include "tests/lib/duel.h"
#include "tests/lib/embed.h"
#include "tests/tap.h"

enum { INPUTS = 3, MAX_SHOWN = 10, DEFAULT_PROGRAMS = 100000 };

static struct risky program;
static struct embed embed;
static struct duel_side side;

static struct {
	u64 programs, accepted, not_yet, crowded, runs;
} count;

static u64 number_of(const char *name, u64 otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

/* engine_checked, whose programs run under `embed`. */
static prog_entry checked_entry;

static u64 watched_entry(void *ctx, struct run *run, const struct prog *self)
{
	return embed_run(&embed, ctx, run, self, checked_entry);
}

static int watched_compile(struct prog *prog)
{
	int err = engine_checked.compile(prog);

	checked_entry = prog->entry;
	prog->entry = watched_entry;
	return err;
}

static void watched_release(struct prog *prog)
{
	engine_checked.release(prog);
}

static const struct engine engine_watched = {"watched", watched_compile, watched_release};

static void complain(u64 seed, const char *what, const char *detail)
{
	printf("# the program with seed %llu: %s: %s\n", (unsigned long long)seed, what, detail);
}

/* 1: nothing to complain about. */
static int runs_well(u64 seed, int fast, int watched)
{
	static struct duel_outcome jit, checked;
	const char *where;

	for (u64 i = 0; i < INPUTS; i++) {
		duel_run(&side, &program, fast, seed * INPUTS + i, &jit);
		duel_run(&side, &program, watched, seed * INPUTS + i, &checked);
		count.runs++;
		if (embed.violation[0]) {
			complain(seed, "a register", embed.violation);
			return 0;
		}
		if (embed.steps.fault.text[0]) {
			complain(seed, "memory", embed.steps.fault.text);
			return 0;
		}
		where = program.leaks ? NULL : duel_difference(&jit, &checked);
		if (where) {
			complain(seed, "machine code and the interpreter differ", where);
			return 0;
		}
	}
	return 1;
}

/* It was accepted: load it again and watch. */
static int watch(u64 seed, int fast)
{
	int fd, ok;

	embed_forget(&embed);
	side.skep->verify_watch = &embed.watch;
	side.skep->engine = &engine_watched;
	fd = duel_load(&side, &program, NULL, 0);
	side.skep->verify_watch = NULL;
	side.skep->engine = &engine_jit;
	count.crowded += embed.overflow || fd == -E2BIG;
	if (fd == -E2BIG)
		return 1;
	if (fd < 0) {
		complain(seed, "refused", "when all numbers have to be exact");
		return 0;
	}
	ok = runs_well(seed, fast, fd);
	duel_unload(&side, fd);
	return ok;
}

static int is_sound(u64 seed)
{
	int fd, ok;

	risky_program(seed, &program);
	fd = duel_load(&side, &program, NULL, 0);
	count.programs++;
	count.not_yet += fd == -ENOTSUPP;
	if (fd < 0)
		return 1;
	count.accepted++;
	ok = watch(seed, fd);
	duel_unload(&side, fd);
	return ok;
}

static void accepted_programs_are_safe(void)
{
	u64 first = number_of("SKEP_SEED", 1), n = number_of("SKEP_PROGRAMS", DEFAULT_PROGRAMS);
	u32 bad = 0;

	for (u64 seed = first; seed < first + n && bad < MAX_SHOWN; seed++)
		bad += !is_sound(seed);
	CHECK_EQ(bad, 0);
	/* else nothing was shown */
	CHECK(count.accepted * 10 > count.programs * 3 && count.accepted * 10 < count.programs * 7);
	CHECK(count.crowded * 50 < count.accepted);
	printf("# figure %llu programs, %llu accepted (%.1f %%), %llu not covered yet, %llu with "
	       "too "
	       "many states to be watched; %llu runs, %llu instructions held against states, %u "
	       "violations\n",
	       (unsigned long long)count.programs, (unsigned long long)count.accepted,
	       100.0 * (double)count.accepted / (double)count.programs,
	       (unsigned long long)count.not_yet, (unsigned long long)count.crowded,
	       (unsigned long long)count.runs, (unsigned long long)embed.steps_checked, bad);
}

int main(void)
{
	const struct skep_config config = {.engine = &engine_jit, .ncpu = 1};
	struct skep *skep;

	if (sys_create(&config, &skep) || !embed_begin(&embed) || !duel_begin(&side, skep))
		return EXIT_FAILURE;
	TEST(accepted_programs_are_safe);
	duel_end(&side);
	embed_end(&embed);
	sys_free(skep);
	return tap_status();
}
