/*
 * Random valid programs: the JIT returns what the interpreter returns, and leaves the same context.
 * SKEP_PROGRAMS says how many (100,000), SKEP_SEED with which number they begin.
 */
#include "interp/interp.h"
#include "jit/jit.h"
#include "tests/lib/gen.h"
#include "tests/lib/hand.h"
#include "tests/tap.h"

static struct skep *skep;
static struct gen_program program;
static struct fact facts[GEN_INSNS];
static u64 insns;

static u64 number_of(const char *name, u64 otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

/* Run it on a context made from the seed, which is left as the program leaves it: 0 or -1. */
static int run_on(const struct engine *engine, u64 seed, u8 *ctx, u64 *r0)
{
	struct run run = {0};
	struct prog prog;

	for (u32 i = 0; i < GEN_CTX / 8; i++) {
		u64 value = gen_value(&seed);

		memcpy(ctx + 8 * i, &value, 8);
	}
	gen_load(&prog, &program, skep, facts);
	if (engine->compile(&prog))
		return -1;
	run_begin(&run, skep, NULL);
	*r0 = prog.entry(ctx, &run, &prog);
	run_end(&run);
	engine->release(&prog);
	return 0;
}

static int agree(u64 seed)
{
	_Alignas(8) u8 want_ctx[GEN_CTX], got_ctx[GEN_CTX];
	u64 want, got;

	gen_program(seed, &program);
	insns += program.len;
	return !run_on(&engine_interp, seed, want_ctx, &want) &&
	       !run_on(&engine_jit, seed, got_ctx, &got) && want == got &&
	       !memcmp(want_ctx, got_ctx, GEN_CTX);
}

static void jit_agrees_with_interpreter(void)
{
	u64 first = number_of("SKEP_SEED", 1), count = number_of("SKEP_PROGRAMS", 100000);
	u32 different = 0;

	for (u64 seed = first; seed < first + count && different < 10; seed++) {
		if (agree(seed))
			continue;
		different++;
		printf("# they differ on the program with seed %llu\n", (unsigned long long)seed);
	}
	CHECK_EQ(different, 0);
	printf("# figure %llu random programs of %llu instructions, JIT and interpreter agree\n",
	       (unsigned long long)count, (unsigned long long)insns);
}

int main(void)
{
	struct skep_config config = {0};

	if (skep_base_create(&config, &skep))
		return EXIT_FAILURE;
	TEST(jit_agrees_with_interpreter);
	skep_base_free(skep);
	return tap_status();
}
