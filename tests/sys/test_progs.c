/* BPF_PROG_LOAD and what hangs on a program, ours beside Linux's. */
#include <linux/limits.h>

#include "btf/btf.h"
#include "tests/btf/sample.h"
#include "tests/lib/ask.h"

static char log_text[1 << 16];

/* -- records: func_info and line_info -- */

enum { STATIC_FUNC = 31 }; /* in sample.h */

static int load_sample_btf(void)
{
	u8 data[8192];
	u32 size = sample_make(data);

	return (int)ASK(BPF_BTF_LOAD, .btf = ptr_to_u64(data), .btf_size = size);
}

/* main at 0, a static function at 2; a line for each and one more. */
struct records {
	struct bpf_func_info func[2];
	struct bpf_line_info line[3];
	union bpf_attr attr;
};

static void good_records(struct records *r, int btf)
{
	*r = (struct records){
		.func = {{0, STATIC_FUNC}, {2, STATIC_FUNC}},
		.line = {{0, 1, 1, 1 << 10}, {1, 1, 1, 2 << 10}, {2, 1, 1, 3 << 10}},
		.attr = {.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
			 .prog_btf_fd = (u32)btf,
			 .func_info_rec_size = sizeof(r->func[0]),
			 .func_info_cnt = 2,
			 .line_info_rec_size = sizeof(r->line[0]),
			 .line_info_cnt = 3},
	};
}

static long load_records(struct records *r)
{
	static const struct bpf_insn insns[] = {CALL_SUB(1), EXIT, MOV_K(0, 0), EXIT};
	long fd;

	if (!r->attr.func_info)
		r->attr.func_info = ptr_to_u64(r->func);
	if (!r->attr.line_info)
		r->attr.line_info = ptr_to_u64(r->line);
	r->attr.insns = ptr_to_u64(insns);
	r->attr.insn_cnt = 4;
	r->attr.license = ptr_to_u64("GPL");
	fd = ask(BPF_PROG_LOAD, &r->attr);
	drop(fd);
	return fd < 0 ? fd : 0;
}

#define RECORDS(want, change)                                                                      \
	do {                                                                                       \
		good_records(&r, btf);                                                             \
		change;                                                                            \
		CHECK_EQ(load_records(&r), want);                                                  \
	} while (0)

static void func_info_is_checked(void)
{
	struct {
		struct bpf_func_info info;
		u32 more;
	} longer[2] = {{{0, STATIC_FUNC}, 0}, {{2, STATIC_FUNC}, 0}};
	int btf = load_sample_btf();
	struct records r;

	RECORDS(0, (void)0);
	RECORDS(0, r.attr.line_info_cnt = 0);
	RECORDS(-EINVAL, r.attr.func_info_rec_size = 4);
	RECORDS(-EINVAL, r.attr.func_info_rec_size = 9);
	RECORDS(-EINVAL, r.attr.func_info_rec_size = 256);
	RECORDS(0, (r.attr.func_info_rec_size = 12, r.attr.func_info = ptr_to_u64(longer)));
	longer[1].more = 1;
	RECORDS(-E2BIG, (r.attr.func_info_rec_size = 12, r.attr.func_info = ptr_to_u64(longer)));
	CHECK_EQ(r.attr.func_info_rec_size, sizeof(struct bpf_func_info)); /* what it knows */
	RECORDS(-EINVAL, r.attr.func_info_cnt = 1);
	RECORDS(-EINVAL, r.func[0].insn_off = 1);
	RECORDS(-EINVAL, r.func[1].insn_off = 0);
	RECORDS(-EINVAL, r.func[1].insn_off = 3);
	RECORDS(-EINVAL, r.func[1].type_id = SAMPLE_INT);
	RECORDS(-EINVAL, r.func[1].type_id = 1000);
	RECORDS(-EFAULT, r.attr.func_info = 8);
	RECORDS(0, r.attr.func_info_cnt = 0); /* lines without functions */
	RECORDS(-EBADF, r.attr.prog_btf_fd = (u32)-1);
	RECORDS(0, (r.attr.prog_btf_fd = (u32)-1,
		    r.attr.func_info_cnt = r.attr.line_info_cnt = 0)); /* nobody asks for it */
	drop(btf);
}

