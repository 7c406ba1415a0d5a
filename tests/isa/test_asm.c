/* Text and back: every row with random operands; programs with labels; what errors say. */
#include <errno.h>

#include "base/os.h"
#include "isa/isa.h"
#include "tests/lib/gen.h"
#include "tests/tap.h"

enum { ROUNDS = 200 };

/* Some valid instruction of this row (for a ld_imm64, both slots). */
static void random_insn(enum isa_op op, u64 *state, struct bpf_insn insn[2])
{
	const struct isa_row *row = &isa_rows[op];
	u64 x = gen_random(state);

	memset(insn, 0, 2 * sizeof(*insn));
	insn->code = row->code;
	insn->off = row->by == ISA_BY_OFF ? (s16)row->value : row->uses & ISA_O ? (s16)x : 0;
	insn->imm = row->by == ISA_BY_IMM ? row->value
		    : row->uses & ISA_I   ? (s32)gen_value(state)
					  : 0;
	if (row->uses & ISA_DST)
		insn->dst_reg = (x >> 16) % 11;
	if (row->by == ISA_BY_SRC)
		insn->src_reg = row->value & 15;
	else if (row->uses & ISA_SRC)
		insn->src_reg = (x >> 24) % 11;
	if (op == ISA_ADDR_SPACE_CAST)
		insn->imm = x >> 32 & 1 ? 1 : 0x10000;
	if (op == ISA_LD_IMM64 || op == ISA_LD_MAP_VALUE || op == ISA_LD_BTF_ID ||
	    op == ISA_LD_MAP_IDX_VALUE)
		insn[1].imm = (s32)gen_value(state);
}

static int round_trip(enum isa_op op, const struct bpf_insn insn[2])
{
	u32 slots = 1 + isa_is_ld_imm64(insn);
	struct isa_code code = {0};
	struct isa_error error = {0};
	char text[ISA_TEXT_MAX];
	int good;

	isa_disasm(insn, slots, NULL, text);
	if (isa_asm(&os_host, text, strlen(text), NULL, &code, &error)) {
		printf("# %s: '%s': column %u: %s\n", isa_rows[op].name, text, error.column,
		       error.text);
		return 0;
	}
	good = code.len == slots && !memcmp(code.insns, insn, slots * sizeof(*insn));
	if (!good)
		printf("# %s: '%s' comes back as another instruction\n", isa_rows[op].name, text);
	isa_asm_free(&os_host, &code);
	return good;
}

static void test_round_trip(void)
{
	u64 state = 1;
	u32 bad = 0;

	for (u32 op = 1; op < ISA_OPS; op++)
		for (u32 i = 0; i < ROUNDS && bad < 10; i++) {
			struct bpf_insn insn[2];

			random_insn(op, &state, insn);
			CHECK_EQ(isa_decode(insn), op);
			bad += !round_trip(op, insn);
		}
	printf("# %u rows\n", ISA_OPS - 1);
	CHECK_EQ(bad, 0);
}

/* Whole programs, as `skep dis` would print them. */
static void test_programs(void)
{
	static struct gen_program program;
	static char text[GEN_INSNS * 80];
	struct isa_error error = {0};
	struct isa_code code;

	for (u64 seed = 0; seed < 200; seed++) {
		size_t used = 0;

		gen_program(seed, &program);
		for (u32 pc = 0; pc < program.len; pc++) {
			char line[ISA_TEXT_MAX];

			isa_disasm(&program.insns[pc], program.len - pc, NULL, line);
			used += (size_t)sprintf(text + used, "%u: (%02x) %s\n", pc,
						program.insns[pc].code, line);
			pc += isa_is_ld_imm64(&program.insns[pc]);
		}
		if (!CHECK(!isa_asm(&os_host, text, used, NULL, &code, &error)))
			return;
		CHECK_EQ(code.len, program.len);
		CHECK(!memcmp(code.insns, program.insns, code.len * sizeof(*code.insns)));
		isa_asm_free(&os_host, &code);
	}
}

static u32 helper_id(const void *cookie, const char *name)
{
	(void)cookie;
	return strcmp(name, "bpf_map_lookup_elem") ? 0 : 1;
}

