/* How large programs may be, as Linux 6.18 answered (limits_probe): each size, and one more. */
#include <errno.h>

#include "sys/sys.h"
#include "tests/facts.h"
#include "tests/lib/load_facts.h"
#include "tests/tap.h"

enum { LARGEST = 1000002, MAPS = 80 };

static struct load_facts t;
static struct bpf_insn insns[LARGEST];
static int maps[MAPS], progs;

static const struct bpf_insn mov = {.code = 0xb7}, end = {.code = 0x95};

static u32 put(u32 n, struct bpf_insn insn)
{
	insns[n] = insn;
	return n + 1;
}

static struct bpf_insn call(s32 off)
{
	return (struct bpf_insn){.code = 0x85, .src_reg = BPF_PSEUDO_CALL, .imm = off};
}

static struct bpf_insn store(int off)
{
	return (struct bpf_insn){.code = 0x7a, .dst_reg = 10, .off = (s16)off};
}

static u32 put_map(u32 n, u8 reg, int fd)
{
	n = put(n, (struct bpf_insn){.code = 0x18,
				     .dst_reg = reg & 15,
				     .src_reg = BPF_PSEUDO_MAP_FD,
				     .imm = fd});
	return put(n, (struct bpf_insn){0});
}

static u32 put_end(u32 n)
{
	return put(put(n, mov), end);
}

static u32 of_length(const char *parameter)
{
	u32 len = (u32)atoi(parameter);

	for (u32 i = 0; i < len; i++)
		insns[i] = mov;
	if (len)
		insns[len - 1] = end;
	return len;
}

/* Each function calls the next. */
static u32 of_frames(const char *parameter)
{
	u32 n = 0;

	for (int i = 1; i < atoi(parameter); i++)
		n = put(put(n, call(1)), end);
	return put_end(n);
}

static u32 of_stack(const char *parameter)
{
	return put_end(put(0, store(-atoi(parameter))));
}

/* "256+240" */
static u32 of_two_stacks(const char *parameter)
{
	u32 n = put(put(put(0, store(-atoi(parameter))), call(1)), end);

	return put_end(put(n, store(-atoi(strchr(parameter, '+') + 1))));
}

static u32 of_tail_call(const char *parameter)
{
	u32 n = put(0, store(-atoi(parameter)));

	n = put(n, (struct bpf_insn){.code = 0xbf, .dst_reg = 6, .src_reg = 1});
	n = put_end(put(n, call(2)));
	n = put_map(n, 2, progs);
	n = put(n, (struct bpf_insn){.code = 0xb7, .dst_reg = 3});
	return put_end(put(n, (struct bpf_insn){.code = 0x85, .imm = BPF_FUNC_tail_call}));
}

static u32 of_maps(const char *parameter)
{
	u32 n = 0;

	for (int i = 0; i < atoi(parameter) && i < MAPS; i++)
		n = put_map(n, 1, maps[i]);
	return put_end(n);
}

/* The first one calls each of the others, which are two instructions each. */
static u32 of_functions(const char *parameter)
{
	s32 others = atoi(parameter) - 1;
	u32 n = 0;

	for (s32 i = 0; i < others; i++)
		n = put(n, call(others + 2 + 2 * i - (i + 1)));
	for (s32 i = 0; i <= others; i++)
		n = put_end(n);
	return n;
}

/* By what a row varies.  The other rows are held elsewhere: tests/sys/test_facts_commands. */
static const struct {
	const char *probe;
	u32 (*build)(const char *parameter);
} probes[] = {
	{"insn_cnt", of_length},
	{"call_frames", of_frames},
	{"stack_bytes", of_stack},
	{"two_frame_stack", of_two_stacks},
	{"tail_call_in_subprog_caller_stack", of_tail_call},
	{"used_maps", of_maps},
	{"functions_total", of_functions},
};

static void make_maps(void)
{
	for (int i = 0; i <= MAPS; i++) {
		union bpf_attr attr = {.map_type = i < MAPS ? BPF_MAP_TYPE_ARRAY
							    : BPF_MAP_TYPE_PROG_ARRAY,
				       .key_size = 4,
				       .value_size = 4,
				       .max_entries = 1};

		*(i < MAPS ? &maps[i] : &progs) =
			(int)sys_bpf(t.skep, BPF_MAP_CREATE, &attr, sizeof(attr));
	}
}

enum { PROBE, PARAMETER, RESULT, ERRNO, COLUMNS };

static void sizes(void)
{
	FILE *f = facts_open("limits_probe");
	char line[4096], row[4096], *column[COLUMNS];

	make_maps();
	while (CHECK(f) && fgets(line, sizeof(line), f)) {
		struct load load = {.type = BPF_PROG_TYPE_XDP, .insns = insns};
		const char *here;
		size_t i = 0;

		strcpy(row, line);
		facts_split(line, column, COLUMNS);
		while (i < sizeof(probes) / sizeof(*probes) &&
		       strcmp(probes[i].probe, column[PROBE]))
			i++;
		if (i == sizeof(probes) / sizeof(*probes)) {
			t.out_of_scope++;
			continue;
		}
		load.len = probes[i].build(column[PARAMETER]);
		/* recorded with a log of 1 MiB, but for the largest */
		load.log_level = load.len <= 100000;
		here = load_facts_errno(load_facts_load(&t, &load));
		load_facts_judge(&t, !strcmp(here, column[ERRNO]), row, here);
	}
	pclose(f);
	CHECK(load_facts_report(&t, "limits_probe", 51));
}

int main(void)
{
	if (!CHECK(load_facts_begin(&t)))
		return 1;
	TEST(sizes);
	load_facts_end(&t);
	return tap_status();
}
