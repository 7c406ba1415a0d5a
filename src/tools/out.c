/*
 * The writer: keeps where it is (depth, kind of container, is a separator due) and renders the same
 * calls as JSON or as indented text.
 */
#include "tools/out.h"

#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

void out_begin(struct out *out, FILE *file, enum out_style style)
{
	*out = (struct out){.file = file, .style = style};
	out->colour = style == OUT_TEXT && isatty(fileno(file)) && !getenv("NO_COLOR");
	if (style == OUT_JSON)
		fputc('{', file);
}

void out_finish(struct out *out)
{
	if (out->style == OUT_JSON)
		fputs("\n}\n", out->file);
}

static void put_escaped(FILE *file, const char *text)
{
	for (const u8 *c = (const u8 *)text; *c; c++) {
		if (*c == '"' || *c == '\\')
			fprintf(file, "\\%c", *c);
		else if (*c == '\n')
			fputs("\\n", file);
		else if (*c < 0x20 || *c >= 0x7f)
			fprintf(file, "\\u%04x", *c);
		else
			fputc(*c, file);
	}
}

static void indent(const struct out *out)
{
	for (u32 i = 0; i < out->depth; i++)
		fputs("  ", out->file);
}

static void put_json_key(struct out *out, const char *key)
{
	if (out->started[out->depth])
		fputc(',', out->file);
	if (!out->in_line) {
		fputs("\n  ", out->file);
		indent(out);
	} else if (out->started[out->depth]) {
		fputc(' ', out->file);
	}
	if (out->list[out->depth])
		return;
	fputc('"', out->file);
	put_escaped(out->file, key);
	fputs("\": ", out->file);
}

/* Where the value stands. */
enum place { SAME_LINE, BELOW };

static void put_text_key(struct out *out, const char *key, enum place place)
{
	bool colour = out->colour && !out->in_line;

	if (!out->in_line)
		indent(out);
	else if (out->started[out->depth])
		fputs(", ", out->file);
	if (!out->list[out->depth])
		fprintf(out->file, "%s%s:%s%s", colour ? "\033[1m" : "", key,
			colour ? "\033[0m" : "", place == SAME_LINE ? " " : "");
}

/* What stands before any value: separator, indentation, key. */
static void put_key(struct out *out, const char *key, enum place place)
{
	if (out->bare) {
		out->bare = false;
		return;
	}
	if (out->style == OUT_JSON)
		put_json_key(out, key);
	else
		put_text_key(out, key, place);
	out->started[out->depth] = true;
}

static void put_end_of_value(struct out *out)
{
	if (out->style == OUT_TEXT && !out->in_line)
		fputc('\n', out->file);
}

static void push(struct out *out, const char *key, bool list)
{
	if (out->depth + 1 == OUT_DEPTH)
		abort(); /* callers bound what they nest */
	put_key(out, key, out->in_line ? SAME_LINE : BELOW);
	if (out->style == OUT_JSON || out->in_line)
		fputc(list ? '[' : '{', out->file);
	else
		fputc('\n', out->file);
	out->depth++;
	out->list[out->depth] = list;
	out->started[out->depth] = false;
}

void out_object(struct out *out, const char *key)
{
	push(out, key, false);
}

void out_array(struct out *out, const char *key)
{
	push(out, key, true);
}

void out_end(struct out *out)
{
	bool list = out->list[out->depth], started = out->started[out->depth];

	out->depth--;
	if (out->style == OUT_TEXT && !out->in_line)
		return;
	if (started && !out->in_line) {
		fputs("\n  ", out->file);
		indent(out);
	}
	fputc(list ? ']' : '}', out->file);
}

/* Text goes to terminals: what is not printable is escaped there too, outside quotes. */
void out_str(struct out *out, const char *key, const char *value)
{
	bool quoted = out->style == OUT_JSON || out->in_line;

	put_key(out, key, SAME_LINE);
	if (quoted)
		fputc('"', out->file);
	put_escaped(out->file, value);
	if (quoted)
		fputc('"', out->file);
	put_end_of_value(out);
}

void out_number(struct out *out, const char *key, const char *fmt, ...)
{
	va_list args;

	put_key(out, key, SAME_LINE);
	va_start(args, fmt);
	vfprintf(out->file, fmt, args);
	va_end(args);
	put_end_of_value(out);
}

void out_u64(struct out *out, const char *key, u64 value)
{
	out_number(out, key, "%llu", (unsigned long long)value);
}

void out_s64(struct out *out, const char *key, s64 value)
{
	out_number(out, key, "%lld", (long long)value);
}

void out_bool(struct out *out, const char *key, bool value)
{
	out_number(out, key, "%s", value ? "true" : "false");
}

void out_hex(struct out *out, const char *key, const u8 *bytes, size_t n)
{
	put_key(out, key, SAME_LINE);
	fputs(out->style == OUT_JSON ? "\"hex:" : "hex:", out->file);
	for (size_t i = 0; i < n; i++)
		fprintf(out->file, "%02x", bytes[i]);
	if (out->style == OUT_JSON)
		fputc('"', out->file);
	put_end_of_value(out);
}

void out_entry_begin(struct out *out)
{
	put_key(out, NULL, SAME_LINE);
	if (out->style == OUT_JSON)
		fputs("{\"key\": ", out->file);
	out->in_line++;
	out->bare = true;
}

void out_entry_value(struct out *out)
{
	fputs(out->style == OUT_JSON ? ", \"value\": " : " = ", out->file);
	out->bare = true;
}

void out_entry_end(struct out *out)
{
	out->in_line--;
	if (out->style == OUT_JSON)
		fputc('}', out->file);
	put_end_of_value(out);
}

void out_line_begin(struct out *out, const char *key)
{
	put_key(out, key, SAME_LINE);
	out->in_line++;
	out->bare = true;
}

void out_line_end(struct out *out)
{
	out->in_line--;
	put_end_of_value(out);
}

void out_remark(struct out *out, const char *fmt, ...)
{
	va_list args;

	if (out->style == OUT_JSON)
		return;
	indent(out);
	va_start(args, fmt);
	vfprintf(out->file, fmt, args);
	va_end(args);
	fputc('\n', out->file);
}
