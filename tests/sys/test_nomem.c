/*
 * Every command that makes something, with the n-th allocation failing, for every n: -ENOMEM, and
 * the instance is as it was: no memory, no fd, no id more; and works.
 */
#include <fcntl.h>

#include "map/map.h"
#include "tests/btf/sample.h"
#include "tests/lib/ask.h"
#include "tests/lib/failing.h"

enum { TRIES = 400 };

static struct failing memory;
static int map, array, prog_fd;

static int next_free_fd(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	close(fd);
	return fd;
}

/* An fd, 0 or -errno; what was made without an fd is undone by `undo`. */
typedef long (*attempt)(void);

static long count_ids(int cmd)
{
	union bpf_attr attr = {0};
	long n = 0;

	while (!ask(cmd, &attr)) {
		attr = (union bpf_attr){.start_id = attr.next_id};
		n++;
	}
	return n;
}

static long ids(void)
{
	return count_ids(BPF_MAP_GET_NEXT_ID) + count_ids(BPF_PROG_GET_NEXT_ID) +
	       count_ids(BPF_LINK_GET_NEXT_ID) + count_ids(BPF_BTF_GET_NEXT_ID);
}

/* With n allocations: 1 once it succeeds. */
static int try_once(attempt make, void (*undo)(void), s64 n)
{
	long objects = ids(), ret;
	int fd = next_free_fd();

	memory.left = n;
	ret = make();
	memory.left = INT64_MAX;
	if (ret > 0)
		drop(ret);
	if (ret >= 0 && undo)
		undo();
	if (ret < 0)
		CHECK_EQ(ret, -ENOMEM);
	CHECK_EQ(ids(), objects);
	epoch_reclaim(&asked->epoch, &asked->slots);
	CHECK_EQ(next_free_fd(), fd);
	return ret >= 0;
}

/* The first may leave behind what the next will use (a point to attach to); no more comes. */
static int try(attempt make, void (*undo)(void), s64 n)
{
	int done = try_once(make, undo, n);
	s64 live = memory.live;

	try_once(make, undo, n);
	CHECK_EQ(memory.live, live);
	return done;
}

static void every(const char *name, attempt make, void (*undo)(void))
{
	s64 n = 0;

	while (n < TRIES && !try(make, undo, n) && !tap_bad)
		n++;
	CHECK(n > 0 && n < TRIES);
	CHECK(try(make, undo, INT64_MAX));
	printf("# %s: %lld allocations\n", name, (long long)n);
	tap_end(name);
}

/* -- what is made -- */

static u32 map_type;

static long make_map(void)
{
	union bpf_attr attr = {.map_type = map_type,
			       .key_size = 4,
			       .value_size = 4,
			       .max_entries = 8,
			       .inner_map_fd = (u32)map};

	if (map_type == BPF_MAP_TYPE_RINGBUF) {
		attr.key_size = attr.value_size = 0;
		attr.max_entries = 4096;
	}
	return ask(BPF_MAP_CREATE, &attr);
}

static u8 btf_data[8192];
static u32 btf_size;
static int btf;

static long load_btf(void)
{
	return ASK(BPF_BTF_LOAD, .btf = ptr_to_u64(btf_data), .btf_size = btf_size);
}

static long make_map_with_lock(void)
{
	return ASK(BPF_MAP_CREATE, .map_type = BPF_MAP_TYPE_HASH, .key_size = 4, .value_size = 8,
		   .max_entries = 8, .btf_fd = (u32)btf, .btf_key_type_id = SAMPLE_INT,
		   .btf_value_type_id = SAMPLE_LOCKED);
}

/* A subprogram, a callback, two maps, func_info, line_info, a log. */
static long load_prog(void)
{
	static char log[4096];
	static const struct bpf_func_info func_info[] = {{0, 31}, {15, 31}, {17, 31}};
	static const struct bpf_line_info line_info[] = {
		{0, 1, 1, 1 << 10}, {15, 1, 1, 2 << 10}, {17, 1, 1, 3 << 10}};
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_SCHED_CLS,
		.log_level = 2,
		.log_buf = ptr_to_u64(log),
		.log_size = sizeof(log),
		.prog_btf_fd = (u32)btf,
		.func_info = ptr_to_u64(func_info),
		.func_info_cnt = 3,
		.func_info_rec_size = sizeof(func_info[0]),
		.line_info = ptr_to_u64(line_info),
		.line_info_cnt = 3,
		.line_info_rec_size = sizeof(line_info[0]),
	};

	return ASK_LOAD(attr, MOV_X(6, 1), LD_MAP(1, map), CALL_SUB(11), MOV_K(1, 3),
			LD_FUNC(2, 11), MOV_K(3, 0), MOV_K(4, 0), CALL(BPF_FUNC_loop), MOV_X(1, 6),
			LD_MAP(2, array), MOV_K(0, 0), EXIT, MOV_K(0, 0), EXIT, MOV_K(0, 0), EXIT);
}

static long create_link(void)
{
	return ASK(BPF_LINK_CREATE, .link_create = {.prog_fd = (u32)prog_fd,
						    .target_ifindex = 1,
						    .attach_type = BPF_TCX_INGRESS});
}

