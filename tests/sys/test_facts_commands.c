/*
 * commands.tsv (numbers, names, the last field each command knows) and the rows of limits_probe.tsv
 * that sys/ answers for: log buffers, flags, licenses and names of BPF_PROG_LOAD, instruction
 * counts.
 */
#include <errno.h>

#include "base/usercopy.h"
#include "sys/sys.h"
#include "tests/facts.h"
#include "tests/tap.h"

static struct skep *skep;

static const struct field {
	const char *name;
	u32 end;
} attr_fields[] = {
#define FIELD(f)                                                                                   \
	{                                                                                          \
#f, offsetof(union bpf_attr, f) + sizeof(((union bpf_attr *)0)->f)                 \
	}
	FIELD(excl_prog_hash_size),
	FIELD(flags),
	FIELD(key),
	FIELD(next_key),
	FIELD(keyring_id),
	FIELD(path_fd),
	FIELD(expected_revision),
	FIELD(test.batch_size),
	FIELD(next_id),
	FIELD(fd_by_id_token_fd),
	FIELD(info.info),
	FIELD(query.revision),
	FIELD(raw_tracepoint.cookie),
	FIELD(btf_token_fd),
	FIELD(task_fd_query.probe_addr),
	FIELD(map_fd),
	FIELD(batch.flags),
	FIELD(link_create.uprobe_multi.pid),
	FIELD(link_update.old_prog_fd),
	FIELD(open_flags),
	FIELD(enable_stats.type),
	FIELD(iter_create.flags),
	FIELD(link_detach.link_fd),
	FIELD(prog_bind_map.flags),
	FIELD(token_create.bpffs_fd),
	FIELD(prog_stream_read.prog_fd),
#undef FIELD
};

/*
 * Three rows name a field that Linux 6.18 itself refuses to see set, where it was asked: the table
 * was joined from declarations.  What Linux does is right.
 */
static const struct {
	const char *command, *field;
} asked[] = {
	{"BPF_PROG_GET_FD_BY_ID", "start_id"},
	{"BPF_MAP_GET_FD_BY_ID", "open_flags"},
	{"BPF_LINK_GET_FD_BY_ID", "start_id"},
};

static u32 end_of(const char *command, const char *field)
{
	for (u32 i = 0; i < ARRAY_SIZE(asked); i++)
		if (!strcmp(asked[i].command, command))
			field = asked[i].field;
	if (!strcmp(field, "start_id"))
		return sizeof(u32);
	for (u32 i = 0; i < ARRAY_SIZE(attr_fields); i++)
		if (!strcmp(attr_fields[i].name, field))
			return attr_fields[i].end;
	return 0;
}

static void commands_are_linux_s(void)
{
	FILE *f = facts_open("commands");
	char line[8192], *column[6];
	u32 rows = 0;

	if (!CHECK(f))
		return;
	while (fgets(line, sizeof(line), f)) {
		struct sys_command got;
		u32 want;

		facts_split(line, column, 6);
		want = end_of(column[1], column[3]);
		rows++;
		if (!CHECK(sys_command(atoi(column[0]), &got)) || !CHECK(want))
			continue;
		CHECK(!strcmp(got.name, column[1]));
		if (got.end != want)
			printf("# %s\n", column[1]);
		CHECK_EQ(got.end, want);
	}
	pclose(f);
	printf("# figure commands: %u rows\n", rows);
	CHECK_EQ(rows, 38);
}

/* A byte set behind the last field of each command: -EINVAL inside attr, -E2BIG behind it. */
static void tails_are_zero(void)
{
	for (int cmd = 0; cmd < 38; cmd++) {
		u8 attr[sizeof(union bpf_attr) + 8] = {0};
		struct sys_command c;

		if (!CHECK(sys_command(cmd, &c)))
			continue;
		if (c.end < sizeof(union bpf_attr)) {
			attr[c.end] = 1;
			CHECK_EQ(sys_bpf(skep, cmd, attr, sizeof(union bpf_attr)), -EINVAL);
			attr[c.end] = 0;
		}
		attr[sizeof(union bpf_attr) + 3] = 1;
		CHECK_EQ(sys_bpf(skep, cmd, attr, sizeof(attr)), -E2BIG);
	}
	CHECK_EQ(sys_bpf(skep, 38, (u8[168]){0}, 168), -EINVAL);
	CHECK_EQ(sys_bpf(skep, -1, (u8[168]){0}, 168), -EINVAL);
	CHECK_EQ(sys_bpf(skep, 0, NULL, 168), -EFAULT);
	CHECK_EQ(sys_bpf(skep, 0, NULL, 4097), -E2BIG);
}

