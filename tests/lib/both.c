#include "tests/lib/both.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "helper/helper.h"
#include "sys/sys.h"
#include "tests/lib/linux_prog.h"

enum { PAGE = 4096, LOG_SIZE = 8192, MAX_SUBPROGS = 16, MAX_REFS = 64 };

long both_bpf(struct skep *skep, int cmd, union bpf_attr *attr)
{
	long ret;

	if (skep)
		return sys_bpf(skep, cmd, attr, sizeof(*attr));
	ret = linux_bpf(cmd, attr);
	return ret < 0 ? -errno : ret;
}

void both_close(struct skep *skep, int fd)
{
	if (fd < 0)
		return;
	if (skep)
		sys_close(skep, fd);
	else
		close(fd);
}

/*
 * The types that tests need: numbers, values with a lock, a timer or a work queue, and functions
 * that are nobody else's.
 */
enum {
	T_U32 = 1,
	T_U64,
	T_LOCK,
	T_LOCK_VALUE,
	T_TIMER,
	T_TIMER_VALUE,
	T_PROTO,
	T_FUNC,
	T_WORK,
	T_WORK_VALUE
};

static const char names[] = "\0u32\0u64\0bpf_spin_lock\0bpf_timer\0value\0f\0bpf_wq";
enum { N_U32 = 1, N_U64 = 5, N_LOCK = 9, N_TIMER = 23, N_VALUE = 33, N_F = 39, N_WORK = 41 };

#define INFO(kind, n) ((u32)(kind) << 24 | (n))
static const u32 types[] = {
	/* 1, 2 */
	N_U32, INFO(BTF_KIND_INT, 0), 4, 32, N_U64, INFO(BTF_KIND_INT, 0), 8, 64,
	/* 3: struct bpf_spin_lock { u32 }; 4: { lock, u32 } */
	N_LOCK, INFO(BTF_KIND_STRUCT, 1), 4, N_VALUE, T_U32, 0, /* */
	N_VALUE, INFO(BTF_KIND_STRUCT, 2), 8, N_LOCK, T_LOCK, 0, N_U32, T_U32, 32,
	/* 5: struct bpf_timer { u64, u64 }; 6: { timer, u64 } */
	N_TIMER, INFO(BTF_KIND_STRUCT, 2), 16, N_VALUE, T_U64, 0, N_F, T_U64, 64, /* */
	N_VALUE, INFO(BTF_KIND_STRUCT, 2), 24, N_TIMER, T_TIMER, 0, N_U64, T_U64, 128,
	/* 7: u32 (); 8: static f */
	0, INFO(BTF_KIND_FUNC_PROTO, 0), T_U32, N_F, INFO(BTF_KIND_FUNC, 0), T_PROTO,
	/* 9: struct bpf_wq { u64, u64 }; 10: { wq, u64 } */
	N_WORK, INFO(BTF_KIND_STRUCT, 2), 16, N_VALUE, T_U64, 0, N_F, T_U64, 64, /* */
	N_VALUE, INFO(BTF_KIND_STRUCT, 2), 24, N_WORK, T_WORK, 0, N_U64, T_U64, 128};

int both_btf(struct skep *skep)
{
	struct {
		struct btf_header header;
		u8 bytes[sizeof(types) + sizeof(names)];
	} btf = {.header = {.magic = BTF_MAGIC,
			    .version = BTF_VERSION,
			    .hdr_len = sizeof(struct btf_header),
			    .type_len = sizeof(types),
			    .str_off = sizeof(types),
			    .str_len = sizeof(names)}};
	union bpf_attr attr = {.btf = ptr_to_u64(&btf),
			       .btf_size = sizeof(btf.header) + sizeof(btf.bytes)};

	memcpy(btf.bytes, types, sizeof(types));
	memcpy(btf.bytes + sizeof(types), names, sizeof(names));
	return (int)both_bpf(skep, BPF_BTF_LOAD, &attr);
}

int both_map(struct skep *skep, int btf, const struct both_map *map)
{
	static const u32 values[] = {[BOTH_LOCK] = T_LOCK_VALUE,
				     [BOTH_TIMER] = T_TIMER_VALUE,
				     [BOTH_WORK] = T_WORK_VALUE,
				     [BOTH_PLAIN] = 0};
	union bpf_attr attr = {.map_type = map->type,
			       .key_size = map->key_size,
			       .value_size = map->value_size,
			       .max_entries = map->max_entries};

	if (values[map->value]) {
		attr.btf_fd = (u32)btf;
		attr.btf_key_type_id = T_U32;
		attr.btf_value_type_id = values[map->value];
	}
	return (int)both_bpf(skep, BPF_MAP_CREATE, &attr);
}

static u32 helper_id(const void *cookie, const char *name)
{
	(void)cookie;
	for (u32 id = 1; !strncmp(name, "bpf_", 4) && helper_by_id(id); id++)
		if (!strcmp(helper_by_id(id)->name, name + 4))
			return id;
	return 0;
}

