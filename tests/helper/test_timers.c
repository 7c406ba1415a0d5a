/*
 * What timers outlive and what ends them: users of the map, the program's fd, the instance; and who
 * enters their callbacks.  What Linux can be asked is asked of it too.
 */
#include <errno.h>
#include <time.h>

#include "interp/interp.h"
#include "jit/jit.h"
#include "skep/skep.h"
#include "sys/sys.h"
#include "tests/lib/both.h"
#include "tests/lib/linux_prog.h"
#include "tests/tap.h"

enum { SLEEPABLE = 16, FDS = 2, MS = 1000000 };

/* Starts the timer of element 0, or says why not; which counts in out[0], again each millisecond.
 */
static const char ticker[] = "r6 = map[t][0]+0\n"
			     "r1 = r6\n"
			     "r2 = map[t]\n"
			     "r3 = 1\n"
			     "call bpf_timer_init\n"
			     "if r0 != 0 goto end\n"
			     "r1 = r6\n"
			     "r2 = func[fired]\n"
			     "call bpf_timer_set_callback\n"
			     "if r0 != 0 goto end\n"
			     "r1 = r6\n"
			     "r2 = 1000000\n"
			     "r3 = 2\n" /* BPF_F_TIMER_CPU_PIN */
			     "call bpf_timer_start\n"
			     "r7 = r0\n"
			     "call bpf_get_smp_processor_id\n"
			     "r6 = map[out][0]+0\n"
			     "*(u64 *)(r6 +8) = r0\n"
			     "r0 = r7\n"
			     "end: exit\n"
			     "fired: r6 = map[out][0]+0\n"
			     "r1 = *(u64 *)(r6 +0)\n"
			     "r1 += 1\n"
			     "*(u64 *)(r6 +0) = r1\n"
			     "r7 = r3\n"
			     "call bpf_get_smp_processor_id\n"
			     "*(u64 *)(r6 +16) = r0\n"
			     "r1 = r7\n"
			     "r2 = 1000000\n"
			     "r3 = 2\n"
			     "call bpf_timer_start\n"
			     "r0 = 0\n"
			     "exit\n";

static struct both_prog prog = {
	.type = BPF_PROG_TYPE_SYSCALL,
	.flags = SLEEPABLE,
	.map = {{"t", BPF_MAP_TYPE_ARRAY, 4, 24, 1, BOTH_TIMER},
		{"out", BPF_MAP_TYPE_ARRAY, 4, 24, 1, BOTH_PLAIN}},
	.nr_maps = FDS,
};

/* A system with the ticker in it. */
struct place {
	struct skep *skep; /* NULL: Linux */
	int btf, map[FDS], fd;
};

static int set_up(struct place *p, struct skep *skep)
{
	static char log[8192];

	*p = (struct place){.skep = skep, .btf = both_btf(skep)};
	for (u32 i = 0; i < FDS; i++)
		p->map[i] = both_map(skep, p->btf, &prog.map[i]);
	p->fd = both_load(skep, &prog, p->btf, p->map, log);
	if (p->fd < 0)
		printf("# %s\n", log);
	return CHECK(p->fd >= 0);
}

static void close_fd(struct place *p, int *fd)
{
	both_close(p->skep, *fd);
	*fd = -1;
}

static void tear_down(struct place *p)
{
	for (u32 i = 0; i < FDS; i++)
		close_fd(p, &p->map[i]);
	close_fd(p, &p->fd);
	close_fd(p, &p->btf);
}

/* What the program returns. */
static int start(const struct place *p)
{
	static struct both_outcome out;

	both_test_run(p->skep, &prog, p->fd, &out);
	CHECK_EQ(out.run, 0);
	return (int)out.retval;
}

static u64 word_of(const struct place *p, u32 index)
{
	u64 value[3] = {0};
	u32 key = 0;
	union bpf_attr attr = {
		.map_fd = (u32)p->map[1], .key = ptr_to_u64(&key), .value = ptr_to_u64(value)};

	CHECK_EQ(both_bpf(p->skep, BPF_MAP_LOOKUP_ELEM, &attr), 0);
	return value[index];
}

static void sleep_ms(long ms)
{
	nanosleep(&(struct timespec){.tv_nsec = ms * MS}, NULL);
}

/* Does it tick on, within two seconds? */
static int ticks(const struct place *p)
{
	u64 before = word_of(p, 0);

	for (u32 i = 0; i < 1000; i++) {
		if (word_of(p, 0) > before + 2)
			return 1;
		sleep_ms(2);
	}
	return 0;
}

