/*
 * One writer for what commands report: the same calls give JSON or text.  Text is one item a line,
 * nested by indentation; inside a map entry everything stays on its line.
 */
#ifndef SKEP_TOOLS_OUT_H
#define SKEP_TOOLS_OUT_H

#include <stdbool.h>
#include <stdio.h>

#include "base/types.h"

enum { OUT_DEPTH = 128 };

enum out_style { OUT_TEXT, OUT_JSON };

struct out {
	FILE *file;
	enum out_style style;
	bool colour;
	bool bare;   /* the next value follows its key directly */
	u32 in_line; /* > 0: all stays on one line */
	u32 depth;
	bool list[OUT_DEPTH];    /* by depth: an array */
	bool started[OUT_DEPTH]; /* by depth: a separator is due */
};

/* style OUT_TEXT has colours when file is a terminal and NO_COLOR is not set. */
void out_begin(struct out *out, FILE *file, enum out_style style);
void out_finish(struct out *out);

/* key is NULL inside arrays and for what out_entry_* asks for. */
void out_object(struct out *out, const char *key);
void out_array(struct out *out, const char *key);
void out_end(struct out *out);

void out_str(struct out *out, const char *key, const char *value);
void out_u64(struct out *out, const char *key, u64 value);
void out_s64(struct out *out, const char *key, s64 value);
void out_bool(struct out *out, const char *key, bool value);
__attribute__((format(printf, 3, 4))) void out_number(struct out *out, const char *key,
						      const char *fmt, ...);
/* "hex:0011.." */
void out_hex(struct out *out, const char *key, const u8 *bytes, size_t n);

/*
 * One pair of a map, in an array: begin, write the key, value, write the value, end.
 * {"key": K, "value": V}, or the line "K = V".
 */
void out_entry_begin(struct out *out);
void out_entry_value(struct out *out);
void out_entry_end(struct out *out);

/* The one value written between these stays on its key's line, whatever it holds. */
void out_line_begin(struct out *out, const char *key);
void out_line_end(struct out *out);

/* A remark for people: a line of its own in text, nothing in JSON. */
__attribute__((format(printf, 2, 3))) void out_remark(struct out *out, const char *fmt, ...);

#endif
