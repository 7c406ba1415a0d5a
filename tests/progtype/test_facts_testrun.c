/*
 * BPF_PROG_TEST_RUN against what Linux 6.18 answered: every row of testrun_probe, ctxin_probe and
 * testrun_sizes whose program type is in tests/facts/scope.
 */
#include <errno.h>
#include <stdint.h>

#include "base/abi.h"
#include "base/usercopy.h"
#include "sys/sys.h"
#include "tests/facts.h"
#include "tests/tap.h"

enum { SHOWN = 10, PAGE = 4096, CPUS = 2 };

static struct {
	struct skep *skep;
	u8 data[1 << 17], data_out[1 << 17], ctx[PAGE], ctx_out[PAGE];
	char scope[64][32];
	u32 nr_scope;
} fixture;

struct tally {
	const char *what;
	u32 match, out_of_scope, differ;
};

static void tally(struct tally *t, int same, const char *row, const char *got)
{
	if (same)
		t->match++;
	else if (t->differ++ < SHOWN)
		printf("# %s differs: %s#   got: %s\n", t->what, row, got);
}

static void tally_end(const struct tally *t)
{
	printf("# %s: %u rows match, %u out of scope, %u differ\n", t->what, t->match,
	       t->out_of_scope, t->differ);
	CHECK(t->match > 0);
	CHECK_EQ(t->differ, 0);
}

static void read_scope(void)
{
	const char *dir = getenv("SKEP_FACTS");
	char path[512], line[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/scope", dir ? dir : "tests/facts");
	f = fopen(path, "r");
	while (CHECK(f) && fgets(line, sizeof(line), f) && fixture.nr_scope < 64)
		if (sscanf(line, "progtype %31s", fixture.scope[fixture.nr_scope]) == 1)
			fixture.nr_scope++;
	if (f)
		fclose(f);
	CHECK(fixture.nr_scope > 0);
}

/* "CGROUP_SKB/CGROUP_INET_EGRESS", "KPROBE(sleepable)", "XDP+HAS_FRAGS": up to the first of /(+ */
static int in_scope(const char *label)
{
	size_t n = strcspn(label, "/(+");

	for (u32 i = 0; i < fixture.nr_scope; i++)
		if (strlen(fixture.scope[i]) == n && !strncmp(label, fixture.scope[i], n))
			return 1;
	return 0;
}

static const char *errno_text(long err)
{
	static const struct {
		int number;
		const char *name;
	} names[] = {
		{0, "0"},
		{EINVAL, "EINVAL"},
		{EFAULT, "EFAULT"},
		{ENOSPC, "ENOSPC"},
		{ENOMEM, "ENOMEM"},
		{E2BIG, "E2BIG"},
		{ENODEV, "ENODEV"},
		{ENXIO, "ENXIO"},
		{ERANGE, "ERANGE"},
		{EAFNOSUPPORT, "EAFNOSUPPORT"},
		{EBADF, "EBADF"},
		{EACCES, "EACCES"},
		{ENOTSUPP, "ENOTSUPP"},
		{EOPNOTSUPP, "EOPNOTSUPP"},
		{EPERM, "EPERM"},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].number == -err)
			return names[i].name;
	return "another";
}

/* A program "return r0" of this type; the fd, or -errno. */
static long load(u32 type, u32 attach, u32 flags, int r0)
{
	struct bpf_insn insns[] = {
		{.code = 0xb7, .imm = r0}, /* r0 = imm */
		{.code = 0x95},            /* exit */
	};
	union bpf_attr attr = {
		.prog_type = type,
		.expected_attach_type = attach,
		.prog_flags = flags,
		.insns = (uintptr_t)insns,
		.insn_cnt = 2,
		.license = (uintptr_t) "GPL",
	};

	return sys_bpf(fixture.skep, BPF_PROG_LOAD, &attr, sizeof(attr));
}

static long test_run(union bpf_attr *attr)
{
	return sys_bpf(fixture.skep, BPF_PROG_TEST_RUN, attr, sizeof(*attr));
}