static void line_info_is_checked(void)
{
	int btf = load_sample_btf();
	struct records r;

	RECORDS(-EINVAL, r.attr.line_info_rec_size = 12);
	RECORDS(-EINVAL, r.attr.line_info_rec_size = 17);
	RECORDS(-EINVAL, r.attr.line_info_rec_size = 256);
	RECORDS(-EINVAL, r.line[0].insn_off = 1);
	RECORDS(-EINVAL, r.line[1].insn_off = 0);
	RECORDS(-EINVAL, r.line[2].insn_off = 3);
	RECORDS(-EINVAL, r.line[2].insn_off = 4);
	RECORDS(-EINVAL, r.attr.line_info_cnt = 2); /* none for the second function */
	RECORDS(-EINVAL, r.line[1].line_off = 1 << 20);
	RECORDS(-EINVAL, r.line[1].file_name_off = 1 << 20);
	RECORDS(-EFAULT, r.attr.line_info = 8);
	RECORDS(-EINVAL, r.attr.line_info_cnt = INT32_MAX);
	drop(btf);
}

static long get_info(long fd, void *info, u32 *len)
{
	union bpf_attr attr = {
		.info = {.bpf_fd = (u32)fd, .info_len = *len, .info = ptr_to_u64(info)}};
	long err = ask(BPF_OBJ_GET_INFO_BY_FD, &attr);

	*len = attr.info.info_len;
	return err;
}

static void records_are_told(void)
{
	static const struct bpf_insn insns[] = {CALL_SUB(1), EXIT, MOV_K(0, 0), EXIT};
	int btf = load_sample_btf();
	struct bpf_func_info funcs[2];
	struct bpf_prog_info info = {.nr_func_info = 2,
				     .func_info_rec_size = sizeof(funcs[0]),
				     .func_info = ptr_to_u64(funcs)};
	struct bpf_btf_info btf_info = {0};
	u32 len = sizeof(info), btf_len = sizeof(btf_info);
	struct records r;
	long fd;

	good_records(&r, btf);
	r.attr.func_info = ptr_to_u64(r.func);
	r.attr.line_info = ptr_to_u64(r.line);
	r.attr.insns = ptr_to_u64(insns);
	r.attr.insn_cnt = 4;
	r.attr.license = ptr_to_u64("GPL");
	fd = ask(BPF_PROG_LOAD, &r.attr);
	CHECK_EQ(get_info(fd, &info, &len), 0);
	CHECK_EQ(info.nr_func_info, 2);
	CHECK_EQ(info.nr_line_info, 3);
	CHECK_EQ(info.func_info_rec_size, sizeof(struct bpf_func_info));
	CHECK(!memcmp(funcs, r.func, sizeof(funcs)));
	CHECK_EQ(get_info(btf, &btf_info, &btf_len), 0);
	CHECK_EQ(info.btf_id, btf_info.id);
	CHECK_EQ(btf_info.kernel_btf, 0);
	info = (struct bpf_prog_info){.nr_func_info = 2, .func_info_rec_size = 4};
	len = sizeof(info);
	CHECK_EQ(get_info(fd, &info, &len), -EINVAL);
	drop(fd);
	drop(btf);
}

/* -- limits -- */

static long try_load(u32 type, const struct bpf_insn *insns, u32 n)
{
	long fd = ask_load((union bpf_attr){.prog_type = type}, insns, n);

	drop(fd);
	return fd < 0 ? fd : 0;
}

/* main and n - 1 functions that it calls */
static long functions(u32 n)
{
	static struct bpf_insn insns[2048];
	u32 len = 0;

	for (u32 i = 1; i < n; i++, len++)
		insns[len] = CALL_SUB((s32)((n - 1 - i) + 2 + 2 * (i - 1)));
	insns[len++] = MOV_K(0, 0);
	insns[len++] = EXIT;
	for (u32 i = 1; i < n; i++) {
		insns[len++] = MOV_K(0, 0);
		insns[len++] = EXIT;
	}
	return try_load(BPF_PROG_TYPE_SOCKET_FILTER, insns, len);
}

