/* One line of text held against the rows: the part of the assembler that knows the notation. */
#ifndef SKEP_ISA_MATCH_H
#define SKEP_ISA_MATCH_H

#include "isa/isa.h"

enum { MATCH_LINE_MAX = 256, MATCH_NAME_MAX = 64 };

/* A line, and where to say what is wrong with it. */
struct match_line {
	char text[MATCH_LINE_MAX]; /* without comment */
	const struct isa_names *names;
	struct isa_error *error; /* column 0 to begin with */
};

/* One row held against one line. */
struct match {
	const struct match_line *line;
	const char *at; /* in line->text */
	struct bpf_insn insn[2];
	u8 dst_known, src_known;
	char label[MATCH_NAME_MAX]; /* a jump's, or "" */
	u32 label_column;
	char map[MATCH_NAME_MAX]; /* a map's, or "" */
};

/* The instruction that stands at m->at: 0, or -1 with line->error filled. */
int match_insn(struct match *m);

/* A name: 0 with m->at behind it, or -1. */
int match_name(struct match *m, char name[MATCH_NAME_MAX]);

static inline void match_spaces(struct match *m)
{
	while (*m->at == ' ' || *m->at == '\t')
		m->at++;
}

static inline u32 match_column(const struct match_line *line, const char *at)
{
	return (u32)(at - line->text) + 1;
}

#endif