static long attach_prog(void)
{
	return ASK(BPF_PROG_ATTACH, .target_ifindex = 1, .attach_bpf_fd = (u32)prog_fd,
		   .attach_type = BPF_TCX_EGRESS);
}

static void detach_prog(void)
{
	CHECK_EQ(ASK(BPF_PROG_DETACH, .target_ifindex = 1, .attach_bpf_fd = (u32)prog_fd,
		     .attach_type = BPF_TCX_EGRESS),
		 0);
}

static const char path[] = "/sys/fs/bpf/skep_nomem";

static long pin(void)
{
	return ASK(BPF_OBJ_PIN, .pathname = ptr_to_u64(path), .bpf_fd = (u32)prog_fd);
}

static void unpin(void)
{
	CHECK_EQ(sys_unpin(asked, path), 0);
}

static long test_run(void)
{
	static const u8 packet[64];
	static u8 out[128];
	struct __sk_buff ctx = {.mark = 1};
	union bpf_attr attr = {.test = {.prog_fd = (u32)prog_fd,
					.data_in = ptr_to_u64(packet),
					.data_size_in = sizeof(packet),
					.data_out = ptr_to_u64(out),
					.data_size_out = sizeof(out),
					.ctx_in = ptr_to_u64(&ctx),
					.ctx_size_in = sizeof(ctx),
					.ctx_out = ptr_to_u64(&ctx),
					.ctx_size_out = sizeof(ctx)}};

	return ask(BPF_PROG_TEST_RUN, &attr);
}

static long enable_stats(void)
{
	return ASK(BPF_ENABLE_STATS, .enable_stats = {.type = BPF_STATS_RUN_TIME});
}

static long bind_map(void)
{
	/* what it is bound to goes with it */
	long fd = load_prog(), err;

	if (fd < 0)
		return fd;
	err = ASK(BPF_PROG_BIND_MAP, .prog_bind_map = {.prog_fd = (u32)fd, .map_fd = (u32)array});
	if (!err)
		err = ask_run(fd);
	drop(fd);
	return err;
}

static long lookup_large(void)
{
	static u8 value[1024];
	u32 key = 0;
	long fd = ask_map(BPF_MAP_TYPE_ARRAY, 4, sizeof(value), 1, 0), err;

	if (fd < 0)
		return fd;
	err = ASK(BPF_MAP_LOOKUP_ELEM, .map_fd = (u32)fd, .key = ptr_to_u64(&key),
		  .value = ptr_to_u64(value));
	drop(fd);
	return err;
}

/* -- instances -- */

static void instances(void)
{
	struct skep_config config = {.os = &memory.os, .ncpu = 2};
	struct skep *skep;
	int err = -ENOMEM, fd = next_free_fd();
	s64 n;

	for (n = 0; err && n < TRIES; n++) {
		memory.left = n;
		err = sys_create(&config, &skep);
		memory.left = INT64_MAX;
		CHECK(!err || err == -ENOMEM);
		if (err)
			CHECK_EQ(memory.live, 0);
		CHECK_EQ(next_free_fd(), fd);
	}
	CHECK(n > 1 && n < TRIES);
	if (!err)
		sys_free(skep);
	CHECK_EQ(memory.live, 0);
}

static void objects(void)
{
	char name[64];

	for (map_type = 1; map_type < __MAX_BPF_MAP_TYPE; map_type++) {
		const struct map_type *type = map_type_by_id(map_type);
		long fd = make_map();

		if (fd < 0) /* not a type that is made so */
			continue;
		drop(fd);
		snprintf(name, sizeof(name), "BPF_MAP_CREATE, %s", type->name);
		every(name, make_map, NULL);
	}
	every("BPF_MAP_CREATE with a lock", make_map_with_lock, NULL);
	every("BPF_BTF_LOAD", load_btf, NULL);
	every("BPF_PROG_LOAD", load_prog, NULL);
	every("BPF_LINK_CREATE", create_link, NULL);
	every("BPF_PROG_ATTACH", attach_prog, detach_prog);
	every("BPF_OBJ_PIN", pin, unpin);
	every("BPF_PROG_TEST_RUN", test_run, NULL);
	every("BPF_ENABLE_STATS", enable_stats, NULL);
	every("BPF_PROG_BIND_MAP", bind_map, NULL);
	every("BPF_MAP_LOOKUP_ELEM of large values", lookup_large, NULL);
}

int main(void)
{
	struct skep_config config = {
		.os = &memory.os, .ncpu = 2, .usercopy = &usercopy_checked, .unproven = 1};

	failing_init(&memory);
	TEST(instances);
	if (sys_create(&config, &asked))
		return EXIT_FAILURE;
	btf_size = sample_make(btf_data);
	btf = (int)load_btf();
	map = ask_map(BPF_MAP_TYPE_ARRAY, 4, 4, 8, 0);
	array = ask_map(BPF_MAP_TYPE_HASH, 4, 4, 8, 0);
	prog_fd = (int)ASK_LOAD(OF_TYPE(BPF_PROG_TYPE_SCHED_CLS), MOV_K(0, 0), EXIT);
	objects();
	drop(prog_fd);
	drop(array);
	drop(map);
	drop(btf);
	sys_free(asked);
	CHECK_EQ(memory.live, 0);
	tap_end("all memory is given back");
	return tap_status();
}