/* Each function calls the next: n frames in all. */
static long frames(u32 n)
{
	struct bpf_insn insns[64];
	u32 len = 0;

	for (u32 i = 1; i < n; i++) {
		insns[len++] = CALL_SUB(1);
		insns[len++] = EXIT;
	}
	insns[len++] = MOV_K(0, 0);
	insns[len++] = EXIT;
	return try_load(BPF_PROG_TYPE_SOCKET_FILTER, insns, len);
}

static long maps(u32 n)
{
	static struct bpf_insn insns[256];
	int fd[80];
	u32 len = 0;
	long err;

	for (u32 i = 0; i < n; i++) {
		struct bpf_insn ld[2] = {
			LD_MAP(1, fd[i] = ask_map(BPF_MAP_TYPE_ARRAY, 4, 4, 1, 0))};

		insns[len++] = ld[0];
		insns[len++] = ld[1];
	}
	insns[len++] = MOV_K(0, 0);
	insns[len++] = EXIT;
	err = try_load(BPF_PROG_TYPE_SOCKET_FILTER, insns, len);
	for (u32 i = 0; i < n; i++)
		drop(fd[i]);
	return err;
}

static long instructions(u32 n)
{
	struct bpf_insn *insns = calloc(n, sizeof(*insns));
	long err;

	for (u32 i = 0; i + 1 < n; i++)
		insns[i] = MOV_K(0, 0);
	insns[n - 1] = EXIT;
	err = try_load(BPF_PROG_TYPE_SOCKET_FILTER, insns, n);
	free(insns);
	return err;
}

static void limits_are_the_same(void)
{
	CHECK_EQ(functions(256), 0);
	CHECK_EQ(functions(257), -E2BIG);
	CHECK_EQ(frames(8), 0);
	CHECK_EQ(frames(9), -E2BIG);
	CHECK_EQ(maps(64), 0);
	CHECK_EQ(maps(65), -E2BIG);
	CHECK_EQ(instructions(4097), 0); /* who may everything is not held to 4096 */
	CHECK_EQ(instructions(1000001), -E2BIG);
	CHECK_EQ(try_load(BPF_PROG_TYPE_SOCKET_FILTER, (struct bpf_insn[]){EXIT}, 0), -E2BIG);
	CHECK_EQ(try_load(BPF_PROG_TYPE_UNSPEC, (struct bpf_insn[]){EXIT}, 1), -EINVAL);
	CHECK_EQ(try_load(1000, (struct bpf_insn[]){EXIT}, 1), -EINVAL);
	CHECK_EQ(try_load(BPF_PROG_TYPE_SOCKET_FILTER, NULL, 2), -EFAULT);
}

/* -- what a program attaches to -- */

static long load_for(u32 type, u32 attach, u32 btf_id, int prog_fd)
{
	long fd = ASK_LOAD(((union bpf_attr){.prog_type = type,
					     .expected_attach_type = attach,
					     .attach_btf_id = btf_id,
					     .attach_prog_fd = (u32)prog_fd,
					     .log_level = 1,
					     .log_buf = ptr_to_u64(log_text),
					     .log_size = sizeof(log_text)}),
			   MOV_K(0, 0), EXIT);

	drop(fd);
	return fd < 0 ? fd : 0;
}

static int log_says(const char *text)
{
	int found = strstr(log_text, text) != NULL;

	if (!found)
		printf("# not \"%s\" in: %s\n", text, log_text);
	return found;
}

