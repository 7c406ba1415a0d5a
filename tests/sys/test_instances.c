/* Two instances in one process are two systems: what is one's, the other does not know. */
#include <unistd.h>

#include "helper/trace.h"
#include "tests/lib/ask.h"

static struct skep *one, *two;

static void ask_of(struct skep *skep)
{
	asked = skep;
}

static long elem(int cmd, int fd, u32 key, u64 *value)
{
	return ASK(cmd, .map_fd = (u32)fd, .key = ptr_to_u64(&key), .value = ptr_to_u64(value));
}

static long next_id(int cmd)
{
	union bpf_attr attr = {0};
	long err = ask(cmd, &attr);

	return err ? err : (long)attr.next_id;
}

static void ids_are_their_own(void)
{
	int fd[2];

	ask_of(one);
	fd[0] = ask_map(BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0);
	ask_of(two);
	CHECK_EQ(next_id(BPF_MAP_GET_NEXT_ID), -ENOENT);
	CHECK_EQ(ASK(BPF_MAP_GET_FD_BY_ID, .map_id = 1), -ENOENT);
	fd[1] = ask_map(BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0);
	CHECK_EQ(next_id(BPF_MAP_GET_NEXT_ID), 1);
	drop(fd[1]);
	CHECK_EQ(next_id(BPF_MAP_GET_NEXT_ID), -ENOENT);
	ask_of(one);
	CHECK_EQ(next_id(BPF_MAP_GET_NEXT_ID), 1);
	drop(fd[0]);
}

/* An fd of the other's is open, and no object of ours: EINVAL, not EBADF. */
static void fds_are_not_the_others(void)
{
	u64 value = 1;
	u32 theirs_prog, theirs_map;
	int map, outer;
	long prog;

	ask_of(one);
	theirs_map = (u32)ask_map(BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0);
	theirs_prog = (u32)ASK_LOAD(OF_TYPE(BPF_PROG_TYPE_XDP), MOV_K(0, 2), EXIT);
	ask_of(two);
	map = ask_map(BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 1, 0);
	CHECK_EQ(elem(BPF_MAP_UPDATE_ELEM, (int)theirs_map, 0, &value), -EINVAL);
	CHECK_EQ(elem(BPF_MAP_LOOKUP_ELEM, (int)theirs_map, 0, &value), -EINVAL);
	CHECK_EQ(ask_run(theirs_prog), -EINVAL);
	value = theirs_prog;
	CHECK_EQ(elem(BPF_MAP_UPDATE_ELEM, map, 0, &value), -EINVAL);
	CHECK_EQ(ASK(BPF_OBJ_PIN, .pathname = ptr_to_u64("/sys/fs/bpf/x"), .bpf_fd = theirs_map),
		 -EINVAL);
	CHECK_EQ(ASK(BPF_MAP_CREATE, .map_type = BPF_MAP_TYPE_ARRAY_OF_MAPS, .key_size = 4,
		     .value_size = 4, .max_entries = 1, .inner_map_fd = theirs_map),
		 -EINVAL);
	CHECK_EQ(
		ASK_LOAD(OF_TYPE(BPF_PROG_TYPE_XDP), LD_MAP(1, (s32)theirs_map), MOV_K(0, 2), EXIT),
		-EINVAL);
	outer = ask_map(BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0);
	prog = ASK_LOAD(OF_TYPE(BPF_PROG_TYPE_XDP), LD_MAP(1, outer), MOV_K(0, 2), EXIT);
	CHECK_EQ(ask_run(prog), 2);
	drop(prog);
	drop(outer);
	drop(map);
	ask_of(one);
	CHECK_EQ(ask_run(theirs_prog), 2);
	drop(theirs_prog);
	drop(theirs_map);
}