/* What the probe's programs return: types whose range has a 1 in it return that. */
static int probe_r0(u32 type)
{
	static const u8 one[] = {
		BPF_PROG_TYPE_CGROUP_SKB,       BPF_PROG_TYPE_CGROUP_SOCK,
		BPF_PROG_TYPE_SOCK_OPS,         BPF_PROG_TYPE_SK_SKB,
		BPF_PROG_TYPE_CGROUP_DEVICE,    BPF_PROG_TYPE_SK_MSG,
		BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_PROG_TYPE_CGROUP_SYSCTL,
		BPF_PROG_TYPE_CGROUP_SOCKOPT,
	};

	return memchr(one, (int)type, sizeof(one)) != NULL;
}

static u32 probe_flags(u32 type, const char *label)
{
	return type == BPF_PROG_TYPE_SYSCALL || strstr(label, "sleepable") ? BPF_F_SLEEPABLE : 0;
}

/* The place of `word` in text, at the start of a word; NULL when it is not there. */
static const char *find_word(const char *text, const char *word)
{
	for (const char *p = text; (p = strstr(p, word)); p++)
		if (p == text || p[-1] == ' ')
			return p + strlen(word);
	return NULL;
}

/* The number behind a word, 0 when the word is not there. */
static u32 number_after(const char *text, const char *word)
{
	const char *p = find_word(text, word);

	return p ? (u32)strtoul(p, NULL, 0) : 0;
}

static u64 address(const void *p)
{
	return (uintptr_t)p;
}

/* "data 64 + ctx_out size 256" and the like, the probe's words for its calls. */
static void describe(const char *call, union bpf_attr *attr)
{
	attr->test.repeat = number_after(call, "repeat=");
	attr->test.flags = number_after(call, "flags=");
	attr->test.cpu = number_after(call, "cpu=");
	attr->test.batch_size = number_after(call, "batch_size=");
	attr->test.ctx_size_in = number_after(call, "ctx_size_in=");
	attr->test.ctx_size_out = number_after(call, "ctx_size_out=");
	attr->test.data_size_in = number_after(call, "data_size_in=") |
				  number_after(call, "size=") | number_after(call, "data ");
	attr->test.data_size_out = number_after(call, "size_out=");
	if (find_word(call, "data_in=zeros") || find_word(call, "data_in ptr") ||
	    find_word(call, "data "))
		attr->test.data_in = address(fixture.data);
	if (find_word(call, "data_in=0x1"))
		attr->test.data_in = 1;
	if (find_word(call, "ctx_in=zeros") || find_word(call, "ctx_in ptr"))
		attr->test.ctx_in = address(fixture.ctx);
	if (find_word(call, "data_out ptr"))
		attr->test.data_out = address(fixture.data_out);
	if (find_word(call, "data_out=0x1")) {
		attr->test.data_out = 1;
	} else if (find_word(call, "data_out=")) {
		attr->test.data_out = address(fixture.data_out);
		attr->test.data_size_out = number_after(call, "data_out=");
	}
	if (find_word(call, "ctx_out size ")) {
		attr->test.ctx_out = address(fixture.ctx_out);
		attr->test.ctx_size_out = number_after(call, "ctx_out size ");
	}
}

/* Column 6 says retval and sizes; the duration is not compared. */
static int same_run(char *column[], long err, const union bpf_attr *attr, char *got, size_t size)
{
	char out[200];

	snprintf(out, sizeof(out), "retval=%u data_size_out=%u ctx_size_out=%u duration=*",
		 attr->test.retval, attr->test.data_size_out, attr->test.ctx_size_out);
	snprintf(got, size, "%s %s", errno_text(err < 0 ? err : 0), out);
	return !strcmp(column[5], errno_text(err < 0 ? err : 0)) && !strcmp(column[6], out);
}