static void targets_are_checked(void)
{
	int map = ask_map(BPF_MAP_TYPE_ARRAY, 4, 4, 1, 0), btf = load_sample_btf();
	long xdp = ASK_LOAD(OF_TYPE(BPF_PROG_TYPE_XDP), MOV_K(0, 0), EXIT);

	/* most types attach to nothing that BTF or a program tells */
	CHECK_EQ(load_for(BPF_PROG_TYPE_XDP, 0, 1, 0), -EINVAL);
	CHECK_EQ(load_for(BPF_PROG_TYPE_XDP, 0, 0, (int)xdp), -EINVAL);
	CHECK_EQ(load_for(BPF_PROG_TYPE_XDP, 0, 1, (int)xdp), -EINVAL);
	CHECK_EQ(load_for(BPF_PROG_TYPE_XDP, 0, 0, map), -EINVAL);
	CHECK_EQ(load_for(BPF_PROG_TYPE_XDP, 0, 0, -1), -EINVAL);
	CHECK_EQ(load_for(BPF_PROG_TYPE_XDP, 0, 0x100000, 0), -EINVAL);
	CHECK_EQ(load_for(BPF_PROG_TYPE_XDP, 0, 0, btf), -ENOTSUPP);
	CHECK_EQ(load_for(BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, 0x100000, 0), -EINVAL);
	CHECK_EQ(load_for(BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, 1, map), -EINVAL);
	CHECK_EQ(load_for(BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, 1, -1), -EINVAL);
	CHECK_EQ(load_for(BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, 1, btf), -ENOTSUPP);
	CHECK_EQ(load_for(BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, 0, 0), -EINVAL);
	CHECK(log_says("Tracing programs must provide btf_id\n"));
	CHECK_EQ(load_for(BPF_PROG_TYPE_TRACING, BPF_TRACE_ITER, 0, 0), -EINVAL);
	CHECK(log_says("Tracing programs must provide btf_id\n"));
	CHECK_EQ(load_for(BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, 1, (int)xdp), -EINVAL);
	CHECK(log_says(
		"FENTRY/FEXIT program can only be attached to another program annotated with BTF"));
	CHECK_EQ(load_for(BPF_PROG_TYPE_STRUCT_OPS, 0, 0, 0), -ENOTSUPP);
	drop(xdp);
	drop(btf);
	drop(map);
}

/* Ids in the host kernel's types, so only where those can be read. */
static u32 kernel_id(const char *name, u32 kind)
{
	static struct skep *reader;
	struct btf *btf;
	u32 id;

	if (sys_create(&(struct skep_config){0}, &reader))
		return 0;
	btf = btf_kernel(reader);
	id = btf ? btf_find(btf, name, kind) : 0;
	sys_free(reader);
	return id;
}

static void kernel_types_are_targets(void)
{
	u32 trace = kernel_id("btf_trace_sys_enter", BTF_KIND_TYPEDEF);
	u32 other = kernel_id("u64", BTF_KIND_TYPEDEF);

	if (!trace || !other) {
		printf("# no kernel types to read here\n");
		return;
	}
	CHECK_EQ(load_for(BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, trace, 0), 0);
	CHECK_EQ(load_for(BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, other, 0), -EINVAL);
	CHECK(log_says("points to wrong type name u64\n"));
	CHECK_EQ(load_for(BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, 1, 0), -EINVAL);
	CHECK(log_says("attach_btf_id 1 is not a typedef\n"));
	CHECK_EQ(load_for(BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, 0xfffff, 0), -EINVAL);
	CHECK(log_says("attach_btf_id 1048575 is invalid\n"));
	CHECK_EQ(load_for(BPF_PROG_TYPE_TRACING, BPF_TRACE_ITER, 1, 0), -EINVAL);
	CHECK(log_says("attach_btf_id 1 is not a function\n"));
	CHECK_EQ(load_for(BPF_PROG_TYPE_STRUCT_OPS, 0, 1, 0), -ENOTSUPP);
	CHECK(log_says("attach_btf_id 1 is not a supported struct\n"));
}

/* for (i = 3; i < 7; i++) sum += i */
static void kfuncs_are_called(void)
{
	s32 make = (s32)kernel_id("bpf_iter_num_new", BTF_KIND_FUNC);
	s32 next = (s32)kernel_id("bpf_iter_num_next", BTF_KIND_FUNC);
	s32 destroy = (s32)kernel_id("bpf_iter_num_destroy", BTF_KIND_FUNC);
	s32 other = (s32)kernel_id("schedule", BTF_KIND_FUNC);
	long fd;

	if (!make || !next || !destroy) {
		printf("# no kernel types to read here\n");
		return;
	}
#define CALL_KFUNC(id) INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, 0, id)
	/* the verifier does not cover them yet */
	if (asked)
		asked->unproven = 1;
	fd = ASK_LOAD(OF_TYPE(BPF_PROG_TYPE_SCHED_CLS), MOV_K(6, 0), MOV_X(1, 10), ADD_K(1, -8),
		      MOV_K(2, 3), MOV_K(3, 7), CALL_KFUNC(make), MOV_X(1, 10), ADD_K(1, -8),
		      CALL_KFUNC(next), JEQ_K(0, 0, 3), LDX(BPF_W, 1, 0, 0),
		      INSN(BPF_ALU64 | BPF_ADD | BPF_X, 6, 1, 0, 0),
		      INSN(BPF_JMP | BPF_JA, 0, 0, -7, 0), MOV_X(1, 10), ADD_K(1, -8),
		      CALL_KFUNC(destroy), MOV_X(0, 6), EXIT);
	CHECK(fd >= 0);
	CHECK_EQ(ask_run(fd), 3 + 4 + 5 + 6);
	drop(fd);
	CHECK_EQ(ASK_LOAD(OF_TYPE(BPF_PROG_TYPE_SCHED_CLS), CALL_KFUNC(other), MOV_K(0, 0), EXIT),
		 -EACCES);
	CHECK_EQ(ASK_LOAD(OF_TYPE(BPF_PROG_TYPE_SCHED_CLS), CALL_KFUNC(0x7ffffff), MOV_K(0, 0),
			  EXIT),
		 -EINVAL);
	if (asked)
		asked->unproven = 0;
}

