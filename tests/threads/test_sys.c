/*
 * One instance under eight threads, which make, load, run, look up, pin and close at once, each its
 * own objects and those that all share.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "skep/skep.h"
#include "tests/lib/ask.h"

enum { THREADS = 8, ROUNDS = 200, KEYS = 32 };

static struct {
	int map, array; /* a hash; a prog array */
	long caller;    /* tail calls through the array */
	struct skep_prog *counter;
	_Atomic u32 wrong, counted;
} shared;

/* What a thread finds out is wrong, once for all. */
#define WANT(cond)                                                                                 \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			printf("# %s:%d: %s\n", __FILE__, __LINE__, #cond);                        \
			atomic_fetch_add(&shared.wrong, 1);                                        \
		}                                                                                  \
	} while (0)

static long elem(int cmd, int fd, u32 key, void *value)
{
	return ASK(cmd, .map_fd = (u32)fd, .key = ptr_to_u64(&key), .value = ptr_to_u64(value));
}

/* ++*(u64 *)lookup(map, 0), in one step */
static long load_counter(int map)
{
	return ASK_LOAD(OF_TYPE(BPF_PROG_TYPE_XDP), ST(BPF_W, 10, -4, 0), MOV_X(2, 10),
			ADD_K(2, -4), LD_MAP(1, map), CALL(BPF_FUNC_map_lookup_elem),
			JEQ_K(0, 0, 2), MOV_K(1, 1),
			INSN(BPF_STX | BPF_ATOMIC | BPF_DW, 0, 1, 0, BPF_ADD), MOV_K(0, 2), EXIT);
}

/* A map, a program that counts in it, a pin of each; all away again. */
static void own_objects(u32 me, u32 round)
{
	u64 value = 0;
	u32 key = 0;
	char path[64];
	int map = ask_map(round % 2 ? BPF_MAP_TYPE_ARRAY : BPF_MAP_TYPE_HASH, 4, 8, 4, 0), again;
	long prog = load_counter(map);

	WANT(map >= 0 && prog >= 0);
	WANT(!elem(BPF_MAP_UPDATE_ELEM, map, key, &value));
	for (u32 i = 0; i < 3; i++)
		WANT(ask_run(prog) == 2);
	snprintf(path, sizeof(path), "/sys/fs/bpf/thread%u", me);
	WANT(!ASK(BPF_OBJ_PIN, .pathname = ptr_to_u64(path), .bpf_fd = (u32)map));
	drop(map);
	again = (int)ASK(BPF_OBJ_GET, .pathname = ptr_to_u64(path));
	WANT(again >= 0);
	WANT(!elem(BPF_MAP_LOOKUP_ELEM, again, key, &value));
	WANT(value == 3);
	WANT(!sys_unpin(asked, path));
	drop(again);
	drop(prog);
}

/* The hash that all write; the prog array whose entry comes and goes. */
static void shared_objects(u32 me, u32 round)
{
	u32 key = (me * 7 + round) % KEYS;
	u64 value = key * 3, next;
	u32 target;
	long ran;

	WANT(!elem(BPF_MAP_UPDATE_ELEM, shared.map, key, &value));
	if (!elem(BPF_MAP_LOOKUP_ELEM, shared.map, key, &value))
		WANT(value == key * 3);
	elem(BPF_MAP_GET_NEXT_KEY, shared.map, key, &next);
	if (round % 3 == 0)
		ASK(BPF_MAP_DELETE_ELEM, .map_fd = (u32)shared.map, .key = ptr_to_u64(&key));
	target = (u32)ASK_LOAD(OF_TYPE(BPF_PROG_TYPE_XDP), MOV_K(0, 7), EXIT);
	WANT(!elem(BPF_MAP_UPDATE_ELEM, shared.array, 0, &target));
	drop((int)target);
	ran = ask_run(shared.caller);
	WANT(ran == 7 || ran == 1);
	if (round % 2)
		ASK(BPF_MAP_DELETE_ELEM, .map_fd = (u32)shared.array, .key = ptr_to_u64(&(u32){0}));
}

