/* skep asm: text to instructions. */
#include "base/abi.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/os.h"
#include "isa/isa.h"
#include "tools/names.h"
#include "tools/source.h"
#include "tools/tool.h"

enum { FILE_MAX = 64 << 20 };

struct asm_options {
	const char *out;
};

static void print_hex(const struct isa_code *code)
{
	const u8 *bytes = (const u8 *)code->insns;

	for (u32 i = 0; i < code->len * 8; i++)
		printf("%02x%c", bytes[i], i % 8 == 7 ? '\n' : ' ');
}

/* A file that could not be written whole is removed. */
static int write_file(const struct isa_code *code, const char *path)
{
	FILE *file = fopen(path, "we");
	int bad;

	if (!file)
		return fail("%s: %m", path);
	bad = fwrite(code->insns, 8, code->len, file) != code->len;
	bad |= fclose(file);
	if (!bad)
		return TOOL_OK;
	remove(path);
	return fail("%s: cannot be written: %m", path);
}

static int write_code(const struct isa_code *code, const char *file, const char *out)
{
	if (code->nr_refs)
		return fail("%s:%u: map[%s]: bare instructions have no maps; load with clang and "
			    "libbpf instead",
			    file, code->refs[0].line, code->refs[0].name);
	if (out)
		return write_file(code, out);
	print_hex(code);
	return TOOL_OK;
}

static int asm_run(void *opts, char **args, int nargs)
{
	const struct asm_options *o = opts;
	static const struct isa_names names = {.helper_id = helper_of_name};
	struct isa_error error;
	struct isa_code code;
	size_t size;
	char *text = (char *)read_whole(args[0], FILE_MAX, &size);
	int err;

	(void)nargs;
	if (!text)
		return TOOL_FAILED;
	err = isa_asm(&os_host, text, size, &names, &code, &error);
	free(text);
	if (err == -ENOMEM)
		return fail("out of memory");
	if (err)
		return fail("%s:%u:%u: %s", args[0], error.line, error.column, error.text);
	err = write_code(&code, args[0], o->out);
	isa_asm_free(&os_host, &code);
	return err;
}

static const struct option asm_options[] = {
	{"out", OPTION_FILE, offsetof(struct asm_options, out), "FILE",
	 "Write the instructions' bytes there, not as hex digits.", NULL},
	{0},
};

const struct tool tool_asm = {
	.name = "asm",
	.summary = "make instructions from text",
	.args = "FILE",
	.about =
		"Reads what 'skep dis' writes, labels (name:) and comments (;) besides, and makes\n"
		"instructions of it. FILE may be -, for stdin.\n",
	.examples = "  printf 'r0 = 2\\nexit\\n' | skep asm -\n"
		    "  skep dis prog.bpf.o xdp --plain | skep asm - --out prog.insns\n",
	.options = asm_options,
	.min_args = 1,
	.max_args = 1,
	.opts_size = sizeof(struct asm_options),
	.run = asm_run,
};