/* -- what is told of programs -- */

/* As recorded from Linux 6.18. */
#define TAG_MAP 0x79c7c7768616d00bull
#define TAG_RETURN 0xc6cd4d7431a9f459ull
#define TAG_CALL 0xe7b1e98b0797d37eull

static u64 tag_of(long fd)
{
	struct bpf_prog_info info = {0};
	u32 len = sizeof(info);
	u64 tag;

	CHECK_EQ(get_info(fd, &info, &len), 0);
	memcpy(&tag, info.tag, sizeof(tag));
	drop(fd);
	return tag;
}

static void tags_name_the_text(void)
{
	int map = ask_map(BPF_MAP_TYPE_ARRAY, 4, 4, 1, 0), spare = dup(map);
	int other = ask_map(BPF_MAP_TYPE_ARRAY, 4, 4, 1, 0);
	u64 tag = tag_of(
		ASK_LOAD(OF_TYPE(BPF_PROG_TYPE_SOCKET_FILTER), LD_MAP(1, map), MOV_K(0, 0), EXIT));

	CHECK_EQ(tag, TAG_MAP);
	CHECK_EQ(tag_of(ASK_LOAD(OF_TYPE(BPF_PROG_TYPE_SCHED_CLS), LD_MAP(1, other), MOV_K(0, 0),
				 EXIT)),
		 tag); /* fds and types do not count */
	CHECK_EQ(tag_of(ASK_LOAD(OF_TYPE(BPF_PROG_TYPE_SOCKET_FILTER), MOV_K(0, 0), EXIT)),
		 TAG_RETURN);
	CHECK_EQ(tag_of(ASK_LOAD(OF_TYPE(BPF_PROG_TYPE_SOCKET_FILTER), CALL_SUB(1), EXIT,
				 MOV_K(0, 0), EXIT)),
		 TAG_CALL);
	drop(other);
	drop(map);
	close(spare);
}

static void info_is_cut_to_size(void)
{
	long fd = ASK_LOAD(((union bpf_attr){.prog_type = BPF_PROG_TYPE_XDP, .prog_name = "name"}),
			   MOV_K(0, 0), EXIT);
	struct {
		struct bpf_prog_info info;
		u8 more[16];
	} room;
	u8 page[8192] = {0};
	u32 len;

	memset(&room, 0, sizeof(room));
	len = 8; /* type and id, no more */
	CHECK_EQ(get_info(fd, &room, &len), 0);
	CHECK_EQ(len, 8);
	CHECK_EQ(room.info.type, BPF_PROG_TYPE_XDP);
	CHECK(room.info.id && !room.info.xlated_prog_len);
	memset(&room, 0, sizeof(room));
	len = sizeof(room);
	CHECK_EQ(get_info(fd, &room, &len), 0);
	CHECK_EQ(len, sizeof(room.info));
	CHECK(!strcmp(room.info.name, "name"));
	memset(&room, 0, sizeof(room));
	room.more[15] = 1;
	len = sizeof(room);
	CHECK_EQ(get_info(fd, &room, &len), -E2BIG);
	len = 4096;
	CHECK_EQ(get_info(fd, page, &len), 0);
	len = 4097;
	memset(page, 0, sizeof(page));
	CHECK_EQ(get_info(fd, page, &len), -E2BIG);
	len = sizeof(room.info);
	CHECK_EQ(get_info(fd, NULL, &len), -EFAULT);
	CHECK_EQ(get_info(-1, page, &len), -EBADFD);
	CHECK_EQ(get_info(STDERR_FILENO, page, &len), -EINVAL);
	drop(fd);
}