static void probe_row(struct tally *t, char *column[], const char *row)
{
	u32 type = (u32)atoi(column[1]);
	union bpf_attr attr = {0};
	char got[300] = "";
	long fd, err;

	if (!strcmp(column[0], "bad_fd")) {
		attr.test.prog_fd = (u32)(strstr(column[3], "-1") ? -1 : fileno(stdout));
		err = test_run(&attr);
		tally(t, same_run(column, err, &attr, got, sizeof(got)), row, got);
		return;
	}
	fd = load(type, (u32)atoi(column[2]), probe_flags(type, column[0]), probe_r0(type));
	if (!strcmp(column[3], "load") || fd < 0) {
		snprintf(got, sizeof(got), "load: %s", errno_text(fd));
		tally(t, !strcmp(column[3], "load") && !strcmp(column[5], errno_text(fd)), row,
		      got);
		return;
	}
	describe(column[3], &attr);
	attr.test.prog_fd = (u32)fd;
	err = test_run(&attr);
	tally(t, same_run(column, err, &attr, got, sizeof(got)), row, got);
	sys_close(fixture.skep, (int)fd);
}

static void walk(const char *name, int columns,
		 void (*check)(struct tally *t, char *column[], const char *row))
{
	FILE *f = facts_open(name);
	struct tally t = {.what = name};
	char line[4096], row[4096], *column[12];

	while (CHECK(f) && fgets(line, sizeof(line), f)) {
		strcpy(row, line);
		facts_split(line, column, columns);
		if (in_scope(column[0]))
			check(&t, column, row);
		else
			t.out_of_scope++;
	}
	if (f)
		pclose(f);
	tally_end(&t);
}

static void testrun_probe(void)
{
	memset(fixture.data, 0, sizeof(fixture.data));
	memset(fixture.ctx, 0, sizeof(fixture.ctx));
	walk("testrun_probe", 7, probe_row);
}

/* The attach types that the probe of contexts used. */
static u32 ctxin_attach(u32 type)
{
	static const struct {
		u32 type, attach;
	} attach[] = {
		{BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS},
		{BPF_PROG_TYPE_SK_LOOKUP, BPF_SK_LOOKUP},
		{BPF_PROG_TYPE_NETFILTER, BPF_NETFILTER},
		{BPF_PROG_TYPE_SK_SKB, BPF_SK_SKB_STREAM_VERDICT},
	};

	for (size_t i = 0; i < sizeof(attach) / sizeof(attach[0]); i++)
		if (attach[i].type == type)
			return attach[i].attach;
	return 0;
}

static u32 word_at(const u8 *p, u32 off)
{
	u32 v;

	memcpy(&v, p + off, sizeof(v));
	return v;
}

static void ctxin_row(struct tally *t, char *column[], const char *row)
{
	static const u32 data_end = 64;
	u32 type = (u32)atoi(column[1]), off = (u32)atoi(column[3]);
	u32 value = (u32)strtoul(column[4], NULL, 0);
	int plain = type == BPF_PROG_TYPE_RAW_TRACEPOINT || type == BPF_PROG_TYPE_SYSCALL;
	long fd = load(type, ctxin_attach(type), probe_flags(type, ""),
		       type == BPF_PROG_TYPE_CGROUP_SKB || type == BPF_PROG_TYPE_SK_SKB);
	union bpf_attr attr = {
		.test.prog_fd = (u32)fd,
		.test.ctx_in = address(fixture.ctx),
		.test.ctx_size_in = (u32)atoi(column[2]),
	};
	char got[200];
	long err;

	memset(fixture.data, 0, 64);
	memset(fixture.ctx, 0, sizeof(fixture.ctx));
	memset(fixture.ctx_out, 0, sizeof(fixture.ctx_out));
	fixture.data[12] = 8;
	if (type == BPF_PROG_TYPE_XDP)
		memcpy(fixture.ctx + 4, &data_end, 4);
	memcpy(fixture.ctx + off, &value, 4);
	if (!plain && type != BPF_PROG_TYPE_SK_LOOKUP) {
		attr.test.data_in = address(fixture.data);
		attr.test.data_size_in = 64;
	}
	if (!plain) {
		attr.test.ctx_out = address(fixture.ctx_out);
		attr.test.ctx_size_out = 256;
	}
	err = test_run(&attr);
	snprintf(got, sizeof(got), "%s retval %u out 0x%x size %u", errno_text(err),
		 attr.test.retval, word_at(fixture.ctx_out, off), attr.test.ctx_size_out);
	tally(t,
	      !strcmp(column[6], errno_text(err)) && attr.test.retval == (u32)atoi(column[7]) &&
		      word_at(fixture.ctx_out, off) == (u32)strtoul(column[8], NULL, 0) &&
		      attr.test.ctx_size_out == (u32)atoi(column[9]),
	      row, got);
	if (fd >= 0)
		sys_close(fixture.skep, (int)fd);
}

