/*
 * The JSON reader: one pass of recursive descent, bounded in depth.  A node takes at least one byte
 * of text and a string no more than its own, so two blocks sized by the text hold everything.
 */
#include "tools/json.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 64 };

struct reader {
	const char *at, *end;
	u32 line, depth;
	struct json *node; /* the next free one */
	char *out;         /* the next free byte of doc->text */
	struct json_doc *doc;
};

static int parse_value(struct reader *r, struct json **out);

__attribute__((format(printf, 2, 3))) static int bad(struct reader *r, const char *fmt, ...)
{
	char *to = r->doc->error;
	size_t size = sizeof(r->doc->error);
	int n = snprintf(to, size, "line %u: ", r->line);
	va_list args;

	va_start(args, fmt);
	vsnprintf(to + n, size - n, fmt, args);
	va_end(args);
	return -1;
}

/* The next character that is no white space; 0 at the end. */
static char peek(struct reader *r)
{
	while (r->at < r->end && strchr(" \t\r\n", *r->at) && *r->at) {
		r->line += *r->at == '\n';
		r->at++;
	}
	return r->at < r->end ? *r->at : 0;
}

static bool take(struct reader *r, char c)
{
	if (peek(r) != c)
		return false;
	r->at++;
	return true;
}

static struct json *new_node(struct reader *r, enum json_kind kind)
{
	struct json *node = r->node++;

	*node = (struct json){.kind = kind, .line = r->line};
	return node;
}

static void put_utf8(struct reader *r, u32 c)
{
	if (c < 0x80) {
		*r->out++ = c;
	} else if (c < 0x800) {
		*r->out++ = 0xc0 | c >> 6;
		*r->out++ = 0x80 | (c & 0x3f);
	} else {
		*r->out++ = 0xe0 | c >> 12;
		*r->out++ = 0x80 | (c >> 6 & 0x3f);
		*r->out++ = 0x80 | (c & 0x3f);
	}
}

static int parse_unicode(struct reader *r)
{
	char digits[5] = "";
	u32 c;

	if (r->end - r->at < 4)
		return bad(r, "\\u wants four hex digits");
	memcpy(digits, r->at, 4);
	if (strspn(digits, "0123456789abcdefABCDEF") != 4)
		return bad(r, "\\u wants four hex digits");
	c = strtoul(digits, NULL, 16);
	if (!c)
		return bad(r, "a string cannot hold \\u0000; write hex:00.. instead");
	r->at += 4;
	put_utf8(r, c);
	return 0;
}

static int parse_escape(struct reader *r)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *found;
	char c;

	if (r->at == r->end)
		return bad(r, "a string does not end");
	c = *r->at++;
	if (c == 'u')
		return parse_unicode(r);
	found = c ? strchr(from, c) : NULL;
	if (!found)
		return bad(r, "unknown escape in a string");
	*r->out++ = to[found - from];
	return 0;
}

static int parse_string(struct reader *r, char **out)
{
	char *text = r->out;

	for (r->at++; r->at < r->end && *r->at != '"';) {
		char c = *r->at++;

		if ((u8)c < 0x20)
			return bad(r, "a string does not end on its line");
		if (c != '\\')
			*r->out++ = c;
		else if (parse_escape(r))
			return -1;
	}
	if (r->at == r->end)
		return bad(r, "a string does not end");
	r->at++;
	*r->out++ = 0;
	*out = text;
	return 0;
}

static bool is_word_char(char c, bool is_name)
{
	return c && (strchr("+-._/", c) || (!is_name && c == ':') || (c >= '0' && c <= '9') ||
		     (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'));
}

enum word_use { WORD_VALUE, WORD_NAME };

static int parse_word(struct reader *r, enum word_use use, char **out)
{
	char *text = r->out;

	while (r->at < r->end && is_word_char(*r->at, use == WORD_NAME))
		*r->out++ = *r->at++;
	if (r->out == text)
		return bad(r, use == WORD_NAME ? "a name is missing" : "a value is missing");
	*r->out++ = 0;
	*out = text;
	return 0;
}

static int parse_name(struct reader *r, char **out)
{
	int err = peek(r) == '"' ? parse_string(r, out) : parse_word(r, WORD_NAME, out);

	if (err)
		return err;
	return take(r, ':') ? 0 : bad(r, "a colon is missing after \"%.40s\"", *out);
}

static int parse_list(struct reader *r, enum json_kind kind, char close, struct json **out)
{
	struct json *list = new_node(r, kind), **tail = &list->first;

	r->at++;
	if (take(r, close)) {
		*out = list;
		return 0;
	}
	do {
		char *name = NULL;

		if (kind == JSON_OBJECT && (peek(r), parse_name(r, &name)))
			return -1;
		if (parse_value(r, tail))
			return -1;
		(*tail)->name = name;
		tail = &(*tail)->next;
	} while (take(r, ','));
	if (!take(r, close))
		return bad(r, "a '%c' or a comma is missing", close);
	*out = list;
	return 0;
}

static int parse_text(struct reader *r, char first, struct json **out)
{
	struct json *node = new_node(r, first == '"' ? JSON_STRING : JSON_WORD);

	*out = node;
	return first == '"' ? parse_string(r, &node->text) : parse_word(r, WORD_VALUE, &node->text);
}

static int parse_value(struct reader *r, struct json **out)
{
	char first = peek(r);
	int err;

	if (++r->depth > DEPTH_MAX)
		return bad(r, "nested deeper than %d", DEPTH_MAX);
	if (first == '{')
		err = parse_list(r, JSON_OBJECT, '}', out);
	else if (first == '[')
		err = parse_list(r, JSON_ARRAY, ']', out);
	else
		err = parse_text(r, first, out);
	r->depth--;
	return err;
}

int json_parse(struct json_doc *doc, const char *text, size_t len)
{
	struct reader r = {.at = text, .end = text + len, .line = 1, .doc = doc};
	int err;

	*doc = (struct json_doc){0};
	doc->nodes = calloc(len + 1, sizeof(*doc->nodes));
	/* a word costs its bytes and a NUL that may not have a byte of its own */
	doc->text = malloc(2 * len + 2);
	if (!doc->nodes || !doc->text) {
		json_free(doc);
		return bad(&r, "out of memory");
	}
	r.node = doc->nodes;
	r.out = doc->text;
	err = parse_value(&r, &doc->root);
	if (!err && peek(&r))
		err = bad(&r, "something follows the value");
	if (!err && r.at < r.end)
		err = bad(&r, "a NUL byte");
	if (err)
		json_free(doc);
	return err;
}

void json_free(struct json_doc *doc)
{
	free(doc->nodes);
	free(doc->text);
	doc->nodes = NULL;
	doc->text = NULL;
	doc->root = NULL;
}

const struct json *json_member(const struct json *object, const char *name)
{
	const struct json *child = object->first;

	while (child && strcmp(child->name, name))
		child = child->next;
	return child;
}