static struct bpf_prog_info info_of(long fd)
{
	struct bpf_prog_info info = {0};
	u32 len = sizeof(info);

	CHECK_EQ(get_info(fd, &info, &len), 0);
	return info;
}

static void stats_are_counted_while_held(void)
{
	long fd = ASK_LOAD(OF_TYPE(BPF_PROG_TYPE_SOCKET_FILTER), MOV_K(0, 0), EXIT), stats;

	CHECK_EQ(ASK(BPF_ENABLE_STATS, .enable_stats = {.type = 1}), -EINVAL);
	CHECK_EQ(ask_run(fd), 0);
	CHECK_EQ(info_of(fd).run_cnt, 0);
	stats = ASK(BPF_ENABLE_STATS, .enable_stats = {.type = BPF_STATS_RUN_TIME});
	CHECK(stats >= 0);
	for (u32 i = 0; i < 5; i++)
		CHECK_EQ(ask_run(fd), 0);
	CHECK_EQ(info_of(fd).run_cnt, 5);
	CHECK(info_of(fd).run_time_ns > 0);
	drop(stats);
	CHECK_EQ(ask_run(fd), 0);
	CHECK_EQ(info_of(fd).run_cnt, 5);
	CHECK_EQ(info_of(fd).recursion_misses, 0);
	drop(fd);
}

static u32 id_of_map(int fd)
{
	struct bpf_map_info info = {0};
	u32 len = sizeof(info);

	CHECK_EQ(get_info(fd, &info, &len), 0);
	return info.id;
}

static void maps_are_bound(void)
{
	int map = ask_map(BPF_MAP_TYPE_ARRAY, 4, 4, 1, 0);
	long fd = ASK_LOAD(OF_TYPE(BPF_PROG_TYPE_SOCKET_FILTER), MOV_K(0, 0), EXIT), again;
	u32 id = id_of_map(map), told = 0, len = sizeof(struct bpf_prog_info);
	struct bpf_prog_info info = {.nr_map_ids = 1, .map_ids = ptr_to_u64(&told)};

#define BIND(prog, with, f)                                                                        \
	ASK(BPF_PROG_BIND_MAP,                                                                     \
	    .prog_bind_map = {.prog_fd = (u32)(prog), .map_fd = (u32)(with), .flags = f})
	CHECK_EQ(BIND(fd, map, 1), -EINVAL);
	CHECK_EQ(BIND(-1, map, 0), -EBADF);
	CHECK_EQ(BIND(fd, -1, 0), -EBADF);
	CHECK_EQ(BIND(map, fd, 0), -EINVAL);
	CHECK_EQ(BIND(fd, map, 0), 0);
	CHECK_EQ(BIND(fd, map, 0), 0);
	drop(map);
	CHECK_EQ(get_info(fd, &info, &len), 0);
	CHECK_EQ(info.nr_map_ids, 1);
	CHECK_EQ(told, id);
	again = ASK(BPF_MAP_GET_FD_BY_ID, .map_id = id);
	CHECK(again >= 0);
	drop(again);
	drop(fd);
}

/* -- ids -- */

