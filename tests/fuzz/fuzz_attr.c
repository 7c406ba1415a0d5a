/*
 * bpf() with hostile attrs: an input is a list of operations on one instance, made for it and freed
 * after it, which has to leave no memory and no fd behind.
 *
 *	OP_CALL command variant count { offset kind value }   a call: the command's usual attr,
 *	                                                      with some of its words changed
 *	OP_WRITE offset length bytes                          change what attrs point to
 *	OP_CLOSE n, OP_SIZE size                              close an fd; the next attr's size
 *
 * The caller's memory is an arena at an address that is nobody's: every pointer that is not into it
 * is a bad one, and no call reaches what is ours.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/usercopy.h"
#include "btf/btf.h"
#include "interp/interp.h"
#include "sys/sys.h"
#include "tests/btf/sample.h"
#include "tests/lib/failing.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

#define ARENA_AT 0x100000ull
enum { ARENA = 1 << 16, ATTR_AT = 0xf000, MAX_FDS = 32, MAX_CALLS = 64, INSNS_MAX = 4096 };
enum { OP_CALL, OP_WRITE, OP_CLOSE, OP_SIZE, OPS };
enum { KIND_WORD, KIND_BYTE, KIND_FD, KIND_POINTER, KINDS };

static struct {
	u8 arena[ARENA];
	int fd[MAX_FDS];
	u32 nr_fds;
	u32 attr_size; /* of the next call, 0: all of it */
	const u8 *at, *end;
	struct skep *skep;
} fuzz;

static int in_arena(u64 addr, u64 size)
{
	return addr >= ARENA_AT && addr - ARENA_AT <= ARENA && size <= ARENA - (addr - ARENA_AT);
}

static int arena_read(struct skep *skep, void *to, u64 from, u64 size)
{
	(void)skep;
	if (!in_arena(from, size))
		return -EFAULT;
	memcpy(to, fuzz.arena + (from - ARENA_AT), size);
	return 0;
}

static int arena_write(struct skep *skep, u64 to, const void *from, u64 size)
{
	(void)skep;
	if (!in_arena(to, size))
		return -EFAULT;
	memcpy(fuzz.arena + (to - ARENA_AT), from, size);
	return 0;
}

static const struct usercopy arena_usercopy = {arena_read, arena_write, 64};

/* The checked interpreter, with an end that comes soon. */
static prog_entry checked_entry;

static u64 bounded_entry(void *ctx, struct run *run, const struct prog *self)
{
	struct interp_watch watch = {.insn_limit = INSNS_MAX};
	u64 value;

	run->engine = &watch;
	value = checked_entry(ctx, run, self);
	run->engine = NULL;
	return value;
}

static int bounded_compile(struct prog *prog)
{
	int err = engine_checked.compile(prog);

	if (err)
		return err;
	checked_entry = prog->entry;
	prog->entry = bounded_entry;
	return 0;
}

static void bounded_release(struct prog *prog)
{
	engine_checked.release(prog);
}

static const struct engine bounded = {"bounded", bounded_compile, bounded_release};

/* What lies where in the arena before the input changes it. */
enum {
	AT_KEY = 0x100,
	AT_VALUE = 0x200,
	AT_NAME = 0x400,
	AT_PATH = 0x480,
	AT_INSNS = 0x500, /* PROGRAMS of 256 bytes each */
	AT_INFO = 0x1000,
	AT_LOG = 0x2000,
	AT_BTF = 0x3000,
	AT_FUNC_INFO = 0x5000,
	AT_FDS = 0x5100,
	AT_DATA = 0x6000,
	AT_OUT = 0xa000,
};

#define INSN(c, d, s, o, i)                                                                        \
	{                                                                                          \
		.code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i)                \
	}
#define MAP_FD 77 /* stands for the latest map's */

