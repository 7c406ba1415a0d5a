/*
 * Which helpers programs of each type may call (helper_by_progtype), and with which maps
 * (map_helper_compat), as Linux 6.18 answered: verdict, errno, and the complaint word for word.
 */
#include <errno.h>

#include "sys/sys.h"
#include "tests/facts.h"
#include "tests/lib/load_facts.h"
#include "tests/tap.h"

enum { FRAME = 288 };

static struct load_facts t;
static int btf, inner; /* what some maps are made of */

/* Not known yet, and said so. */
static int is_later(const char *complaint)
{
	return strstr(complaint, "skep's verifier does not know ") != NULL;
}

enum { PROG, TYPE, ATTACH, HELPER, NAME, ALLOWED, GPL_ONLY, PROPRIETARY, COMPLAINT, COLUMNS };

/* Calls a helper with the context in r1 and nothing else: the complaint, "" when accepted. */
static int call_helper(char *column[], const char *license, char text[LOAD_LINE])
{
	u32 type = (u32)atoi(column[TYPE]);
	int sleeps = strstr(column[PROG], "(sleepable") || type == BPF_PROG_TYPE_SYSCALL;
	const struct bpf_insn insns[] = {
		{.code = 0x85, .imm = atoi(column[HELPER])},
		{.code = 0xb7, .imm = load_facts_result(type)},
		{.code = 0x95},
	};
	int err = load_facts_load(&t, &(struct load){.type = type,
						     .attach = (u32)atoi(column[ATTACH]),
						     .flags = sleeps ? BPF_F_SLEEPABLE : 0,
						     .log_level = 1,
						     .license = license,
						     .insns = insns,
						     .len = 3});

	text[0] = 0;
	if (err)
		load_facts_complaint(&t, text);
	return err;
}

/* Was the helper itself refused, or what it was called with? */
static int was_allowed(int err)
{
	static const char *const words[] = {"unknown func", "cannot use helper", "invalid func",
					    "helper call is not allowed", "sleepable helper"};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strstr(t.log, words[i]))
			return 0;
	return !err || t.log[0];
}

/* 1, 0, or -1: not known yet. */
static int same_helper(char *column[], char here[2 * LOAD_LINE + 64])
{
	char complaint[LOAD_LINE], proprietary[LOAD_LINE] = "";
	int err = call_helper(column, "GPL", complaint), gpl = -1;
	int allowed = was_allowed(err);

	if (is_later(complaint))
		return -1;
	if (allowed) {
		if (!call_helper(column, "Proprietary", proprietary))
			strcpy(proprietary, "ok");
		gpl = strstr(proprietary, "GPL") != NULL;
	}
	snprintf(here, 2 * LOAD_LINE + 64, "%d %d %s, %s", allowed, gpl, proprietary, complaint);
	return allowed == atoi(column[ALLOWED]) &&
	       gpl == (column[GPL_ONLY][0] ? atoi(column[GPL_ONLY]) : -1) &&
	       !strcmp(proprietary, column[PROPRIETARY]) && !strcmp(complaint, column[COMPLAINT]);
}

static void helper_by_progtype(void)
{
	FILE *f = facts_open("helper_by_progtype");
	char line[4096], row[4096], here[2 * LOAD_LINE + 64], *column[COLUMNS];

	while (CHECK(f) && fgets(line, sizeof(line), f)) {
		int same;

		strcpy(row, line);
		facts_split(line, column, COLUMNS);
		same = load_facts_needs_btf((u32)atoi(column[TYPE])) ? -1
								     : same_helper(column, here);
		if (same < 0)
			t.out_of_scope++;
		else
			load_facts_judge(&t, same, row, here);
	}
	pclose(f);
	CHECK(load_facts_report(&t, "helper_by_progtype", 14911));
}

/* A blob of BTF: int, and struct { int a, b; } for storage maps. */
static int load_btf(void)
{
	static const struct {
		u32 magic_version, header, types_at, types_len, strings_at, strings_len;
		u32 types[13];
		char strings[16];
	} blob = {.magic_version = 0xeb9f | 1 << 16,
		  .header = 24,
		  .types_len = 52,
		  .strings_at = 52,
		  .strings_len = 16,
		  .types = {1, 1 << 24, 4, 1 << 24 | 32,             /* int */
			    5, 4 << 24 | 2, 8, 10, 1, 0, 12, 1, 32}, /* struct */
		  .strings = "\0int\0val\0\0a\0b"};
	union bpf_attr attr = {.btf = ptr_to_u64(&blob), .btf_size = sizeof(blob)};

	return (int)sys_bpf(t.skep, BPF_BTF_LOAD, &attr, sizeof(attr));
}

static int create(union bpf_attr *attr)
{
	return (int)sys_bpf(t.skep, BPF_MAP_CREATE, attr, sizeof(*attr));
}

