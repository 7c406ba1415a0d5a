/*
 * What callers without capabilities may do: the unprivileged rows of limits_probe.tsv, and beyond
 * them what Linux 6.18 was seen to answer.
 */
#include <errno.h>

#include "base/caps.h"
#include "base/usercopy.h"
#include "map/map.h"
#include "progtype/progtype.h"
#include "sys/internal.h"
#include "tests/facts.h"
#include "tests/tap.h"

static struct skep *skep;
static u32 lacking;

static u32 lacks(struct skep *of)
{
	(void)of;
	return lacking;
}

enum { EVERYTHING = CAP_FLAG_BPF | CAP_FLAG_NET_ADMIN | CAP_FLAG_PERFMON | CAP_FLAG_SYS_ADMIN };

static const struct bpf_insn one[] = {
	{.code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 1},
	{.code = BPF_JMP | BPF_EXIT},
};

static long call(int cmd, union bpf_attr *attr)
{
	return sys_bpf(skep, cmd, attr, sizeof(*attr));
}

static long load_many(u32 type, const struct bpf_insn *insns, u32 count)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = type;
	attr.insns = ptr_to_u64(insns);
	attr.insn_cnt = count;
	attr.license = ptr_to_u64("GPL");
	return call(BPF_PROG_LOAD, &attr);
}

static long load(u32 type)
{
	return load_many(type, one, 2);
}

static long create(u32 type, u32 value_size, u32 flags)
{
	union bpf_attr attr = {.map_type = type,
			       .key_size = 4,
			       .value_size = value_size,
			       .max_entries = 1,
			       .map_flags = flags};

	return call(BPF_MAP_CREATE, &attr);
}

/* ---- the rows ---- */

enum { UNKNOWN = 1 };

static long load_named(const char *name)
{
	for (u32 id = 1; progtype_by_id(id); id++)
		if (!strcmp(progtype_by_id(id)->name + strlen("BPF_PROG_TYPE_"), name))
			return load(id);
	return UNKNOWN;
}

static long create_named(const char *name)
{
	for (u32 id = 1; map_type_by_id(id); id++)
		if (map_type_by_id(id)->ops &&
		    !strcmp(map_type_by_id(id)->name + strlen("BPF_MAP_TYPE_"), name))
			return create(id, 8, 0);
	return UNKNOWN;
}

static long call_named(const char *name)
{
	struct sys_command command;
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	for (int cmd = 0; sys_command(cmd, &command); cmd++)
		if (!strcmp(command.name, name))
			return call(cmd, &attr);
	return UNKNOWN;
}

static const struct {
	const char *probe;
	long (*ask)(const char *name);
} probes[] = {
	{"unpriv(sysctl=0) prog_load", load_named},
	{"unpriv(sysctl=0) map_create", create_named},
	{"unpriv(sysctl=0) cmd all-zero", call_named},
};

static long ask(const char *probe, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(probes); i++)
		if (!strcmp(probe, probes[i].probe))
			return probes[i].ask(name);
	return UNKNOWN;
}

static int agrees(long got, const char *want)
{
	return got >= 0 ? !strcmp(want, "0") : !strcmp(want, strerrorname_np((int)-got));
}

static void rows_are_linux_s(void)
{
	FILE *f = facts_open("limits_probe");
	char line[8192], *column[5];
	u32 same = 0, differ = 0, out = 0;

	if (!CHECK(f))
		return;
	lacking = EVERYTHING;
	atomic_store(&skep->unprivileged_bpf_disabled, 0);
	while (fgets(line, sizeof(line), f)) {
		long got;

		facts_split(line, column, 5);
		got = ask(column[0], column[1]);
		if (got == UNKNOWN)
			out++;
		else if (agrees(got, column[3]))
			same++;
		else if (differ++ < 5)
			printf("# %s %s: %ld, Linux %s\n", column[0], column[1], got, column[3]);
		if (got > UNKNOWN)
			sys_close(skep, (int)got);
	}
	pclose(f);
	printf("# figure unprivileged: %u rows as Linux, %u out of scope\n", same, out);
	CHECK_EQ(differ, 0);
	CHECK(same >= 78);
}

/* ---- beyond them ---- */

