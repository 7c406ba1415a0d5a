/*
 * Every instruction that was shown to Linux (facts/insn_probe): what it says about it and how its
 * log writes it.
 */
#include <errno.h>

#include "helper/helper.h"
#include "isa/isa.h"
#include "tests/facts.h"
#include "tests/tap.h"

enum { CODE, DST, SRC, OFF, IMM, RESULT, ERRNO, TEXT, MESSAGE, COLUMNS };

/* What isa_check and isa_check_opcode are responsible for; the rest needs the program. */
static const char *const ours[] = {
	"unknown opcode",
	"uses reserved fields",
	"is invalid",
	"invalid shift",
	"div by zero",
	"invalid atomic operand size",
	"invalid atomic opcode",
	"frame pointer is read only",
	"invalid may_goto imm",
	"addr_space_cast insn can only convert",
	"unrecognized bpf_ld",
};

/* What Linux checks of the whole program before it reaches the instruction. */
static const char *const earlier[] = {
	"jump out of range",
	"unreachable insn",
	"last insn is not",
	"fd_idx without fd_array is invalid",
	"not allowed for this program type",
	"is not pointing to valid bpf_map",
	"is not a function",
};

static int any_in(const char *const *list, size_t n, const char *message)
{
	for (size_t i = 0; i < n; i++)
		if (strstr(message, list[i]))
			return 1;
	return 0;
}

static const char *helper_name(const void *cookie, const struct bpf_insn *insn)
{
	static char name[64];
	const struct helper *helper = insn->src_reg ? NULL : helper_by_id(insn->imm);

	(void)cookie;
	if (!helper)
		return NULL;
	snprintf(name, sizeof(name), "bpf_%s", helper->name);
	return name;
}

static struct bpf_insn insn_of(char *column[])
{
	return (struct bpf_insn){.code = strtol(column[CODE], NULL, 16),
				 .dst_reg = atoi(column[DST]),
				 .src_reg = atoi(column[SRC]),
				 .off = atoi(column[OFF]),
				 .imm = strtol(column[IMM], NULL, 10)};
}

static int verdict_matches(const struct bpf_insn *insn, char *column[])
{
	struct isa_message why = {""};
	int err = isa_check_opcode(insn, &why);

	err = err ? err : isa_check(insn, &why);
	if (!strcmp(column[RESULT], "accept"))
		return !err;
	if (any_in(earlier, ARRAY_SIZE(earlier), column[MESSAGE]))
		return 1;
	if (any_in(ours, ARRAY_SIZE(ours), column[MESSAGE]))
		return !strcmp(why.text, column[MESSAGE]) &&
		       err == (strcmp(column[ERRNO], "EACCES") ? -EINVAL : -EACCES);
	return !err;
}

static void test_insn_probe(void)
{
	FILE *f = facts_open("insn_probe");
	const struct isa_names names = {.call = helper_name};
	char line[4096], *column[COLUMNS], text[ISA_TEXT_MAX];
	unsigned rows = 0, texts = 0, bad = 0;

	if (!CHECK(f))
		return;
	while (fgets(line, sizeof(line), f)) {
		struct bpf_insn insn[2] = {0};
		int good;

		facts_split(line, column, COLUMNS);
		insn[0] = insn_of(column);
		good = verdict_matches(insn, column);
		isa_disasm(insn, 2, &names, text);
		if (*column[TEXT])
			good &= !strcmp(text, column[TEXT]);
		if (!good && bad++ < 20)
			printf("# %s dst %s src %s off %s imm %s: %s | %s | ours %s\n",
			       column[CODE], column[DST], column[SRC], column[OFF], column[IMM],
			       column[MESSAGE], column[TEXT], text);
		rows++;
		texts += *column[TEXT] != 0;
	}
	pclose(f);
	printf("# %u rows, %u with text, %u differ\n", rows, texts, bad);
	CHECK_EQ(rows, 19712);
	CHECK_EQ(bad, 0);
}

int main(void)
{
	TEST(test_insn_probe);
	return tap_status();
}