static void test_notation(void)
{
	static const char text[] = "; a comment\n"
				   "start:  r1 = map[counts]   // another\n"
				   "	r2 = r10\n"
				   "	r2 += -4\n"
				   "loop: call bpf_map_lookup_elem\n"
				   "	if r0 == 0 goto out\n"
				   "	r3 = 7 ll\n"
				   "	w3 += 0xffffffff\n"
				   "	call sub\n"
				   "	gotol loop\n"
				   "out:\n"
				   "	exit\n"
				   "sub: exit";
	const struct isa_names names = {.helper_id = helper_id};
	struct isa_error error = {0};
	struct isa_code code = {0};

	if (!CHECK(!isa_asm(&os_host, text, strlen(text), &names, &code, &error))) {
		printf("# %u:%u: %s\n", error.line, error.column, error.text);
		return;
	}
	CHECK_EQ(code.len, 13);
	CHECK_EQ(code.nr_refs, 1);
	CHECK_EQ(code.refs[0].insn, 0);
	CHECK_EQ(code.refs[0].line, 2);
	CHECK(!strcmp(code.refs[0].name, "counts"));
	CHECK_EQ(code.insns[0].src_reg, BPF_PSEUDO_MAP_FD);
	CHECK_EQ(code.insns[4].imm, 1);
	CHECK_EQ(code.insns[5].off, 5);
	CHECK_EQ(code.insns[6].imm, 7);
	CHECK_EQ(code.insns[8].imm, -1);
	CHECK_EQ(isa_decode(&code.insns[9]), ISA_CALL_SUBPROG);
	CHECK_EQ(code.insns[9].imm, 2);
	CHECK_EQ(code.insns[10].imm, -7);
	isa_asm_free(&os_host, &code);
}

static const struct {
	const char *text;
	u32 line, column;
	const char *what; /* part of what is said */
} errors[] = {
	{"r0 = 0\nr11 = 0\n", 2, 1, "a register r0..r10"},
	{"r0 += 99999999999", 1, 7, "a number of 32 bits"},
	{"r0 = *(u32 *)(r1 +70000)", 1, 18, "an offset of 16 bits"},
	{"goto nowhere", 1, 6, "there is no label 'nowhere'"},
	{"a: r0 = 0\na: exit", 2, 1, "there are two labels 'a'"},
	{"r0 = be16 r1", 1, 11, "the same register"},
	{"r0 = be17 r0", 1, 13, "a width of 16, 32 or 64 bits"},
	{"exit 1", 1, 6, "the end of the line"},
	{"call bpf_nothing", 1, 6, "there is no label 'bpf_nothing'"},
	{"w0 += r1", 1, 7, "a register w0..w10"},
	{"lock *(u64 *)(r1 +0) -= r2", 1, 22, "+="},
	{"ifr1 == 0 goto +1", 1, 3, "a space"},
	{"\x01", 1, 1, "expected"},
};

static void test_errors(void)
{
	for (u32 i = 0; i < ARRAY_SIZE(errors); i++) {
		struct isa_error error = {0};
		struct isa_code code;
		int err = isa_asm(&os_host, errors[i].text, strlen(errors[i].text), NULL, &code,
				  &error);
		int good;

		good = err == -EINVAL && error.line == errors[i].line &&
		       error.column == errors[i].column && strstr(error.text, errors[i].what);
		if (!CHECK(good))
			printf("# '%s': %d, %u:%u: %s\n", errors[i].text, err, error.line,
			       error.column, error.text);
	}
}

/* Any bytes have a text, and a text without end is not read past. */
static void test_any_bytes(void)
{
	u64 state = 7;
	char text[ISA_TEXT_MAX];

	for (u32 i = 0; i < 200000; i++) {
		u64 bytes = gen_random(&state);
		struct bpf_insn insn;

		memcpy(&insn, &bytes, sizeof(insn));
		isa_disasm(&insn, 1, NULL, text);
		if (!CHECK(*text && strlen(text) < ISA_TEXT_MAX))
			break;
	}
}

int main(void)
{
	TEST(test_round_trip);
	TEST(test_programs);
	TEST(test_notation);
	TEST(test_errors);
	TEST(test_any_bytes);
	return tap_status();
}
