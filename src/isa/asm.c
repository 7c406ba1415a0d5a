/*
 * Text to instructions: lines, labels, the names that are resolved in the end.  What an instruction
 * looks like match.c knows.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>

#include "base/os.h"
#include "isa/match.h"

/* A jump or call to a label, until the label is known. */
struct jump {
	u32 insn, line, column;
	char name[MATCH_NAME_MAX];
};

struct label {
	u32 insn;
	char name[MATCH_NAME_MAX];
};

/* Grown by doubling; os has no realloc. */
struct array {
	void *items;
	u32 len, cap;
};

struct assembler {
	const struct os *os;
	struct array insns, refs, labels, jumps;
	struct match_line line;
	u32 number; /* of the line */
};

static void *push(struct assembler *as, struct array *array, size_t size)
{
	u32 cap = array->cap ? array->cap * 2 : 16;
	void *items;

	if (array->len == array->cap) {
		items = os_alloc(as->os, cap * size);
		if (!items)
			return NULL;
		if (array->len)
			memcpy(items, array->items, array->len * size);
		os_free(as->os, array->items);
		array->items = items;
		array->cap = cap;
	}
	return (char *)array->items + array->len++ * size;
}

/* The names that the matched line used, to be resolved in the end. */
static int keep_names(struct assembler *as, const struct match *m)
{
	struct isa_ref *ref;
	struct jump *jump;

	if (m->label[0]) {
		jump = push(as, &as->jumps, sizeof(*jump));
		if (!jump)
			return -ENOMEM;
		*jump = (struct jump){as->insns.len, as->number, m->label_column, ""};
		memcpy(jump->name, m->label, sizeof(jump->name));
	}
	if (m->map[0]) {
		ref = push(as, &as->refs, sizeof(*ref));
		if (!ref)
			return -ENOMEM;
		*ref = (struct isa_ref){as->insns.len, as->number, ""};
		memcpy(ref->name, m->map, sizeof(ref->name));
	}
	return 0;
}

static int keep_insn(struct assembler *as, struct bpf_insn insn)
{
	struct bpf_insn *at = push(as, &as->insns, sizeof(*at));

	if (!at)
		return -ENOMEM;
	*at = insn;
	return 0;
}

static int asm_insn(struct assembler *as, const char *at)
{
	struct match m = {.line = &as->line, .at = at};
	int err;

	if (match_insn(&m))
		return -EINVAL;
	err = keep_names(as, &m);
	if (!err)
		err = keep_insn(as, m.insn[0]);
	if (!err && isa_is_ld_imm64(&m.insn[0]))
		err = keep_insn(as, m.insn[1]);
	return err;
}

/* "12:" and "(b7)", which logs have before an instruction. */
static void skip_log_prefix(struct match *m)
{
	size_t digits = strspn(m->at, "0123456789");

	if (digits && m->at[digits] == ':') {
		m->at += digits + 1;
		match_spaces(m);
	}
	if (m->at[0] == '(' && isxdigit((unsigned char)m->at[1]) &&
	    isxdigit((unsigned char)m->at[2]) && m->at[3] == ')') {
		m->at += 4;
		match_spaces(m);
	}
}

static const struct label *find_label(const struct assembler *as, const char *name)
{
	const struct label *labels = as->labels.items;

	for (u32 i = 0; i < as->labels.len; i++)
		if (!strcmp(labels[i].name, name))
			return &labels[i];
	return NULL;
}

static int refuse(struct assembler *as, u32 line, u32 column, const char *what, const char *name)
{
	as->line.error->line = line;
	as->line.error->column = column;
	snprintf(as->line.error->text, sizeof(as->line.error->text), "%s '%s'", what, name);
	return -EINVAL;
}

/* "name:", if there is one; m->at is behind it. */
static int asm_label(struct assembler *as, struct match *m)
{
	const char *start = m->at;
	char name[MATCH_NAME_MAX];
	struct label *label;

	if (match_name(m, name) || *m->at != ':') {
		m->at = start;
		return 0;
	}
	m->at++;
	match_spaces(m);
	if (find_label(as, name))
		return refuse(as, as->number, match_column(&as->line, start),
			      "there are two labels", name);
	label = push(as, &as->labels, sizeof(*label));
	if (!label)
		return -ENOMEM;
	label->insn = as->insns.len;
	memcpy(label->name, name, sizeof(name));
	return 0;
}

static int asm_line(struct assembler *as)
{
	struct match m = {.line = &as->line, .at = as->line.text};
	int err;

	as->line.error->line = as->number;
	as->line.error->column = 0;
	match_spaces(&m);
	err = asm_label(as, &m);
	if (err)
		return err;
	skip_log_prefix(&m);
	return *m.at ? asm_insn(as, m.at) : 0;
}

/* Copy a line without its comment into as->line.text. */
static int take_line(struct assembler *as, const char *line, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (line[i] == ';' || (line[i] == '/' && i + 1 < len && line[i + 1] == '/'))
			len = i;
	while (len && isspace((unsigned char)line[len - 1]))
		len--;
	if (len >= sizeof(as->line.text) || memchr(line, 0, len)) {
		as->line.error->line = as->number;
		as->line.error->column = 1;
		snprintf(as->line.error->text, sizeof(as->line.error->text),
			 "the line is too long, or no text");
		return -EINVAL;
	}
	memcpy(as->line.text, line, len);
	as->line.text[len] = 0;
	return 0;
}

static int asm_lines(struct assembler *as, const char *text, size_t len)
{
	int err = 0;

	while (len && !err) {
		const char *end = memchr(text, '\n', len);
		size_t line = end ? (size_t)(end - text) : len;

		as->number++;
		err = take_line(as, text, line);
		if (!err)
			err = asm_line(as);
		line += end != NULL;
		text += line;
		len -= line;
	}
	return err;
}

static int resolve(struct assembler *as, const struct jump *jump)
{
	struct bpf_insn *insn = (struct bpf_insn *)as->insns.items + jump->insn;
	const struct label *label = find_label(as, jump->name);
	enum isa_op op = isa_decode(insn);
	s64 distance;

	if (!label)
		return refuse(as, jump->line, jump->column, "there is no label", jump->name);
	distance = (s64)label->insn - jump->insn - 1;
	if (isa_is_jump(op) && op != ISA_GOTOL) {
		if (distance != (s16)distance)
			return refuse(as, jump->line, jump->column, "it is too far to", jump->name);
		insn->off = (s16)distance;
	} else {
		insn->imm = (s32)distance;
	}
	return 0;
}

static int resolve_all(struct assembler *as)
{
	const struct jump *jumps = as->jumps.items;
	int err = 0;

	for (u32 i = 0; i < as->jumps.len && !err; i++)
		err = resolve(as, &jumps[i]);
	return err;
}

int isa_asm(const struct os *os, const char *text, size_t len, const struct isa_names *names,
	    struct isa_code *out, struct isa_error *error)
{
	struct assembler as = {.os = os, .line = {.names = names, .error = error}};
	int err = asm_lines(&as, text, len);

	if (!err)
		err = resolve_all(&as);
	os_free(os, as.labels.items);
	os_free(os, as.jumps.items);
	if (err) {
		os_free(os, as.insns.items);
		os_free(os, as.refs.items);
		return err;
	}
	*out = (struct isa_code){as.insns.items, as.insns.len, as.insns.cap,
				 as.refs.items,  as.refs.len,  as.refs.cap};
	return 0;
}

void isa_asm_free(const struct os *os, struct isa_code *code)
{
	os_free(os, code->insns);
	os_free(os, code->refs);
	memset(code, 0, sizeof(*code));
}
