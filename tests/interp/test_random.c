/*
 * Random valid programs: both interpreters return the same and leave the same context, and so does
 * Linux, which accepts every one.  SKEP_PROGRAMS says how many (20,000).
 */
#include <unistd.h>

#include "interp/interp.h"
#include "tests/lib/gen.h"
#include "tests/lib/hand.h"
#include "tests/lib/linux_prog.h"
#include "tests/tap.h"

enum { ON_LINUX = 2000 };

struct result {
	_Alignas(8) u8 ctx[GEN_CTX];
	u64 r0;
};

static struct skep *skep;
static struct gen_program program;
static struct fact facts[GEN_INSNS];

static void fill(struct result *result, u64 seed)
{
	for (u32 i = 0; i < GEN_CTX; i += 8) {
		u64 value = gen_value(&seed);

		memcpy(result->ctx + i, &value, 8);
	}
}

static int run_on(const struct engine *engine, struct result *result)
{
	struct prog prog;
	struct run run;
	int fault;

	gen_load(&prog, &program, skep, facts);
	prog.engine = engine;
	if (engine->compile(&prog))
		return -1;
	run_begin(&run, skep, NULL);
	run.ctx_size = GEN_CTX;
	result->r0 = prog.entry(result->ctx, &run, &prog);
	fault = (int)run.fault;
	run_end(&run);
	engine->release(&prog);
	return fault;
}

static int run_on_linux(struct result *result)
{
	int fd = linux_load(program.insns, program.len), err;
	u32 r0;

	if (fd < 0)
		return -1;
	err = linux_run(fd, result->ctx, GEN_CTX, &r0);
	result->r0 = r0;
	close(fd);
	return err;
}

static int same(const struct result *a, const struct result *b, u64 mask)
{
	return !((a->r0 ^ b->r0) & mask) && !memcmp(a->ctx, b->ctx, GEN_CTX);
}

static void test_interpreters(void)
{
	const char *number = getenv("SKEP_PROGRAMS");
	u64 count = number ? strtoull(number, NULL, 0) : 20000;
	u32 bad = 0;

	for (u64 seed = 1; seed <= count && bad < 5; seed++) {
		struct result fast, checked;

		gen_program(seed, &program);
		fill(&fast, seed);
		fill(&checked, seed);
		if (run_on(&engine_interp, &fast) || run_on(&engine_checked, &checked) ||
		    !same(&fast, &checked, -1ull)) {
			printf("# program %llu differs\n", (unsigned long long)seed);
			bad++;
		}
	}
	CHECK_EQ(bad, 0);
}

static void test_linux(void)
{
	u32 bad = 0;

	for (u64 seed = 1; seed <= ON_LINUX && bad < 5; seed++) {
		struct result ours, theirs;

		gen_program(seed, &program);
		fill(&ours, seed);
		fill(&theirs, seed);
		if (run_on(&engine_interp, &ours) || run_on_linux(&theirs) ||
		    !same(&ours, &theirs, UINT32_MAX)) {
			printf("# program %llu differs\n", (unsigned long long)seed);
			bad++;
		}
	}
	CHECK_EQ(bad, 0);
}

int main(void)
{
	struct skep_config config = {.ncpu = 2};

	if (skep_base_create(&config, &skep))
		return EXIT_FAILURE;
	TEST(test_interpreters);
	if (linux_available())
		TEST(test_linux);
	else
		tap_skip("test_linux", "this machine has no bpf()");
	skep_base_free(skep);
	return tap_status();
}