static void the_sysctl_stops_makers_alone(void)
{
	int map;

	lacking = 0;
	atomic_store(&skep->unprivileged_bpf_disabled, 2);
	map = (int)create(BPF_MAP_TYPE_ARRAY, 4, 0);
	CHECK(map >= 0);
	lacking = EVERYTHING;
	CHECK_EQ(create(BPF_MAP_TYPE_ARRAY, 4, 0), -EPERM);
	CHECK_EQ(create(BPF_MAP_TYPE_ARRAY, 0, 0), -EINVAL); /* the type's checks come first */
	CHECK_EQ(load(BPF_PROG_TYPE_SOCKET_FILTER), -EPERM);
	{
		u32 key = 0, value = 0;
		union bpf_attr attr = {
			.map_fd = (u32)map, .key = ptr_to_u64(&key), .value = ptr_to_u64(&value)};

		CHECK_EQ(call(BPF_MAP_UPDATE_ELEM, &attr), 0);
		CHECK_EQ(call(BPF_MAP_LOOKUP_ELEM, &attr), 0);
	}
	sys_close(skep, map);
}

static void seeds_of_zero_are_the_admins(void)
{
	atomic_store(&skep->unprivileged_bpf_disabled, 0);
	lacking = CAP_FLAG_SYS_ADMIN;
	CHECK_EQ(create(BPF_MAP_TYPE_HASH, 4, BPF_F_ZERO_SEED), -EPERM);
	CHECK_EQ(create(BPF_MAP_TYPE_ARRAY, 4, BPF_F_ZERO_SEED), -EINVAL);
}

static void each_type_takes_its_capability(void)
{
	lacking = CAP_FLAG_NET_ADMIN | CAP_FLAG_SYS_ADMIN;
	CHECK_EQ(load(BPF_PROG_TYPE_XDP), -EPERM);
	lacking = CAP_FLAG_PERFMON | CAP_FLAG_SYS_ADMIN;
	CHECK_EQ(load(BPF_PROG_TYPE_KPROBE), -EPERM);
	CHECK(load(BPF_PROG_TYPE_XDP) >= 0);
	lacking = CAP_FLAG_SYS_ADMIN;
	CHECK(load(BPF_PROG_TYPE_KPROBE) >= 0);
}

static void programs_stay_short(void)
{
	static struct bpf_insn many[4097];

	for (size_t i = 0; i < ARRAY_SIZE(many); i++)
		many[i] = one[i == ARRAY_SIZE(many) - 1];
	lacking = EVERYTHING;
	CHECK_EQ(load_many(BPF_PROG_TYPE_SOCKET_FILTER, many, ARRAY_SIZE(many)), -E2BIG);
	lacking = 0;
	CHECK(load_many(BPF_PROG_TYPE_SOCKET_FILTER, many, ARRAY_SIZE(many)) >= 0);
	lacking = EVERYTHING;
	CHECK(load_many(BPF_PROG_TYPE_SOCKET_FILTER, many + 1, ARRAY_SIZE(many) - 1) >= 0);
}

/* Linux: a length of 0, and the rest of what is asked stays as it was. */
static void instructions_are_not_told(void)
{
	struct bpf_insn insns[8];
	struct bpf_prog_info info = {.xlated_prog_len = sizeof(insns),
				     .xlated_prog_insns = ptr_to_u64(insns)};
	long prog = load(BPF_PROG_TYPE_SOCKET_FILTER);
	union bpf_attr attr = {0};

	attr.info.bpf_fd = (u32)prog;
	attr.info.info_len = sizeof(info);
	attr.info.info = ptr_to_u64(&info);
	CHECK_EQ(call(BPF_OBJ_GET_INFO_BY_FD, &attr), 0);
	CHECK_EQ(info.xlated_prog_len, 0);
	CHECK_EQ(info.jited_prog_len, 0);
	CHECK_EQ(info.type, BPF_PROG_TYPE_SOCKET_FILTER);
}

int main(void)
{
	struct skep_config config = {.usercopy = &usercopy_checked};
	struct sys_caller caller = caller_self;

	caller.lacks = lacks;
	config.caller = &caller;
	if (sys_create(&config, &skep))
		return EXIT_FAILURE;
	TEST(rows_are_linux_s);
	TEST(the_sysctl_stops_makers_alone);
	TEST(seeds_of_zero_are_the_admins);
	TEST(each_type_takes_its_capability);
	TEST(programs_stay_short);
	TEST(instructions_are_not_told);
	sys_free(skep);
	return tap_status();
}