/* Index of the map of that name; of none nr_maps. */
static u32 map_index(const struct both_prog *prog, const char *name)
{
	u32 i = 0;

	while (i < prog->nr_maps && strcmp(prog->map[i].name, name))
		i++;
	return i;
}

int both_assemble(struct both_prog *prog, const char *text, struct isa_code *code)
{
	static const struct isa_names helpers = {.helper_id = helper_id};
	struct isa_error error;

	if (isa_asm(&os_host, text, strlen(text), &helpers, code, &error))
		return printf("# line %u: %s\n", error.line, error.text) < 0;
	prog->insns = code->insns;
	prog->len = code->len;
	prog->nr_refs = code->nr_refs;
	for (u32 i = 0; i < code->nr_refs; i++) {
		prog->ref_insn[i % MAX_REFS] = code->refs[i].insn;
		prog->ref_map[i % MAX_REFS] = map_index(prog, code->refs[i].name);
		if (i == MAX_REFS || prog->ref_map[i] == prog->nr_maps)
			return printf("# no map %s\n", code->refs[i].name) < 0;
	}
	return 1;
}

/* Where the subprograms begin: what is called, or becomes a callback; in order, 0 first. */
static u32 find_subprogs(const struct both_prog *prog, struct bpf_func_info info[MAX_SUBPROGS])
{
	u32 n = 1;

	info[0] = (struct bpf_func_info){0, T_FUNC};
	for (u32 i = 0; i < prog->len; i++) {
		enum isa_op op = isa_decode(&prog->insns[i]);
		u32 at = i + 1 + (u32)prog->insns[i].imm, k = n;
		if (op != ISA_CALL_SUBPROG && op != ISA_LD_FUNC)
			continue;
		while (info[k - 1].insn_off > at)
			k--;
		if (info[k - 1].insn_off == at || n == MAX_SUBPROGS)
			continue;
		memmove(&info[k + 1], &info[k], (n++ - k) * sizeof(*info));
		info[k] = (struct bpf_func_info){at, T_FUNC};
	}
	return n;
}

int both_load(struct skep *skep, const struct both_prog *prog, int btf, const int *fds, char *log)
{
	struct bpf_insn insns[1024];
	struct bpf_func_info info[MAX_SUBPROGS + 1];
	union bpf_attr attr = {.prog_type = prog->type,
			       .expected_attach_type = prog->attach,
			       .prog_flags = prog->flags,
			       .insns = ptr_to_u64(insns),
			       .insn_cnt = prog->len,
			       .license = ptr_to_u64("GPL"),
			       .log_buf = ptr_to_u64(log),
			       .log_size = LOG_SIZE,
			       .log_level = 1};

	memcpy(insns, prog->insns, prog->len * sizeof(*insns));
	for (u32 i = 0; i < prog->nr_refs; i++)
		insns[prog->ref_insn[i]].imm = fds[prog->ref_map[i]];
	attr.func_info_cnt = find_subprogs(prog, info);
	attr.func_info = ptr_to_u64(info);
	attr.func_info_rec_size = sizeof(*info);
	attr.prog_btf_fd = (u32)btf;
	return (int)both_bpf(skep, BPF_PROG_LOAD, &attr);
}

static int lookup(struct skep *skep, int fd, u32 key, void *value)
{
	union bpf_attr attr = {
		.map_fd = (u32)fd, .key = ptr_to_u64(&key), .value = ptr_to_u64(value)};

	return (int)both_bpf(skep, BPF_MAP_LOOKUP_ELEM, &attr);
}

/* A value's bytes; of a per-CPU one the words' sums, as no one knows which CPU it was. */
static u32 read_value(struct skep *skep, int fd, const struct both_map *map, u32 key, u64 *to)
{
	u64 value[2048] = {0};
	const u32 words = (map->value_size + 7) / 8;
	const int percpu =
		map->type == BPF_MAP_TYPE_PERCPU_ARRAY || map->type == BPF_MAP_TYPE_PERCPU_HASH;

	if (lookup(skep, fd, key, value))
		return 0;
	memcpy(to, value, words * 8);
	for (u32 cpu = 1; percpu && cpu < 2048 / words; cpu++)
		for (u32 i = 0; i < words; i++)
			to[i] += value[cpu * words + i];
	return words;
}

/* Positions and records; the page offset in a record's header is Linux's own matter. */
static u32 read_ring(int fd, const struct both_map *map, u64 *to)
{
	u8 *pages = mmap(NULL, 2 * PAGE + map->max_entries, PROT_READ, MAP_SHARED, fd, 0);
	u32 words = 0;

	if (pages == MAP_FAILED)
		return 0;
	const u64 end = *(u64 *)(void *)(pages + PAGE);
	to[words++] = end;
	for (u64 at = 0; at < end && end <= map->max_entries;) {
		const u32 *header = (void *)(pages + 2 * PAGE + at);
		u32 size = *header & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
		to[words++] = *header;
		at += 8;
		/* nobody said what is in a record that was discarded */
		if (!(*header & BPF_RINGBUF_DISCARD_BIT))
			memcpy(to + words, pages + 2 * PAGE + at, size);
		words += (size + 7) / 8;
		at += (size + 7) / 8 * 8;
	}
	munmap(pages, 2 * PAGE + map->max_entries);
	return words;
}