/* A return; a lookup and a tail call; a call and a callback: for the input to spoil. */
static const struct bpf_insn programs[][16] = {
	{INSN(0xb7, 0, 0, 0, 2), INSN(0x95, 0, 0, 0, 0)},
	{INSN(0xbf, 6, 1, 0, 0), INSN(0x7a, 10, 0, -8, 0), INSN(0xbf, 2, 10, 0, 0),
	 INSN(0x07, 2, 0, 0, -8), INSN(0x18, 1, 1, 0, MAP_FD), INSN(0, 0, 0, 0, 0),
	 INSN(0x85, 0, 0, 0, 1), INSN(0x15, 0, 0, 1, 0), INSN(0x62, 0, 0, 0, 1),
	 INSN(0xb7, 0, 0, 0, 1), INSN(0x95, 0, 0, 0, 0)},
	{INSN(0x18, 2, 1, 0, MAP_FD), INSN(0, 0, 0, 0, 0), INSN(0xb7, 3, 0, 0, 0),
	 INSN(0x85, 0, 0, 0, 12), INSN(0xb7, 0, 0, 0, 1), INSN(0x95, 0, 0, 0, 0)},
	{INSN(0x85, 0, 1, 0, 1), INSN(0x95, 0, 0, 0, 0), INSN(0xb7, 0, 0, 0, 1),
	 INSN(0x95, 0, 0, 0, 0)},
	{INSN(0x61, 2, 1, 0, 0), INSN(0x61, 3, 1, 4, 0), INSN(0xbf, 4, 2, 0, 0),
	 INSN(0x07, 4, 0, 0, 14), INSN(0xb7, 0, 0, 0, 1), INSN(0x2d, 4, 3, 1, 0),
	 INSN(0x71, 0, 2, 12, 0), INSN(0x95, 0, 0, 0, 0)},
	{INSN(0xb7, 1, 0, 0, 10), INSN(0x18, 2, 4, 0, 6), INSN(0, 0, 0, 0, 0),
	 INSN(0xb7, 3, 0, 0, 0), INSN(0xb7, 4, 0, 0, 0), INSN(0x85, 0, 0, 0, 181),
	 INSN(0xb7, 0, 0, 0, 0), INSN(0x95, 0, 0, 0, 0), INSN(0xb7, 0, 0, 0, 0),
	 INSN(0x95, 0, 0, 0, 0)},
};
enum { PROGRAMS = sizeof(programs) / sizeof(programs[0]) };
static const u32 lengths[PROGRAMS] = {2, 11, 6, 4, 8, 10};

static u32 btf_size;

static void fill_arena(void)
{
	static const u32 func_info[] = {0, SAMPLE_FUNC, 2, SAMPLE_FUNC};

	memset(fuzz.arena, 0, sizeof(fuzz.arena));
	memcpy(fuzz.arena + AT_NAME, "GPL", 4);
	memcpy(fuzz.arena + AT_PATH, "/sys/fs/bpf/a", 14);
	memcpy(fuzz.arena + AT_INSNS, programs, sizeof(programs));
	memcpy(fuzz.arena + AT_FUNC_INFO, func_info, sizeof(func_info));
	btf_size = sample_make(fuzz.arena + AT_BTF);
}

static u8 take(void)
{
	return fuzz.at < fuzz.end ? *fuzz.at++ : 0;
}

static u32 take_word(void)
{
	u32 word = 0;

	for (u32 i = 0; i < 4; i++)
		word |= (u32)take() << 8 * i;
	return word;
}

/* The n-th fd from the latest, or one that was never given. */
static u32 pick_fd(u32 n)
{
	return n < fuzz.nr_fds ? (u32)fuzz.fd[fuzz.nr_fds - 1 - n] : n == 255 ? (u32)-1 : n;
}

/* The usual attr of a command: where its fds and pointers are, and what they point to. */
struct usual {
	u32 cmd, off, kind, value;
};

