/* skep dis: instructions to text. */
#include "base/abi.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "isa/isa.h"
#include "load/elf.h"
#include "tools/names.h"
#include "tools/out.h"
#include "tools/source.h"
#include "tools/tool.h"

enum { FILE_MAX = 256 << 20, NAME_ROOM = 160 };

struct dis_options {
	const char *hex;
	bool raw, json, asm_only;
};

/* One stretch of instructions being written. */
struct dis {
	const struct dis_options *opts;
	struct out *out;
	const struct elf *elf; /* NULL: nothing but bytes */
	const char *only;      /* a function's or section's name, or NULL */
	u32 found;
	const struct elf_function *function;
	char buf[NAME_ROOM];
};

static const char *symbol(const struct dis *d, const struct bpf_insn *insn)
{
	if (!d->elf)
		return NULL;
	return elf_symbol_at(d->elf, d->function->section,
			     d->function->off + (insn - d->function->insns) * sizeof(*insn));
}

static const char *call_name(const void *cookie, const struct bpf_insn *insn)
{
	struct dis *d = (struct dis *)cookie;

	return name_of_helper(insn, d->buf, sizeof(d->buf));
}

/* What libbpf will put there: a map's fd, a variable's address. */
static const char *imm64_name(const void *cookie, const struct bpf_insn *insn, char *buf,
			      size_t size)
{
	const char *name = symbol(cookie, insn);

	if (!name)
		return NULL;
	snprintf(buf, size, "map[%.60s]", name);
	return buf;
}

static void show_text(const char *text, u32 at, const struct bpf_insn *insn, const struct dis *d)
{
	if (d->opts->asm_only)
		printf("%s\n", text);
	else
		printf("%4u: (%02x) %s\n", at, insn->code, text);
}

static void show_json(struct dis *d, const char *text, u32 at)
{
	char key[16];

	snprintf(key, sizeof(key), "%u", at);
	out_str(d->out, key, text);
}

static void show_insns(struct dis *d, const struct elf_function *f)
{
	struct isa_names names = {.cookie = d, .call = call_name, .imm64 = imm64_name};
	char text[ISA_TEXT_MAX];

	d->function = f;
	if (d->opts->json)
		out_object(d->out, f->name);
	else if (!d->opts->asm_only && d->elf)
		printf("%s (%s):\n", f->name, elf_section_name(d->elf, f->section));
	for (u32 i = 0; i < f->len; i++) {
		isa_disasm(&f->insns[i], f->len - i, &names, text);
		if (d->opts->json)
			show_json(d, text, i);
		else
			show_text(text, i, &f->insns[i], d);
		i += isa_is_ld_imm64(&f->insns[i]);
	}
	if (d->opts->json)
		out_end(d->out);
	d->found++;
}

static void maybe_show(void *cookie, const struct elf_function *f)
{
	struct dis *d = cookie;

	if (d->only && strcmp(d->only, f->name) &&
	    strcmp(d->only, elf_section_name(d->elf, f->section)))
		return;
	if (d->found && !d->opts->json)
		putchar('\n');
	show_insns(d, f);
}

static int dis_bytes(struct dis *d, const u8 *bytes, size_t size)
{
	struct elf_function whole = {.name = "instructions", .len = size / 8};
	struct bpf_insn *insns = calloc(size / 8 + 1, sizeof(*insns));

	if (!insns)
		return fail("out of memory");
	if (size % 8 || !size) {
		free(insns);
		return fail("%zu bytes are no whole number of instructions of 8 bytes", size);
	}
	memcpy(insns, bytes, size);
	whole.insns = insns;
	show_insns(d, &whole);
	free(insns);
	return TOOL_OK;
}

static int dis_object(struct dis *d, const char *path, const u8 *bytes, size_t size)
{
	struct load_log log = {0};
	struct elf elf;

	if (elf_open(&elf, path, bytes, size, &log)) {
		int status = fail("%.*s", log.text ? (int)strcspn(log.text, "\n") : 0,
				  log.text ? log.text : "");

		load_log_free(&log);
		return status;
	}
	d->elf = &elf;
	elf_each_function(&elf, maybe_show, d);
	if (d->found)
		return TOOL_OK;
	return d->only ? fail("%s: there is no function or section \"%s\" with instructions", path,
			      d->only)
		       : fail("%s: the object holds no instructions", path);
}

static int dis_hex(struct dis *d, const char *hex)
{
	struct source *source = source_open(NULL, NULL, hex);
	struct frame frame;
	int err;

	if (!source)
		return TOOL_FAILED;
	source_next(source, &frame);
	err = dis_bytes(d, frame.bytes, frame.len);
	source_close(source);
	return err;
}

static int dis_file(struct dis *d, const char *path)
{
	size_t size;
	u8 *bytes = read_whole(path, FILE_MAX, &size);
	int err;

	if (!bytes)
		return TOOL_FAILED;
	err = d->opts->raw ? dis_bytes(d, bytes, size) : dis_object(d, path, bytes, size);
	free(bytes);
	return err;
}

extern const struct tool tool_dis;

static int dis_run(void *opts, char **args, int nargs)
{
	const struct dis_options *o = opts;
	struct out out;
	struct dis d = {.opts = o, .out = &out, .only = nargs > 1 ? args[1] : NULL};
	int err;

	if (!o->hex == !nargs)
		return usage(&tool_dis, "give an object or --hex");
	if (o->json)
		out_begin(&out, stdout, OUT_JSON);
	err = o->hex ? dis_hex(&d, o->hex) : dis_file(&d, args[0]);
	if (o->json)
		out_finish(&out);
	return err;
}

static const struct option dis_options[] = {
	{"raw", OPTION_FLAG, offsetof(struct dis_options, raw), NULL,
	 "The file is instructions and nothing else, no object.", NULL},
	{"hex", OPTION_STRING, offsetof(struct dis_options, hex), "DIGITS",
	 "These bytes, instead of a file.", NULL},
	{"plain", OPTION_FLAG, offsetof(struct dis_options, asm_only), NULL,
	 "Without numbers and opcodes, as 'skep asm' reads it.", NULL},
	{"json", OPTION_FLAG, offsetof(struct dis_options, json), NULL, "In JSON.", NULL},
	{0},
};

const struct tool tool_dis = {
	.name = "dis",
	.summary = "write instructions as text",
	.args = "[OBJECT [FUNCTION]]",
	.about = "Writes the instructions of an object's functions (all, or one by its or its\n"
		 "section's name) in the notation of the verifier's log.\n",
	.examples = "  skep dis drop.bpf.o\n"
		    "  skep dis drop.bpf.o xdp --plain\n"
		    "  skep dis --hex 'b7 00 00 00 02 00 00 00  95 00 00 00 00 00 00 00'\n"
		    "  skep dis --raw prog.insns | head\n",
	.options = dis_options,
	.max_args = 2,
	.opts_size = sizeof(struct dis_options),
	.run = dis_run,
};