static u32 read_map(struct skep *skep, int fd, const struct both_map *map, u64 *to)
{
	u32 words = 0;

	if (map->type == BPF_MAP_TYPE_RINGBUF)
		return read_ring(fd, map, to);
	for (u32 key = 0; map->key_size == sizeof(key) && key < map->max_entries; key++) {
		to[words++] = key;
		words += read_value(skep, fd, map, key, to + words);
	}
	return words;
}

void both_test_run(struct skep *skep, const struct both_prog *prog, int fd,
		   struct both_outcome *out)
{
	union bpf_attr attr = {.test = {.prog_fd = (u32)fd,
					.data_in = ptr_to_u64(prog->data),
					.data_size_in = prog->data_len,
					.data_out = ptr_to_u64(out->data),
					.data_size_out = sizeof(out->data),
					.flags = prog->test_flags}};

	memcpy(out->ctx, prog->ctx, sizeof(out->ctx));
	if (prog->ctx_len) {
		attr.test.ctx_in = attr.test.ctx_out = ptr_to_u64(out->ctx);
		attr.test.ctx_size_in = attr.test.ctx_size_out = prog->ctx_len;
	}
	if (prog->type == BPF_PROG_TYPE_SYSCALL || prog->type == BPF_PROG_TYPE_RAW_TRACEPOINT)
		attr.test.data_in = attr.test.data_out = attr.test.data_size_in =
			attr.test.data_size_out = attr.test.ctx_out = attr.test.ctx_size_out = 0;
	out->run = both_bpf(skep, BPF_PROG_TEST_RUN, &attr);
	out->retval = attr.test.retval;
	out->data_len = attr.test.data_size_out;
}

static int with_maps(struct skep *skep, const struct both_prog *prog, int btf, int *fds,
		     struct both_outcome *out)
{
	int fd;
	u64 *to = out->content;

	for (u32 i = 0; i < prog->nr_maps; i++) {
		fds[i] = both_map(skep, btf, &prog->map[i]);
		if (fds[i] < 0)
			return printf("# %s: map %s: %d\n", skep ? "skep" : "Linux",
				      prog->map[i].name, fds[i]) < 0;
	}
	fd = both_load(skep, prog, btf, fds, out->log);
	out->load = fd < 0 ? fd : 0;
	if (fd < 0)
		return 1;
	both_test_run(skep, prog, fd, out);
	for (u32 i = 0; i < prog->nr_maps; i++)
		to += read_map(skep, fds[i], &prog->map[i], to);
	both_close(skep, fd);
	return 1;
}

int both_run(struct skep *skep, const struct both_prog *prog, struct both_outcome *out)
{
	int fds[BOTH_MAPS] = {-1, -1, -1, -1, -1, -1}, btf = both_btf(skep), ok;

	memset(out, 0, sizeof(*out));
	if (btf < 0)
		return printf("# %s: BTF: %d\n", skep ? "skep" : "Linux", btf) < 0;
	ok = with_maps(skep, prog, btf, fds, out);
	for (u32 i = 0; i < BOTH_MAPS; i++)
		both_close(skep, fds[i]);
	both_close(skep, btf);
	return ok;
}

static int same_number(const char *what, long long theirs, long long ours)
{
	if (theirs == ours)
		return 1;
	printf("#   %s: Linux %lld (0x%llx), skep %lld (0x%llx)\n", what, theirs, theirs, ours,
	       ours);
	return 0;
}

static int same_bytes(const char *what, const void *theirs, const void *ours, size_t n)
{
	const u8 *a = theirs, *b = ours;

	for (size_t i = 0; i < n; i++)
		if (a[i] != b[i]) {
			printf("#   %s, byte %zu: Linux %02x, skep %02x\n", what, i, a[i], b[i]);
			return 0;
		}
	return 1;
}

int both_same(const struct both_outcome *theirs, const struct both_outcome *ours)
{
	return same_number("load", theirs->load, ours->load) &&
	       same_number("run", theirs->run, ours->run) &&
	       same_number("R0", (s32)theirs->retval, (s32)ours->retval) &&
	       same_number("size of data", theirs->data_len, ours->data_len) &&
	       same_bytes("data", theirs->data, ours->data, sizeof(ours->data)) &&
	       same_bytes("context", theirs->ctx, ours->ctx, sizeof(ours->ctx)) &&
	       same_bytes("maps", theirs->content, ours->content, sizeof(ours->content));
}