#define WORD(cmd, field, value) {cmd, offsetof(union bpf_attr, field), KIND_WORD, value},
#define FD(cmd, field, n) {cmd, offsetof(union bpf_attr, field), KIND_FD, n},
#define POINTER(cmd, field, at) {cmd, offsetof(union bpf_attr, field), KIND_POINTER, at},
#define ELEM(cmd) FD(cmd, map_fd, 0) POINTER(cmd, key, AT_KEY) POINTER(cmd, value, AT_VALUE)
#define BATCH(cmd)                                                                                 \
	FD(cmd, batch.map_fd, 0)                                                                   \
	POINTER(cmd, batch.out_batch, AT_OUT)                                                      \
	POINTER(cmd, batch.keys, AT_KEY)                                                           \
	POINTER(cmd, batch.values, AT_DATA)                                                        \
	WORD(cmd, batch.count, 4)

static const struct usual usual[] =
	{ELEM(BPF_MAP_LOOKUP_ELEM) ELEM(BPF_MAP_UPDATE_ELEM) ELEM(BPF_MAP_DELETE_ELEM) ELEM(
		BPF_MAP_GET_NEXT_KEY) ELEM(BPF_MAP_LOOKUP_AND_DELETE_ELEM) FD(BPF_MAP_FREEZE,
									      map_fd, 0)
		 BATCH(BPF_MAP_LOOKUP_BATCH) BATCH(BPF_MAP_LOOKUP_AND_DELETE_BATCH) BATCH(
			 BPF_MAP_UPDATE_BATCH) BATCH(BPF_MAP_DELETE_BATCH) POINTER(BPF_OBJ_PIN,
										   pathname,
										   AT_PATH)
			 FD(BPF_OBJ_PIN, bpf_fd, 0) POINTER(BPF_OBJ_GET, pathname, AT_PATH) FD(
				 BPF_PROG_TEST_RUN, test.prog_fd,
				 0) POINTER(BPF_PROG_TEST_RUN, test.data_in,
					    AT_DATA) WORD(BPF_PROG_TEST_RUN, test.data_size_in, 64)
				 POINTER(BPF_PROG_TEST_RUN, test.data_out, AT_OUT) WORD(
					 BPF_PROG_TEST_RUN, test.data_size_out,
					 256) WORD(BPF_PROG_GET_FD_BY_ID, prog_id,
						   1) WORD(BPF_MAP_GET_FD_BY_ID, map_id,
							   1) WORD(BPF_BTF_GET_FD_BY_ID, btf_id,
								   1) WORD(BPF_LINK_GET_FD_BY_ID,
									   link_id,
									   1) FD(BPF_OBJ_GET_INFO_BY_FD, info.bpf_fd, 0)
					 WORD(BPF_OBJ_GET_INFO_BY_FD, info.info_len, 256) POINTER(
						 BPF_OBJ_GET_INFO_BY_FD,
						 info.info,
						 AT_INFO) POINTER(BPF_BTF_LOAD, btf,
								  AT_BTF) POINTER(BPF_BTF_LOAD,
										  btf_log_buf,
										  AT_LOG)
						 WORD(BPF_BTF_LOAD, btf_log_size, 512) WORD(
							 BPF_BTF_LOAD,
							 btf_log_level,
							 1) FD(BPF_PROG_ATTACH, attach_bpf_fd,
							       0) WORD(BPF_PROG_ATTACH, attach_type,
								       BPF_TCX_INGRESS) WORD(BPF_PROG_ATTACH, target_ifindex, 1)
							 FD(BPF_PROG_DETACH, attach_bpf_fd,
							    0) WORD(BPF_PROG_DETACH, attach_type,
								    BPF_TCX_INGRESS) WORD(BPF_PROG_DETACH, target_ifindex,
											  1) WORD(BPF_PROG_QUERY, query.target_ifindex,
												  1) WORD(BPF_PROG_QUERY, query.attach_type,
													  BPF_TCX_INGRESS)
								 POINTER(BPF_PROG_QUERY, query.prog_ids, AT_OUT) WORD(
									 BPF_PROG_QUERY,
									 query.count,
									 8) POINTER(BPF_RAW_TRACEPOINT_OPEN,
										    raw_tracepoint
											    .name,
										    AT_NAME)
									 FD(BPF_RAW_TRACEPOINT_OPEN,
									    raw_tracepoint.prog_fd,
									    0) FD(BPF_LINK_CREATE,
										  link_create
											  .prog_fd,
										  0) WORD(BPF_LINK_CREATE,
											  link_create
												  .target_ifindex,
											  1) WORD(BPF_LINK_CREATE,
												  link_create
													  .attach_type,
												  BPF_XDP) FD(BPF_LINK_UPDATE,
													      link_update
														      .link_fd,
													      0)
										 FD(BPF_LINK_UPDATE,
										    link_update
											    .new_prog_fd,
										    1) FD(BPF_LINK_DETACH,
											  link_detach
												  .link_fd,
											  0) FD(BPF_ITER_CREATE,
												iter_create
													.link_fd,
												0) FD(BPF_PROG_BIND_MAP,
												      prog_bind_map
													      .prog_fd,
												      0)
											 FD(BPF_PROG_BIND_MAP,
											    prog_bind_map
												    .map_fd,
											    1) FD(BPF_PROG_STREAM_READ_BY_FD,
												  prog_stream_read
													  .prog_fd,
												  0) FD(BPF_TASK_FD_QUERY,
													task_fd_query
														.fd,
													0) POINTER(BPF_PROG_LOAD,
														   license,
														   AT_NAME)
												 POINTER(BPF_PROG_LOAD,
													 log_buf,
													 AT_LOG)
													 WORD(BPF_PROG_LOAD,
													      log_size,
													      4096)
														 WORD(BPF_PROG_LOAD,
														      log_level,
														      1)};