/* How a map of each type has to be made; what is not listed is 4, 8, 4. */
static const struct {
	u32 type, key, value, entries, flags;
} shapes[] = {
	{BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 4, 0},
	{BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, 4, 0},
	{BPF_MAP_TYPE_STACK_TRACE, 4, 32, 4, 0},
	{BPF_MAP_TYPE_CGROUP_ARRAY, 4, 4, 4, 0},
	{BPF_MAP_TYPE_LPM_TRIE, 8, 8, 4, BPF_F_NO_PREALLOC},
	{BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 4, 4, 0},
	{BPF_MAP_TYPE_HASH_OF_MAPS, 4, 4, 4, 0},
	{BPF_MAP_TYPE_DEVMAP, 4, 4, 4, 0},
	{BPF_MAP_TYPE_SOCKMAP, 4, 4, 4, 0},
	{BPF_MAP_TYPE_CPUMAP, 4, 4, 4, 0},
	{BPF_MAP_TYPE_XSKMAP, 4, 4, 4, 0},
	{BPF_MAP_TYPE_SOCKHASH, 4, 4, 4, 0},
	{BPF_MAP_TYPE_CGROUP_STORAGE, 16, 8, 0, 0},
	{BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE, 16, 8, 0, 0},
	{BPF_MAP_TYPE_QUEUE, 0, 8, 4, 0},
	{BPF_MAP_TYPE_STACK, 0, 8, 4, 0},
	{BPF_MAP_TYPE_SK_STORAGE, 4, 8, 0, BPF_F_NO_PREALLOC},
	{BPF_MAP_TYPE_DEVMAP_HASH, 4, 4, 4, 0},
	{BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0},
	{BPF_MAP_TYPE_INODE_STORAGE, 4, 8, 0, BPF_F_NO_PREALLOC},
	{BPF_MAP_TYPE_TASK_STORAGE, 4, 8, 0, BPF_F_NO_PREALLOC},
	{BPF_MAP_TYPE_BLOOM_FILTER, 0, 8, 4, 0},
	{BPF_MAP_TYPE_USER_RINGBUF, 0, 0, 4096, 0},
	{BPF_MAP_TYPE_CGRP_STORAGE, 4, 8, 0, BPF_F_NO_PREALLOC},
};

static int make_map(u32 type)
{
	union bpf_attr attr = {.map_type = type, .key_size = 4, .value_size = 8, .max_entries = 4};

	for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++) {
		if (shapes[i].type != type)
			continue;
		attr.key_size = shapes[i].key;
		attr.value_size = shapes[i].value;
		attr.max_entries = shapes[i].entries;
		attr.map_flags = shapes[i].flags;
	}
	if (type == BPF_MAP_TYPE_ARRAY_OF_MAPS || type == BPF_MAP_TYPE_HASH_OF_MAPS)
		attr.inner_map_fd = (u32)inner;
	if (attr.map_flags == BPF_F_NO_PREALLOC && !attr.max_entries) {
		attr.btf_fd = (u32)btf;
		attr.btf_key_type_id = 1;
		attr.btf_value_type_id = 2;
	}
	return create(&attr);
}

static void make_parts(void)
{
	union bpf_attr array = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 4};

	btf = load_btf();
	inner = create(&array);
	CHECK(btf > 0 && inner > 0);
}

/*
 * What helpers are called with, a letter an argument: m the map, c the context, k a key or value on
 * the stack, 0 and 8 numbers, t 24, K the current task.
 */
static const struct {
	u32 helper;
	const char *args;
} calls[] = {
	{1, "mk"},     {2, "mkk0"},  {3, "mk"},    {12, "cm0"},   {22, "m0"},   {25, "cm0k8"},
	{27, "cm0"},   {33, "cm0"},  {37, "m0"},   {51, "m00"},   {52, "cm00"}, {53, "cmk0"},
	{55, "m0kt"},  {60, "cm00"}, {67, "ck80"}, {70, "cmk0"},  {71, "cmk0"}, {72, "cmk0"},
	{81, "m0"},    {82, "cmk0"}, {87, "mk0"},  {88, "mk"},    {89, "mk"},   {107, "mc00"},
	{130, "mk80"}, {131, "m80"}, {134, "m0"},  {156, "mK00"}, {157, "mK"},  {195, "mk0"},
	{198, "m80k"},
};

static u32 put_arg(struct bpf_insn *to, u8 reg, char what, int map)
{
	const struct bpf_insn number = {.code = 0xb7, .dst_reg = reg & 15};
	const struct bpf_insn move = {.code = 0xbf, .dst_reg = reg & 15};

	to[0] = number;
	switch (what) {
	case 'm':
		to[0] = (struct bpf_insn){.code = 0x18,
					  .dst_reg = reg & 15,
					  .src_reg = BPF_PSEUDO_MAP_FD,
					  .imm = map};
		to[1] = (struct bpf_insn){0};
		return 2;
	case 'c':
	case 'K':
		to[0] = move;
		to[0].src_reg = what == 'c' ? 6 : 7;
		return 1;
	case 'k':
		to[0] = move;
		to[0].src_reg = 10;
		to[1] = (struct bpf_insn){.code = 0x07, .dst_reg = reg & 15, .imm = -FRAME};
		return 2;
	case '8':
		to[0].imm = 8;
		return 1;
	case 't':
		to[0].imm = 24;
		return 1;
	default:
		return 1;
	}
}