/* After what is under way has ended. */
static int is_silent(const struct place *p)
{
	u64 before;

	sleep_ms(20);
	before = word_of(p, 0);
	sleep_ms(30);
	return word_of(p, 0) == before;
}

static void ticks_until_the_map_is_closed(struct skep *skep)
{
	struct place p;

	if (!set_up(&p, skep))
		return;
	CHECK_EQ(start(&p), 0);
	CHECK(ticks(&p));
	CHECK_EQ(word_of(&p, 1), word_of(&p, 2));
	CHECK_EQ(start(&p), -EBUSY);
	close_fd(&p, &p.map[0]);
	CHECK(is_silent(&p));
	/* the program holds the map: that is not enough */
	CHECK_EQ(start(&p), -EPERM);
	tear_down(&p);
}

static void ticks_without_its_programs_fd(struct skep *skep)
{
	struct place p;

	if (!set_up(&p, skep))
		return;
	CHECK_EQ(start(&p), 0);
	close_fd(&p, &p.fd);
	CHECK(ticks(&p));
	tear_down(&p);
}

static void overwriting_ends_it(struct skep *skep)
{
	u64 value[3] = {0};
	u32 key = 0;
	struct place p;

	if (!set_up(&p, skep))
		return;
	CHECK_EQ(start(&p), 0);
	CHECK(ticks(&p));
	union bpf_attr attr = {
		.map_fd = (u32)p.map[0], .key = ptr_to_u64(&key), .value = ptr_to_u64(value)};
	CHECK_EQ(both_bpf(skep, BPF_MAP_UPDATE_ELEM, &attr), 0);
	CHECK(is_silent(&p));
	CHECK_EQ(start(&p), 0);
	CHECK(ticks(&p));
	tear_down(&p);
}

static void everywhere(void (*test)(struct skep *))
{
	static const struct engine *const engines[] = {&engine_jit, &engine_interp,
						       &engine_checked};

	if (linux_available())
		test(NULL);
	for (u32 i = 0; i < ARRAY_SIZE(engines); i++) {
		const struct skep_config config = {.engine = engines[i], .unproven = 1};
		struct skep *skep;
		if (!CHECK(!sys_create(&config, &skep)))
			return;
		test(skep);
		sys_free(skep);
	}
}

static void timers_need_users_of_their_map(void)
{
	everywhere(ticks_until_the_map_is_closed);
}

static void timers_hold_their_program(void)
{
	everywhere(ticks_without_its_programs_fd);
}

static void timers_end_with_their_value(void)
{
	everywhere(overwriting_ends_it);
}

/* The host asks when, waits as it likes, and enters callbacks itself. */
static void hosts_poll(void)
{
	const struct skep_opts opts = {.size = sizeof(opts), .unproven = 1, .polled = 1};
	struct skep *skep;
	uint64_t next = 0;
	struct place p;

	if (!CHECK(!skep_new(&opts, &skep)))
		return;
	CHECK_EQ(skep_poll(skep, &next), 0);
	CHECK(next == UINT64_MAX);
	if (set_up(&p, skep)) {
		CHECK_EQ(start(&p), 0);
		CHECK(is_silent(&p));
		CHECK_EQ(word_of(&p, 0), 0);
		CHECK_EQ(skep_poll(skep, &next), 1);
		CHECK_EQ(word_of(&p, 0), 1);
		CHECK(next <= MS);
		sleep_ms(5);
		CHECK_EQ(skep_poll(skep, NULL), 1);
		CHECK_EQ(word_of(&p, 0), 2);
		tear_down(&p);
		CHECK_EQ(skep_poll(skep, &next), 0);
		CHECK(next == UINT64_MAX);
	}
	skep_free(skep);
}

/* Freed with timers that tick. */
static void instances_end(void)
{
	const struct skep_opts opts = {.size = sizeof(opts), .unproven = 1};
	struct skep *skep;
	struct place p;

	if (!CHECK(!skep_new(&opts, &skep)))
		return;
	if (set_up(&p, skep)) {
		CHECK_EQ(start(&p), 0);
		CHECK(ticks(&p));
	}
	skep_free(skep);
}

int main(void)
{
	struct isa_code code;

	if (!both_assemble(&prog, ticker, &code))
		return EXIT_FAILURE;
	TEST(timers_need_users_of_their_map);
	TEST(timers_hold_their_program);
	TEST(timers_end_with_their_value);
	TEST(hosts_poll);
	TEST(instances_end);
	isa_asm_free(&os_host, &code);
	return tap_status();
}