static void set(u8 *attr, u32 off, u32 kind, u32 value)
{
	u64 pointer = ARENA_AT + value % ARENA;

	if (kind == KIND_FD)
		value = pick_fd(value);
	if (kind == KIND_POINTER && off + 8 <= sizeof(union bpf_attr))
		memcpy(attr + off, &pointer, 8);
	else if (off + 4 <= sizeof(union bpf_attr))
		memcpy(attr + off, &value, 4);
}

static void usual_map(union bpf_attr *attr, u32 variant)
{
	attr->map_type = variant % 40;
	attr->key_size = 4;
	attr->value_size = attr->map_type == BPF_MAP_TYPE_HASH ? 8 : 4;
	attr->max_entries = 4;
	attr->inner_map_fd = pick_fd(0);
	if (attr->map_type == BPF_MAP_TYPE_RINGBUF) {
		attr->key_size = attr->value_size = 0;
		attr->max_entries = 4096;
	}
}

static void usual_prog(union bpf_attr *attr, u32 variant)
{
	u32 n = variant % PROGRAMS;
	struct bpf_insn *insns = (void *)(fuzz.arena + AT_INSNS + n * sizeof(programs[0]));

	attr->prog_type = 1 + variant / PROGRAMS % (__MAX_BPF_PROG_TYPE - 1);
	attr->insns = ARENA_AT + AT_INSNS + n * sizeof(programs[0]);
	attr->insn_cnt = lengths[n];
	for (u32 i = 0; i < attr->insn_cnt; i++)
		if (insns[i].code == 0x18 && insns[i].imm == MAP_FD)
			insns[i].imm = (s32)pick_fd(0);
}