static void ctxin_probe(void)
{
	walk("ctxin_probe", 10, ctxin_row);
}

static const char *run_with_size(long fd, u32 size)
{
	union bpf_attr attr = {
		.test.prog_fd = (u32)fd,
		.test.data_in = address(fixture.data),
		.test.data_size_in = size,
	};

	return errno_text(test_run(&attr));
}

static const struct sized_type {
	const char *label;
	u32 type, attach, flags;
	int r0;
} sized_types[] = {
	{"SCHED_CLS", BPF_PROG_TYPE_SCHED_CLS, 0, 0, 1},
	{"SOCKET_FILTER", BPF_PROG_TYPE_SOCKET_FILTER, 0, 0, 1},
	{"CGROUP_SKB", BPF_PROG_TYPE_CGROUP_SKB, 0, 0, 1},
	{"LWT_IN", BPF_PROG_TYPE_LWT_IN, 0, 0, 1},
	{"XDP", BPF_PROG_TYPE_XDP, 0, 0, 1},
	{"XDP+HAS_FRAGS", BPF_PROG_TYPE_XDP, 0, BPF_F_XDP_HAS_FRAGS, 1},
	{"FLOW_DISSECTOR", BPF_PROG_TYPE_FLOW_DISSECTOR, 0, 0, 0},
	{"NETFILTER", BPF_PROG_TYPE_NETFILTER, BPF_NETFILTER, 0, 1},
};

static void sizes_row(struct tally *t, char *column[], const char *row)
{
	u32 min = (u32)atoi(column[1]), max = (u32)atoi(column[2]);
	const struct sized_type *s = sized_types;
	int same = 1;
	long fd;

	while (s < sized_types + 8 && strcmp(s->label, column[0]))
		s++;
	if (s == sized_types + 8) {
		tally(t, 0, row, "a type that this test does not know");
		return;
	}
	fd = load(s->type, s->attach, s->flags, s->r0);
	for (u32 size = 1; size < min; size++)
		same &= !strcmp(run_with_size(fd, size), column[3]);
	for (u32 size = min; size < max; size += 1 + size / 16)
		same &= !strcmp(run_with_size(fd, size), "0");
	same &= !strcmp(run_with_size(fd, max), "0");
	for (u32 size = max + 1; size <= 100000; size += 1 + size / 8)
		same &= !strcmp(run_with_size(fd, size), column[4]);
	tally(t, same && fd >= 0, row, "another errno for one of the sizes");
	sys_close(fixture.skep, (int)fd);
}

static void testrun_sizes(void)
{
	memset(fixture.data, 0, sizeof(fixture.data));
	walk("testrun_sizes", 5, sizes_row);
}

int main(void)
{
	struct skep_config config = {.ncpu = CPUS, .usercopy = &usercopy_checked};

	if (!CHECK(!sys_create(&config, &fixture.skep)))
		return EXIT_FAILURE;
	read_scope();
	TEST(testrun_probe);
	TEST(ctxin_probe);
	TEST(testrun_sizes);
	sys_free(fixture.skep);
	return tap_status();
}
