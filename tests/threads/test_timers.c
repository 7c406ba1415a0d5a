/*
 * Timers under eight threads that initialise, start, cancel, delete and overwrite them at once,
 * while callbacks do the same; maps and programs are closed, the instance is freed, with timers
 * still armed.
 */
#include <pthread.h>

#include "sys/sys.h"
#include "tests/lib/both.h"
#include "tests/tap.h"

enum { THREADS = 8, TURNS = 400, ROUNDS = 6, SLEEPABLE = 16, FDS = 2 };

/* One element, by chance: it may be made, started, cancelled, deleted, overwritten. */
static const char text[] = "call bpf_get_prandom_u32\n"
			   "r8 = r0\n"
			   "r0 &= 7\n"
			   "*(u32 *)(r10 -4) = r0\n"
			   "*(u64 *)(r10 -32) = 0\n"
			   "*(u64 *)(r10 -24) = 0\n"
			   "*(u64 *)(r10 -16) = 0\n"
			   "r1 = r8\n"
			   "r1 &= 256\n"
			   "if r1 == 0 goto keep\n"
			   "r1 = map[t]\n"
			   "r2 = r10\n"
			   "r2 += -4\n"
			   "r3 = r10\n"
			   "r3 += -32\n"
			   "r4 = 0\n"
			   "call bpf_map_update_elem\n"
			   "keep: r1 = map[t]\n"
			   "r2 = r10\n"
			   "r2 += -4\n"
			   "call bpf_map_lookup_elem\n"
			   "if r0 == 0 goto end\n"
			   "r6 = r0\n"
			   "r1 = r6\n"
			   "r2 = map[t]\n"
			   "r3 = 1\n"
			   "call bpf_timer_init\n"
			   "r1 = r6\n"
			   "r2 = func[fired]\n"
			   "call bpf_timer_set_callback\n"
			   "r1 = r6\n"
			   "r2 = r8\n"
			   "r2 &= 32767\n"
			   "r3 = 0\n"
			   "call bpf_timer_start\n"
			   "r1 = r8\n"
			   "r1 &= 1536\n"
			   "if r1 != 0 goto live\n"
			   "r1 = r6\n"
			   "call bpf_timer_cancel\n"
			   "live: r1 = r8\n"
			   "r1 &= 6144\n"
			   "if r1 != 0 goto end\n"
			   "r1 = map[t]\n"
			   "r2 = r10\n"
			   "r2 += -4\n"
			   "call bpf_map_delete_elem\n"
			   "end: r0 = 0\n"
			   "exit\n"
			   "fired: r6 = r3\n"
			   "r1 = map[out][0]+0\n"
			   "r2 = 1\n"
			   "lock *(u64 *)(r1 +0) += r2\n"
			   "call bpf_get_prandom_u32\n"
			   "r0 &= 3\n"
			   "if r0 == 0 goto gone\n"
			   "r1 = r6\n"
			   "r2 = 1000\n"
			   "r3 = 0\n"
			   "call bpf_timer_start\n"
			   "goto done\n"
			   "gone: r1 = r6\n"
			   "call bpf_timer_cancel\n"
			   "done: r0 = 0\n"
			   "exit\n";

static struct both_prog prog = {
	.type = BPF_PROG_TYPE_SYSCALL,
	.flags = SLEEPABLE,
	.map = {{"t", BPF_MAP_TYPE_HASH, 4, 24, 6, BOTH_TIMER},
		{"out", BPF_MAP_TYPE_ARRAY, 4, 8, 1, BOTH_PLAIN}},
	.nr_maps = FDS,
};

struct job {
	struct skep *skep;
	int fd, map;
	u32 number, wrong;
};

static void from_user(const struct job *j, u32 i)
{
	u64 value[3] = {0};
	u32 key = i & 7;
	union bpf_attr attr = {
		.map_fd = (u32)j->map, .key = ptr_to_u64(&key), .value = ptr_to_u64(value)};

	both_bpf(j->skep, i % 3 ? BPF_MAP_UPDATE_ELEM : BPF_MAP_DELETE_ELEM, &attr);
}

static void *work(void *cookie)
{
	struct job *j = cookie;

	for (u32 i = 0; i < TURNS; i++) {
		union bpf_attr attr = {.test = {.prog_fd = (u32)j->fd}};

		j->wrong += both_bpf(j->skep, BPF_PROG_TEST_RUN, &attr) != 0;
		if (i % 4 == 0)
			from_user(j, i + j->number);
	}
	return NULL;
}

static void run_threads(struct skep *skep, int fd, int map)
{
	struct job jobs[THREADS];
	pthread_t thread[THREADS];

	for (u32 i = 0; i < THREADS; i++) {
		jobs[i] = (struct job){skep, fd, map, i, 0};
		if (pthread_create(&thread[i], NULL, work, &jobs[i]))
			abort();
	}
	for (u32 i = 0; i < THREADS; i++) {
		pthread_join(thread[i], NULL);
		CHECK_EQ(jobs[i].wrong, 0);
	}
}

static u64 count(struct skep *skep, int map)
{
	u64 value = 0;
	u32 key = 0;
	union bpf_attr attr = {
		.map_fd = (u32)map, .key = ptr_to_u64(&key), .value = ptr_to_u64(&value)};

	CHECK_EQ(both_bpf(skep, BPF_MAP_LOOKUP_ELEM, &attr), 0);
	return value;
}

/* In the last round all is left to sys_free. */
static u64 round_of(struct skep *skep, int last)
{
	static char log[8192];
	int btf = both_btf(skep), map[FDS], fd;
	u64 fired;

	for (u32 i = 0; i < FDS; i++)
		map[i] = both_map(skep, btf, &prog.map[i]);
	fd = both_load(skep, &prog, btf, map, log);
	if (!CHECK(fd >= 0)) {
		printf("# %s\n", log);
		return 0;
	}
	run_threads(skep, fd, map[0]);
	fired = count(skep, map[1]);
	if (last)
		return fired;
	both_close(skep, fd);
	for (u32 i = 0; i < FDS; i++)
		both_close(skep, map[i]);
	both_close(skep, btf);
	return fired;
}

static void hammer(u32 type)
{
	const struct skep_config config = {.unproven = 1, .ncpu = 3};
	struct skep *skep;
	u64 fired = 0;

	prog.map[0].type = type;
	if (!CHECK(!sys_create(&config, &skep)))
		return;
	for (u32 i = 0; i < ROUNDS; i++)
		fired += round_of(skep, i == ROUNDS - 1);
	sys_free(skep);
	CHECK(fired > 0);
}

static void of_a_hash(void)
{
	hammer(BPF_MAP_TYPE_HASH);
}

static void of_an_lru_hash(void)
{
	hammer(BPF_MAP_TYPE_LRU_HASH);
}

int main(void)
{
	struct isa_code code;

	if (!both_assemble(&prog, text, &code))
		return EXIT_FAILURE;
	TEST(of_a_hash);
	TEST(of_an_lru_hash);
	isa_asm_free(&os_host, &code);
	return tap_status();
}