static void fds_come_by_id(void)
{
	int map = ask_map(BPF_MAP_TYPE_ARRAY, 4, 4, 1, 0), btf = load_sample_btf();
	long prog = ASK_LOAD(OF_TYPE(BPF_PROG_TYPE_SOCKET_FILTER), MOV_K(0, 0), EXIT), fd;
	u32 id = id_of_map(map), key = 0, value = 7, len = sizeof(struct bpf_btf_info);
	struct bpf_btf_info info = {0};

	fd = ASK(BPF_MAP_GET_FD_BY_ID, .map_id = id, .open_flags = BPF_F_RDONLY);
	CHECK(fd >= 0);
	CHECK_EQ(ASK(BPF_MAP_UPDATE_ELEM, .map_fd = (u32)fd, .key = ptr_to_u64(&key),
		     .value = ptr_to_u64(&value)),
		 -EPERM);
	CHECK_EQ(ASK(BPF_MAP_LOOKUP_ELEM, .map_fd = (u32)fd, .key = ptr_to_u64(&key),
		     .value = ptr_to_u64(&value)),
		 0);
	drop(fd);
	fd = ASK(BPF_MAP_GET_FD_BY_ID, .map_id = id, .open_flags = BPF_F_WRONLY);
	CHECK_EQ(ASK(BPF_MAP_LOOKUP_ELEM, .map_fd = (u32)fd, .key = ptr_to_u64(&key),
		     .value = ptr_to_u64(&value)),
		 -EPERM);
	drop(fd);
	CHECK_EQ(ASK(BPF_MAP_GET_FD_BY_ID, .map_id = id, .open_flags = BPF_F_RDONLY | BPF_F_WRONLY),
		 -EINVAL);
	CHECK_EQ(ASK(BPF_MAP_GET_FD_BY_ID, .map_id = id, .open_flags = 1), -EINVAL);
	CHECK_EQ(
		ASK(BPF_PROG_GET_FD_BY_ID, .prog_id = info_of(prog).id, .open_flags = BPF_F_RDONLY),
		-EINVAL);
	fd = ASK(BPF_PROG_GET_FD_BY_ID, .prog_id = info_of(prog).id);
	CHECK_EQ(ask_run(fd), 0);
	drop(fd);
	CHECK_EQ(get_info(btf, &info, &len), 0);
	fd = ASK(BPF_BTF_GET_FD_BY_ID, .btf_id = info.id);
	CHECK(fd >= 0);
	drop(fd);
	CHECK_EQ(ASK(BPF_BTF_GET_FD_BY_ID, .btf_id = info.id, .open_flags = BPF_F_RDONLY), -EINVAL);
	CHECK_EQ(ASK(BPF_MAP_GET_FD_BY_ID, .map_id = 0), -ENOENT);
	CHECK_EQ(ASK(BPF_PROG_GET_FD_BY_ID, .prog_id = INT32_MAX), -ENOENT);
	CHECK_EQ(ASK(BPF_BTF_GET_FD_BY_ID, .btf_id = INT32_MAX), -ENOENT);
	CHECK_EQ(ASK(BPF_LINK_GET_FD_BY_ID, .link_id = INT32_MAX), -ENOENT);
	CHECK_EQ(ASK(BPF_MAP_GET_NEXT_ID, .start_id = INT32_MAX), -EINVAL);
	CHECK_EQ(ASK(BPF_BTF_GET_NEXT_ID, .start_id = INT32_MAX - 1), -ENOENT);
	drop(prog);
	drop(btf);
	drop(map);
}

static long next_btf(u32 after)
{
	union bpf_attr attr = {.start_id = after};
	long err = ask(BPF_BTF_GET_NEXT_ID, &attr);

	return err ? err : (long)attr.next_id;
}

static void btf_ids_ascend(void)
{
	int first = load_sample_btf(), second = load_sample_btf();
	struct bpf_btf_info info = {0};
	u32 len = sizeof(info), id;

	CHECK_EQ(get_info(first, &info, &len), 0);
	id = info.id;
	memset(&info, 0, sizeof(info));
	len = sizeof(info);
	CHECK_EQ(get_info(second, &info, &len), 0);
	CHECK(info.id > id);
	CHECK_EQ(next_btf(id), info.id);
	CHECK_EQ(next_btf(info.id), -ENOENT);
	drop(second);
	drop(first);
}

int main(void)
{
	BOTH(func_info_is_checked);
	BOTH(line_info_is_checked);
	BOTH(records_are_told);
	BOTH(limits_are_the_same);
	BOTH(targets_are_checked);
	BOTH(kernel_types_are_targets);
	BOTH(kfuncs_are_called);
	BOTH(tags_name_the_text);
	BOTH(info_is_cut_to_size);
	BOTH(stats_are_counted_while_held);
	BOTH(maps_are_bound);
	BOTH(fds_come_by_id);
	BOTH(btf_ids_ascend);
	return tap_status();
}