/* Everything that has an id, by its id; it may be gone by then. */
static void walk(int next_cmd, int fd_cmd)
{
	union bpf_attr attr = {0};

	while (!ask(next_cmd, &attr)) {
		u32 id = attr.next_id;
		struct bpf_map_info info = {0};
		long fd = ASK(fd_cmd, .map_id = id);

		WANT(fd >= 0 || fd == -ENOENT);
		if (fd >= 0)
			WANT(!ASK(BPF_OBJ_GET_INFO_BY_FD, .info = {.bpf_fd = (u32)fd,
								   .info_len = 8,
								   .info = ptr_to_u64(&info)}) &&
			     info.id == id);
		drop(fd);
		attr = (union bpf_attr){.start_id = id};
	}
}

static void run_directly(void)
{
	unsigned char frame[64] = {0};
	struct skep_packet packet = {.buf = frame, .size = sizeof(frame), .len = sizeof(frame)};

	for (u32 i = 0; i < 20; i++) {
		WANT(!skep_run_packet(shared.counter, &packet) && packet.verdict == 2);
		atomic_fetch_add(&shared.counted, 1);
	}
}

static void *work(void *arg)
{
	u32 me = (u32)(uintptr_t)arg;

	for (u32 round = 0; round < ROUNDS; round++) {
		own_objects(me, round);
		shared_objects(me, round);
		run_directly();
		if (round % 8 == 0) {
			walk(BPF_MAP_GET_NEXT_ID, BPF_MAP_GET_FD_BY_ID);
			walk(BPF_PROG_GET_NEXT_ID, BPF_PROG_GET_FD_BY_ID);
		}
	}
	return NULL;
}

static void begin(int *counts)
{
	u64 zero = 0;
	long prog;

	shared.map = ask_map(BPF_MAP_TYPE_HASH, 4, 8, KEYS, 0);
	shared.array = ask_map(BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 1, 0);
	shared.caller = ASK_LOAD(OF_TYPE(BPF_PROG_TYPE_XDP), LD_MAP(2, shared.array), MOV_K(3, 0),
				 CALL(BPF_FUNC_tail_call), MOV_K(0, 1), EXIT);
	*counts = ask_map(BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0);
	CHECK_EQ(elem(BPF_MAP_UPDATE_ELEM, *counts, 0, &zero), 0);
	prog = load_counter(*counts);
	CHECK(shared.caller >= 0 && !skep_prog_get(asked, (int)prog, &shared.counter));
	drop(prog);
}

static void eight_threads_share_an_instance(void)
{
	pthread_t thread[THREADS];
	u64 count = 0;
	int counts;

	shared.wrong = shared.counted = 0;
	begin(&counts);
	for (u32 i = 0; i < THREADS; i++)
		pthread_create(&thread[i], NULL, work, (void *)(uintptr_t)i);
	for (u32 i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	CHECK_EQ(shared.wrong, 0);
	CHECK_EQ(elem(BPF_MAP_LOOKUP_ELEM, counts, 0, &count), 0);
	CHECK_EQ(count, shared.counted);
	skep_prog_put(shared.counter);
	drop(shared.caller);
	drop(shared.array);
	drop(shared.map);
	drop(counts);
	CHECK_EQ(ASK(BPF_MAP_GET_NEXT_ID, .start_id = 0), -ENOENT);
	CHECK_EQ(ASK(BPF_PROG_GET_NEXT_ID, .start_id = 0), -ENOENT);
}

int main(void)
{
	static const char *const names[] = {"JIT", "interpreter", "checked interpreter"};

	for (u32 engine = 0; engine < ARRAY_SIZE(names); engine++) {
		struct skep_opts opts = {.size = sizeof(opts), .engine = engine, .ncpu = 3};

		printf("# with the %s\n", names[engine]);
		if (skep_new(&opts, &asked))
			return EXIT_FAILURE;
		TEST(eight_threads_share_an_instance);
		skep_free(asked);
	}
	return tap_status();
}