static void values_and_pins_are_their_own(void)
{
	static const char path[] = "/sys/fs/bpf/skep_test_two";
	struct skep *both[] = {one, two};
	u64 value;
	int fd[2];

	for (u32 i = 0; i < 2; i++) {
		ask_of(both[i]);
		fd[i] = ask_map(BPF_MAP_TYPE_HASH, 4, 8, 1, 0);
		value = 100 + i;
		CHECK_EQ(elem(BPF_MAP_UPDATE_ELEM, fd[i], 7, &value), 0);
		CHECK_EQ(ASK(BPF_OBJ_GET, .pathname = ptr_to_u64(path)), -ENOENT);
		CHECK_EQ(ASK(BPF_OBJ_PIN, .pathname = ptr_to_u64(path), .bpf_fd = (u32)fd[i]), 0);
		drop(fd[i]);
	}
	for (u32 i = 0; i < 2; i++) {
		ask_of(both[i]);
		fd[i] = (int)ASK(BPF_OBJ_GET, .pathname = ptr_to_u64(path));
		CHECK_EQ(elem(BPF_MAP_LOOKUP_ELEM, fd[i], 7, &value), 0);
		CHECK_EQ(value, 100 + i);
	}
	CHECK_EQ(sys_unpin(one, path), 0);
	CHECK_EQ(sys_unpin(one, path), -ENOENT);
	CHECK_EQ(sys_unpin(two, path), 0);
	for (u32 i = 0; i < 2; i++) {
		ask_of(both[i]);
		drop(fd[i]);
		CHECK_EQ(next_id(BPF_MAP_GET_NEXT_ID), -ENOENT);
	}
}

/* bpf_trace_printk("Hi", 3) */
static void output_is_their_own(void)
{
	struct trace_line line;
	long prog;

	ask_of(one);
	prog = ASK_LOAD(OF_TYPE(BPF_PROG_TYPE_XDP), ST(BPF_W, 10, -4, 'H' | 'i' << 8), MOV_X(1, 10),
			ADD_K(1, -4), MOV_K(2, 3), CALL(BPF_FUNC_trace_printk), EXIT);
	CHECK_EQ(ask_run(prog), 2);
	CHECK_EQ(trace_read(two->trace, &line), 0);
	CHECK_EQ(trace_read(one->trace, &line), 1);
	CHECK(!strncmp(line.text, "Hi", 2));
	drop(prog);
}

/* BPF_ENABLE_STATS of one counts nothing in the other. */
static void stats_are_their_own(void)
{
	struct bpf_prog_info info = {0};
	long prog, stats;

	ask_of(two);
	stats = ASK(BPF_ENABLE_STATS, .enable_stats = {.type = BPF_STATS_RUN_TIME});
	ask_of(one);
	prog = ASK_LOAD(OF_TYPE(BPF_PROG_TYPE_XDP), MOV_K(0, 2), EXIT);
	CHECK_EQ(ask_run(prog), 2);
	CHECK_EQ(ASK(BPF_OBJ_GET_INFO_BY_FD, .info = {.bpf_fd = (u32)prog,
						      .info_len = sizeof(info),
						      .info = ptr_to_u64(&info)}),
		 0);
	CHECK_EQ(info.run_cnt, 0);
	drop(prog);
	ask_of(two);
	drop(stats);
}

/* One goes; the other does not notice. */
static void one_goes(void)
{
	u64 value = 5;
	int map;
	long prog;

	ask_of(two);
	map = ask_map(BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0);
	prog = ASK_LOAD(OF_TYPE(BPF_PROG_TYPE_XDP), MOV_K(0, 2), EXIT);
	sys_free(one);
	CHECK_EQ(elem(BPF_MAP_UPDATE_ELEM, map, 0, &value), 0);
	CHECK_EQ(ask_run(prog), 2);
	drop(prog);
	drop(map);
	sys_free(two);
}

/* More than the addresses that windows are taken from first have room for. */
static void there_may_be_many(void)
{
	struct skep *many[40];
	u32 n = 0;

	while (n < ARRAY_SIZE(many) && !sys_create(&(struct skep_config){0}, &many[n]))
		n++;
	CHECK_EQ(n, ARRAY_SIZE(many));
	for (u32 i = 0; i < n; i++) {
		u64 value = i, got = 0;
		int fd;

		ask_of(many[i]);
		fd = ask_map(BPF_MAP_TYPE_HASH, 4, 8, 100, 0);
		CHECK_EQ(elem(BPF_MAP_UPDATE_ELEM, fd, 1, &value), 0);
		CHECK_EQ(elem(BPF_MAP_LOOKUP_ELEM, fd, 1, &got), 0);
		CHECK_EQ(got, i);
		drop(fd);
	}
	while (n)
		sys_free(many[--n]);
}

int main(void)
{
	struct skep_config config = {.usercopy = &usercopy_checked};

	if (sys_create(&config, &one) || sys_create(&config, &two))
		return EXIT_FAILURE;
	TEST(ids_are_their_own);
	TEST(fds_are_not_the_others);
	TEST(values_and_pins_are_their_own);
	TEST(output_is_their_own);
	TEST(stats_are_their_own);
	TEST(there_may_be_many);
	TEST(one_goes);
	return tap_status();
}
