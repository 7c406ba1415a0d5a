/*
 * What every instruction becomes, read back by a disassembler that is not ours.  encoding.def has
 * the expectations; every opcode that the JIT takes has a row there.
 */
#if __has_include(<Zydis/Zydis.h>)
#include "tests/lib/disasm.h"
#define HAVE_ZYDIS
#endif

#include <errno.h>

#include "jit/jit.h"
#include "tests/lib/gen.h"
#include "tests/lib/hand.h"
#include "tests/tap.h"

#ifdef HAVE_ZYDIS

struct row {
	const char *name, *text;
	struct bpf_insn insn[2];
};

#define JMP32(op, d, s, i) INSN(BPF_JMP32 | (op), d, s, -1, i)
#define ENCODE(insns, code) {#insns, code, {insns}},

static const struct row rows[] = {
#include "tests/jit/encoding.def"
};

static struct skep *skep;

/* host functions and the image itself have no fixed address */
static void append(char *text, size_t size, const struct prog *prog,
		   const ZydisDisassembledInstruction *insn)
{
	u64 target = disasm_target(insn), start = ptr_to_u64(prog->image);
	size_t len = strlen(text);

	if (len)
		len += (size_t)snprintf(text + len, size - len, "; ");
	if (!target)
		snprintf(text + len, size - len, "%s", insn->text);
	else if (target - start < prog->image_size)
		snprintf(text + len, size - len, "%.*s %u", (int)strcspn(insn->text, " "),
			 insn->text, (u32)(target - start));
	else
		snprintf(text + len, size - len, "call host");
}

static int disassemble(const struct prog *prog, char *text, size_t size)
{
	ZydisDisassembledInstruction insn;
	const u8 *code = prog->image;

	text[0] = 0;
	for (u32 at = 0; at < prog->image_size; at += insn.info.length) {
		if (!ZYAN_SUCCESS(ZydisDisassembleIntel(ZYDIS_MACHINE_MODE_LONG_64,
							ptr_to_u64(code) + at, code + at,
							prog->image_size - at, &insn)))
			return -1;
		append(text, size, prog, &insn);
	}
	return 0;
}

/* The instruction and an exit; ud2 ends every image. */
static void encode(const struct bpf_insn *insn, char *text, size_t size)
{
	static const char end[] = "ret; ud2";
	struct bpf_insn insns[] = {insn[0], insn[1], EXIT};
	int wide = insn->code == (BPF_LD | BPF_IMM | BPF_DW);
	struct hand h;
	char *tail;

	if (!wide)
		insns[1] = EXIT;
	hand_init(&h, skep, insns, wide ? 3 : 2);
	h.func[0].stack = 8;
	CHECK_EQ(hand_compile(&h, &engine_jit), 0);
	CHECK_EQ(disassemble(&h.prog, text, size), 0);
	tail = text + strlen(text) - (sizeof(end) - 1);
	if (CHECK(tail >= text && !strcmp(tail, end)))
		*tail = 0;
	hand_free(&h);
}

static void every_instruction_becomes_what_is_written(void)
{
	char text[2048];

	for (u32 i = 0; i < ARRAY_SIZE(rows); i++) {
		encode(rows[i].insn, text, sizeof(text));
		if (!CHECK(!strcmp(text, rows[i].text)))
			printf("ENCODE(%s,\n       \"%s\")\n", rows[i].name, text);
	}
}

static int has_row(u32 code)
{
	for (u32 i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].insn[0].code == code)
			return 1;
	return 0;
}

/* An opcode is taken by the JIT exactly when a row shows its encoding. */
static void every_opcode_has_a_row(void)
{
	for (u32 code = 0; code < 256; code++) {
		struct bpf_insn insns[] = {INSN((u8)code, 0, 0, 0, 0), EXIT, EXIT};
		struct hand h;
		int err;

		if (BPF_CLASS(code) == BPF_STX && BPF_MODE(code) == BPF_ATOMIC)
			insns[0].imm = BPF_LOAD_ACQ;
		if (code == (BPF_JMP | BPF_CALL))
			insns[0].imm = BPF_FUNC_get_smp_processor_id;
		hand_init(&h, skep, insns, 3);
		err = hand_compile(&h, &engine_jit);
		if (!CHECK(err == (has_row(code) ? 0 : -EINVAL)))
			printf("# opcode 0x%02x\n", code);
		hand_free(&h);
	}
}

/* Which offsets of the image begin an instruction: 1; 0 when something is none. */
static int mark_starts(const struct prog *prog, u8 *starts)
{
	ZydisDisassembledInstruction insn;
	const u8 *code = prog->image;

	memset(starts, 0, prog->image_size);
	for (u32 at = 0; at < prog->image_size; at += insn.info.length) {
		if (!ZYAN_SUCCESS(ZydisDisassembleIntel(ZYDIS_MACHINE_MODE_LONG_64,
							ptr_to_u64(code) + at, code + at,
							prog->image_size - at, &insn)))
			return 0;
		starts[at] = 1;
	}
	return 1;
}

/* Jumps and calls within the image that do not reach the start of an instruction. */
static u32 bad_targets(const struct prog *prog, const u8 *starts)
{
	ZydisDisassembledInstruction insn;
	const u8 *code = prog->image;
	u32 bad = 0;

	for (u32 at = 0; at < prog->image_size; at += insn.info.length) {
		u64 target;

		ZydisDisassembleIntel(ZYDIS_MACHINE_MODE_LONG_64, ptr_to_u64(code) + at, code + at,
				      prog->image_size - at, &insn);
		target = disasm_target(&insn) - ptr_to_u64(code);
		bad += target < prog->image_size && !starts[target];
		bad += insn.info.meta.branch_type == ZYDIS_BRANCH_TYPE_SHORT &&
		       target >= prog->image_size;
	}
	return bad;
}

static void random_programs_are_whole_instructions(void)
{
	enum { PROGRAMS = 2000 };
	static struct gen_program program;
	static struct fact facts[GEN_INSNS];
	static u8 starts[1 << 16];
	struct prog prog;

	for (u64 seed = 1; seed <= PROGRAMS; seed++) {
		gen_program(seed, &program);
		gen_load(&prog, &program, skep, facts);
		CHECK_EQ(engine_jit.compile(&prog), 0);
		if (CHECK(prog.image_size <= sizeof(starts)) && CHECK(mark_starts(&prog, starts)))
			CHECK_EQ(bad_targets(&prog, starts), 0);
		engine_jit.release(&prog);
	}
}

int main(void)
{
	struct skep_config config = {0};

	if (skep_base_create(&config, &skep))
		return EXIT_FAILURE;
	if (__builtin_cpu_supports("bmi2"))
		TEST(every_instruction_becomes_what_is_written);
	else
		tap_skip("every_instruction_becomes_what_is_written", "rows are with BMI2");
	TEST(every_opcode_has_a_row);
	TEST(random_programs_are_whole_instructions);
	skep_base_free(skep);
	return tap_status();
}

#else

int main(void)
{
	tap_skip("encodings", "no libzydis-dev");
	return tap_status();
}

#endif