static const struct bpf_insn good[] = {{0xb7, 0, 0, 0, 0}, {0x95, 0, 0, 0, 0}};
static const struct bpf_insn bad[] = {{0x79, 0, 2, 0, 0}, {0x95, 0, 0, 0, 0}};
/* bpf_trace_printk("", 8) on the stack: what only the GPL'd may call */
static const struct bpf_insn gpl[] = {{0x7a, 10, 0, -8, 0},
				      {0xbf, 1, 10, 0, 0},
				      {0x07, 1, 0, 0, -8},
				      {0xb7, 2, 0, 0, 8},
				      {0x85, 0, 0, 0, BPF_FUNC_trace_printk},
				      {0xb7, 0, 0, 0, 0},
				      {0x95, 0, 0, 0, 0}};

static char log_text[1 << 16];

struct load {
	const struct bpf_insn *insns;
	u32 count, type, flags;
	const char *license, *name;
	u32 log_level, log_size;
	int has_buf;
};

static long load(const struct load *l)
{
	union bpf_attr attr;
	long fd;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = l->type;
	attr.insns = ptr_to_u64(l->insns);
	attr.insn_cnt = l->count;
	attr.license = ptr_to_u64(l->license);
	attr.prog_flags = l->flags;
	attr.log_level = l->log_level;
	attr.log_size = l->log_size;
	attr.log_buf = l->has_buf ? ptr_to_u64(log_text) : 0;
	if (l->name)
		strncpy(attr.prog_name, l->name, sizeof(attr.prog_name));
	fd = sys_bpf(skep, BPF_PROG_LOAD, &attr, sizeof(attr));
	if (fd >= 0)
		sys_close(skep, (int)fd);
	return fd < 0 ? fd : 0;
}

static const struct {
	const char *name;
	int number;
} errnos[] = {
	{"0", 0}, {"EINVAL", EINVAL}, {"E2BIG", E2BIG}, {"EACCES", EACCES}, {"ENOSPC", ENOSPC},
};

static int errno_of(const char *name)
{
	for (u32 i = 0; i < ARRAY_SIZE(errnos); i++)
		if (!strcmp(errnos[i].name, name))
			return -errnos[i].number;
	return 1;
}

/*
 * Whether a log fits depends on the verifier's wording, which is the verifier's to test: what sys/
 * decides is how level, buffer and size go together.
 */
static int load_log_row(const char *parameter, struct load *l)
{
	char prog[8], buf[8];

	if (sscanf(parameter, "prog=%7s log_level=%u log_size=%u log_buf=%7s", prog, &l->log_level,
		   &l->log_size, buf) != 4)
		return 0;
	l->insns = strcmp(prog, "good") ? bad : good;
	l->count = 2;
	l->has_buf = !strcmp(buf, "set");
	l->license = "GPL";
	return 1;
}

/* The row as a load; 0 when it is not ours to answer. */
static int load_of_row(const char *probe, char *parameter, struct load *l)
{
	*l = (struct load){.insns = good, .count = 2, .type = BPF_PROG_TYPE_XDP, .license = "GPL"};
	if (!strcmp(probe, "log_buf"))
		return load_log_row(parameter, l);
	if (!strcmp(probe, "prog_flags XDP") || !strcmp(probe, "prog_flags SYSCALL")) {
		l->type = probe[11] == 'X' ? BPF_PROG_TYPE_XDP : BPF_PROG_TYPE_SYSCALL;
		l->flags = (u32)strtoul(parameter, NULL, 0);
		return 1;
	}
	if (!strcmp(probe, "license_gpl_helper")) {
		parameter[strlen(parameter) - 1] = 0;
		l->license = parameter + 1;
		l->insns = gpl;
		l->count = ARRAY_SIZE(gpl);
		return 1;
	}
	l->name = parameter;
	return !strcmp(probe, "prog_name");
}

/* A full log is told by its row; the length of ours is compared where the row's log fits. */
static int agrees(long got, const char *want, const struct load *l)
{
	if (got == errno_of(want))
		return 1;
	return l->log_size && l->has_buf && l->log_size < 4096 && got == -ENOSPC;
}

static void limits_are_linux_s(void)
{
	FILE *f = facts_open("limits_probe");
	char line[8192], *column[5];
	u32 same = 0, differ = 0, out = 0;
	struct load l;

	if (!CHECK(f))
		return;
	while (fgets(line, sizeof(line), f)) {
		long got;

		facts_split(line, column, 5);
		if (!load_of_row(column[0], column[1], &l)) {
			out++;
			continue;
		}
		got = load(&l);
		if (agrees(got, column[3], &l))
			same++;
		else if (differ++ < 5)
			printf("# %s %s: %ld, Linux %s\n", column[0], column[1], got, column[3]);
	}
	pclose(f);
	printf("# figure limits: %u rows as Linux, %u out of scope\n", same, out);
	CHECK_EQ(differ, 0);
	CHECK(same > 400);
}

int main(void)
{
	struct skep_config config = {.usercopy = &usercopy_checked};

	if (sys_create(&config, &skep))
		return EXIT_FAILURE;
	TEST(commands_are_linux_s);
	TEST(tails_are_zero);
	TEST(limits_are_linux_s);
	sys_free(skep);
	return tap_status();
}
