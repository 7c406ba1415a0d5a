/*
 * Every instruction that was shown to Linux (facts/insn_probe), in the program it was shown in:
 * verdict, errno, message and how the log writes it.
 */
#include <errno.h>

#include "tests/facts.h"
#include "tests/lib/verify.h"
#include "tests/tap.h"

enum { CODE, DST, SRC, OFF, IMM, RESULT, ERRNO, TEXT, MESSAGE, COLUMNS };

static struct verify v;

static struct bpf_insn insn_of(char *column[])
{
	return (struct bpf_insn){.code = (u8)strtol(column[CODE], NULL, 16),
				 .dst_reg = (u8)atoi(column[DST]) & 15,
				 .src_reg = (u8)atoi(column[SRC]) & 15,
				 .off = (s16)atoi(column[OFF]),
				 .imm = (s32)strtol(column[IMM], NULL, 10)};
}

/* The program around it: r0, r2 to r9 and 16 bytes of stack are set.  Returns where it stands. */
static u32 build(struct bpf_insn insn, struct bpf_insn *prog, u32 *len)
{
	const struct bpf_insn mov = {.code = 0xb7}, exit = {.code = 0x95};
	u32 n = 0, at;

	for (s16 off = -16; off < 0; off += 8)
		prog[n++] = (struct bpf_insn){.code = 0x7a, .dst_reg = 10, .off = off, .imm = 1};
	prog[n++] = mov;
	for (u8 r = 2; r < 10; r++)
		prog[n++] = (struct bpf_insn){.code = 0xb7, .dst_reg = r & 15, .imm = 1};
	at = n;
	prog[n++] = insn;
	if (insn.code == 0x18)
		prog[n++] = (struct bpf_insn){0};
	prog[n++] = mov;
	prog[n++] = mov;
	prog[n++] = exit;
	*len = n;
	return at;
}

static const char *errno_name(int err)
{
	switch (err) {
	case 0:
		return "0";
	case -EINVAL:
		return "EINVAL";
	case -EACCES:
		return "EACCES";
	case -EPROTO:
		return "EPROTO";
	default:
		return "another";
	}
}

/* The text of instruction `at` in the log, without its "12: (b7) ". */
static void disasm_of(u32 at, char text[200])
{
	char start[24];
	const char *p;

	snprintf(start, sizeof(start), "\n%u: (", at);
	p = strstr(v.log, start);
	text[0] = 0;
	if (p && (p = strchr(p, ')')))
		snprintf(text, 200, "%.*s", (int)strcspn(p + 2, ";\n"), p + 2);
	/* what it did to registers stands right of it */
	for (size_t n = strlen(text); n && text[n - 1] == ' ';)
		text[--n] = 0;
}

/* Linux's answer, word for word.  The path does not say which of three branches a log shows. */
static int matches(char *column[], int err, u32 at)
{
	char text[200], line[500];

	disasm_of(at, text);
	verify_complaint(&v, line);
	if (!strcmp(errno_name(err), column[ERRNO]) && !strcmp(text, column[TEXT]) &&
	    (!err || !strcmp(line, column[MESSAGE])))
		return 1;
	printf("# %s dst %s src %s off %s imm %s: %s \"%s\" \"%s\"\n#\tnot %s \"%s\" \"%s\"\n",
	       column[CODE], column[DST], column[SRC], column[OFF], column[IMM], errno_name(err),
	       text, err ? line : "", column[ERRNO], column[TEXT], column[MESSAGE]);
	return 0;
}

static void test_insn_probe(void)
{
	FILE *f = facts_open("insn_probe");
	unsigned rows = 0, bad = 0;
	char line[4096], *column[COLUMNS];

	if (!CHECK(f))
		return;
	while (fgets(line, sizeof(line), f)) {
		struct bpf_insn prog[24];
		struct verify_load load = {.type = BPF_PROG_TYPE_XDP, .insns = prog};
		u32 at;
		int err;

		facts_split(line, column, COLUMNS);
		rows++;
		at = build(insn_of(column), prog, &load.len);
		err = verify_check(&v, &load, NULL);
		if (!matches(column, err, at) && ++bad == 20)
			break;
	}
	pclose(f);
	printf("# %u rows, %u differ\n", rows, bad);
	CHECK_EQ(rows, 19712);
	CHECK_EQ(bad, 0);
}

int main(void)
{
	if (!CHECK(verify_begin(&v)))
		return 1;
	TEST(test_insn_probe);
	verify_end(&v);
	return tap_status();
}
