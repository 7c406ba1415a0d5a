/*
 * A reader of JSON, for map contents.  Numbers keep their text, so that 64 bits survive; beyond the
 * standard it takes words without quotes (10.0.0.1, 0x1f, {src: 1}) and comments are an error.
 */
#ifndef SKEP_TOOLS_JSON_H
#define SKEP_TOOLS_JSON_H

#include "base/types.h"

enum json_kind { JSON_WORD, JSON_STRING, JSON_OBJECT, JSON_ARRAY };

/* Children are a chain; in an object each has a name. */
struct json {
	enum json_kind kind;
	char *name; /* NUL-terminated, or NULL */
	char *text; /* of words and strings, NUL-terminated */
	struct json *first, *next;
	u32 line; /* where it began, from 1 */
};

struct json_doc {
	struct json *root;
	struct json *nodes; /* all of them, one block */
	char *text;         /* all strings */
	char error[120];    /* "line 3: a value is missing" */
};

/* Parse `len` bytes.  0, or -1 with doc->error set and nothing to free. */
int json_parse(struct json_doc *doc, const char *text, size_t len);
void json_free(struct json_doc *doc);

/* The child with this name, or NULL. */
const struct json *json_member(const struct json *object, const char *name);

#endif