static u32 build_call(u32 helper, const char *args, int map, s32 result, struct bpf_insn *to)
{
	u32 n = 0;

	to[n++] = (struct bpf_insn){.code = 0xbf, .dst_reg = 6, .src_reg = 1};
	for (s16 off = -FRAME; off < 0; off += 8)
		to[n++] = (struct bpf_insn){.code = 0x7a, .dst_reg = 10, .off = off};
	if (strchr(args, 'K')) {
		to[n++] = (struct bpf_insn){.code = 0x85, .imm = BPF_FUNC_get_current_task_btf};
		to[n++] = (struct bpf_insn){.code = 0xbf, .dst_reg = 7};
	}
	for (u8 i = 0; args[i]; i++)
		n += put_arg(to + n, i + 1, args[i], map);
	to[n++] = (struct bpf_insn){.code = 0x85, .imm = (s32)helper};
	to[n++] = (struct bpf_insn){.code = 0xb7, .imm = result};
	to[n++] = (struct bpf_insn){.code = 0x95};
	return n;
}

static const struct {
	const char *name;
	u32 type, attach;
	s32 result;
} progs[] = {
	{"SOCKET_FILTER", BPF_PROG_TYPE_SOCKET_FILTER, 0, 0},
	{"KPROBE", BPF_PROG_TYPE_KPROBE, 0, 0},
	{"SCHED_CLS", BPF_PROG_TYPE_SCHED_CLS, 0, 0},
	{"XDP", BPF_PROG_TYPE_XDP, 0, 0},
	{"PERF_EVENT", BPF_PROG_TYPE_PERF_EVENT, 0, 0},
	{"CGROUP_SKB", BPF_PROG_TYPE_CGROUP_SKB, 0, 1},
	{"CGROUP_SOCK", BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET_SOCK_CREATE, 1},
	{"SOCK_OPS", BPF_PROG_TYPE_SOCK_OPS, BPF_CGROUP_SOCK_OPS, 1},
	{"SK_SKB", BPF_PROG_TYPE_SK_SKB, BPF_SK_SKB_STREAM_VERDICT, 1},
	{"SK_MSG", BPF_PROG_TYPE_SK_MSG, BPF_SK_MSG_VERDICT, 1},
	{"SK_REUSEPORT", BPF_PROG_TYPE_SK_REUSEPORT, 0, 0},
	{"SK_LOOKUP", BPF_PROG_TYPE_SK_LOOKUP, BPF_SK_LOOKUP, 1},
};

enum { C_HELPER, C_NAME, C_PROG, C_MAP, C_MAP_TYPE, C_RESULT, C_ERRNO, C_MESSAGE, C_COLUMNS };

/* A new map each time: prog arrays belong to the first type that used them. */
static int load_call(char *column[], const char *args)
{
	struct bpf_insn insns[64];
	struct load load = {.log_level = 1, .insns = insns};
	int map = make_map((u32)atoi(column[C_MAP_TYPE])), err = 1;

	for (size_t i = 0; i < sizeof(progs) / sizeof(*progs); i++) {
		if (strcmp(progs[i].name, column[C_PROG]))
			continue;
		load.type = progs[i].type;
		load.attach = progs[i].attach;
		load.len =
			build_call((u32)atoi(column[C_HELPER]), args, map, progs[i].result, insns);
		err = load_facts_load(&t, &load);
	}
	if (map >= 0)
		sys_close(t.skep, map);
	return err;
}

/* 1, 0, or -1: not known yet. */
static int same_call(char *column[], char here[2 * LOAD_LINE])
{
	const char *args = NULL;
	char text[LOAD_LINE] = "";
	int err;

	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if (calls[i].helper == (u32)atoi(column[C_HELPER]))
			args = calls[i].args;
	err = args ? load_call(column, args) : 1;
	if (err)
		load_facts_complaint(&t, text);
	if (is_later(text))
		return -1;
	snprintf(here, 2 * LOAD_LINE, "%s %s", load_facts_errno(err), text);
	return !strcmp(load_facts_errno(err), column[C_ERRNO]) && !strcmp(text, column[C_MESSAGE]);
}

static void map_helper_compat(void)
{
	FILE *f = facts_open("map_helper_compat");
	char line[4096], row[4096], here[2 * LOAD_LINE], *column[C_COLUMNS];

	make_parts();
	while (CHECK(f) && fgets(line, sizeof(line), f)) {
		int type, same;

		strcpy(row, line);
		facts_split(line, column, C_COLUMNS);
		type = atoi(column[C_MAP_TYPE]);
		/* these two are not there even for verdicts */
		same = type == BPF_MAP_TYPE_STRUCT_OPS || type == BPF_MAP_TYPE_ARENA
			       ? -1
			       : same_call(column, here);
		if (same < 0)
			t.out_of_scope++;
		else
			load_facts_judge(&t, same, row, here);
	}
	pclose(f);
	CHECK(load_facts_report(&t, "map_helper_compat", 2015));
}

int main(void)
{
	if (!CHECK(load_facts_begin(&t)))
		return 1;
	TEST(helper_by_progtype);
	TEST(map_helper_compat);
	load_facts_end(&t);
	return tap_status();
}
