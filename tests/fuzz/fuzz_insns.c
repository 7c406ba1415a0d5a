/*
 * Any bytes as instructions: each is decoded, judged and written down; what was written is read
 * again as the text of a program and, where that works, says the same.  The bytes are text for the
 * assembler, too.
 */
#include "base/os.h"
#include "isa/isa.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static int assemble(const char *text, size_t len, struct isa_code *code)
{
	const struct isa_names names = {0};
	struct isa_error error;

	return isa_asm(&os_host, text, len, &names, code, &error);
}

static void read_again(const char *text)
{
	const struct isa_names names = {0};
	char again[ISA_TEXT_MAX];
	struct isa_code code = {0};

	if (assemble(text, strlen(text), &code))
		return;
	if (code.len) {
		isa_disasm(code.insns, code.len, &names, again);
		if (strcmp(text, again))
			__builtin_trap();
	}
	isa_asm_free(&os_host, &code);
}

static void look_at(const struct bpf_insn *insn, u32 left)
{
	const struct isa_names names = {0};
	char text[ISA_TEXT_MAX];
	struct isa_message why;
	enum isa_op op = isa_decode(insn);

	isa_disasm(insn, left, &names, text);
	if (isa_is_jump(op))
		isa_jump_offset(op, insn);
	/* of what is no instruction, the text shows only a part */
	if (!isa_check_opcode(insn, &why) && !isa_check_fields(insn, &why) &&
	    !isa_check(insn, &why))
		read_again(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct bpf_insn insns[64];
	struct isa_code code = {0};
	u32 len = (u32)(size < sizeof(insns) ? size : sizeof(insns)) / 8;

	memcpy(insns, bytes, len * sizeof(*insns));
	for (u32 i = 0; i < len; i++)
		look_at(&insns[i], len - i);
	if (!assemble((const char *)bytes, size, &code))
		isa_asm_free(&os_host, &code);
	return 0;
}