static void make_attr(u32 cmd, u32 variant, u8 *attr)
{
	for (u32 i = 0; i < ARRAY_SIZE(usual); i++)
		if (usual[i].cmd == cmd)
			set(attr, usual[i].off, usual[i].kind, usual[i].value);
	if (cmd == BPF_MAP_CREATE)
		usual_map((union bpf_attr *)attr, variant);
	if (cmd == BPF_PROG_LOAD)
		usual_prog((union bpf_attr *)attr, variant);
	if (cmd == BPF_BTF_LOAD)
		((union bpf_attr *)attr)->btf_size = btf_size;
	for (u32 n = take() % 16; n; n--) {
		u32 off = take() * 4u % sizeof(union bpf_attr), kind = take() % KINDS;

		set(attr, off, kind, kind == KIND_BYTE || kind == KIND_FD ? take() : take_word());
	}
	if (cmd == BPF_PROG_TEST_RUN) /* what takes long by intent is no find */
		((union bpf_attr *)attr)->test.repeat &= 15;
}

static int gives_fd(u32 cmd)
{
	static const u32 commands[] = {
		BPF_MAP_CREATE,        BPF_PROG_LOAD,           BPF_OBJ_GET,
		BPF_PROG_GET_FD_BY_ID, BPF_MAP_GET_FD_BY_ID,    BPF_BTF_GET_FD_BY_ID,
		BPF_LINK_GET_FD_BY_ID, BPF_RAW_TRACEPOINT_OPEN, BPF_BTF_LOAD,
		BPF_LINK_CREATE,       BPF_ENABLE_STATS,        BPF_ITER_CREATE,
		BPF_TOKEN_CREATE};

	for (u32 i = 0; i < ARRAY_SIZE(commands); i++)
		if (commands[i] == cmd)
			return 1;
	return 0;
}

static void close_at(u32 n)
{
	sys_close(fuzz.skep, fuzz.fd[n]);
	fuzz.fd[n] = fuzz.fd[--fuzz.nr_fds];
}

static void call(void)
{
	u32 cmd = take() % 40, variant = take(), size = fuzz.attr_size;
	u8 *attr = fuzz.arena + ATTR_AT;
	long ret;

	memset(attr, 0, ARENA - ATTR_AT);
	make_attr(cmd, variant, attr);
	ret = sys_bpf(fuzz.skep, (int)cmd, u64_to_ptr(ARENA_AT + ATTR_AT),
		      size ? size : sizeof(union bpf_attr));
	fuzz.attr_size = 0;
	if (ret < 0 || !gives_fd(cmd))
		return;
	if (fuzz.nr_fds == MAX_FDS)
		close_at(0);
	fuzz.fd[fuzz.nr_fds++] = (int)ret;
}

static void step(void)
{
	u32 at, n;

	switch (take() % OPS) {
	case OP_CALL:
		call();
		break;
	case OP_WRITE:
		at = take() | take() << 8;
		for (n = take(); n; n--, at++)
			fuzz.arena[at % ARENA] = take();
		break;
	case OP_CLOSE:
		at = take();
		if (at < fuzz.nr_fds)
			close_at(at);
		break;
	default:
		fuzz.attr_size = take() | take() << 8;
	}
}

static int next_free_fd(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	close(fd);
	return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct failing memory;
	struct skep_config config = {
		.os = &memory.os,
		.engine = &bounded,
		.ncpu = 2,
		.window_size = 64 << 20,
		.usercopy = &arena_usercopy,
	};
	int fd = next_free_fd();

	failing_init(&memory);
	memory.largest = 16 << 20;
	if (sys_create(&config, &fuzz.skep))
		return 0;
	fuzz.skep->kernel_types.tried = 1; /* the host's BTF takes longer than all the rest */
	fuzz.at = bytes;
	fuzz.end = bytes + size;
	fill_arena();
	for (u32 n = 0; n < MAX_CALLS && fuzz.at < fuzz.end; n++)
		step();
	while (fuzz.nr_fds)
		close_at(fuzz.nr_fds - 1);
	sys_free(fuzz.skep);
	if (memory.live || next_free_fd() != fd)
		__builtin_trap();
	return 0;
}
