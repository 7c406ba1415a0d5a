/*
 * One line of text held against the rows' texts, one after the other: literal characters have to be
 * there, %tokens fill fields.  Of the rows that do not fit, those that came farthest say what was
 * expected.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "isa/match.h"

/* Note what would have been right here, if no other row came farther.  -1. */
static int expected(struct match *m, const char *what)
{
	struct isa_error *error = m->line->error;
	u32 column = match_column(m->line, m->at);
	size_t used;

	if (column < error->column)
		return -1;
	if (column > error->column) {
		error->column = column;
		snprintf(error->text, sizeof(error->text), "expected %s", what);
		return -1;
	}
	used = strlen(error->text);
	if (!strstr(error->text, what) && used + strlen(what) + 4 < sizeof(error->text))
		snprintf(error->text + used, sizeof(error->text) - used, ", %s", what);
	return -1;
}

static int is_name(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '.';
}

int match_name(struct match *m, char name[MATCH_NAME_MAX])
{
	size_t len = 0;

	while (is_name(m->at[len]))
		len++;
	if (!len || len >= MATCH_NAME_MAX || isdigit((unsigned char)*m->at))
		return -1;
	memcpy(name, m->at, len);
	name[len] = 0;
	m->at += len;
	return 0;
}

struct number {
	u64 value; /* two's complement */
	u8 negative, hex;
};

static int parse_number(struct match *m, struct number *out)
{
	const char *digits = m->at + (*m->at == '-' || *m->at == '+');
	char *end;

	out->negative = *m->at == '-';
	out->hex = digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X');
	if (!isdigit((unsigned char)*digits))
		return -1;
	errno = 0;
	out->value = strtoull(digits, &end, out->hex ? 16 : 10);
	if (errno || is_name(*end))
		return -1;
	if (out->negative) {
		if (out->value > 1ull << 63)
			return -1;
		out->value = -out->value;
	}
	m->at = end;
	return 0;
}

/* Is it an s32, or the 32 bits of one in hexadecimal? */
static int fits_imm(const struct number *n, int or_unsigned)
{
	if ((s64)n->value == (s32)n->value && (n->negative || !(n->value >> 63)))
		return 1;
	return or_unsigned && !n->negative && n->value <= UINT32_MAX;
}

/* A 32-bit constant into *out.  `kind` is its token. */
static int parse_imm(struct match *m, char kind, s32 *out)
{
	const char *start = m->at;
	struct number n;

	if (parse_number(m, &n) || (kind == 'k' && n.hex) || !fits_imm(&n, n.hex || kind == 'x')) {
		m->at = start;
		return expected(m, kind == 'k' ? "a decimal number of 32 bits"
					       : "a number of 32 bits");
	}
	*out = (s32)n.value;
	return 0;
}

static int parse_imm64(struct match *m)
{
	const char *start = m->at;
	struct number n;

	if (parse_number(m, &n)) {
		m->at = start;
		return expected(m, "a number of 64 bits");
	}
	m->insn[0].imm = (s32)n.value;
	m->insn[1].imm = (s32)(n.value >> 32);
	match_spaces(m);
	if (!strncmp(m->at, "ll", 2) && !is_name(m->at[2]))
		m->at += 2;
	return 0;
}

static int parse_off(struct match *m)
{
	const char *start;
	struct number n;
	char sign;

	match_spaces(m);
	start = m->at;
	sign = *m->at;
	if (sign != '+' && sign != '-')
		return expected(m, "+ or - and an offset");
	m->at++;
	match_spaces(m);
	if (!isdigit((unsigned char)*m->at) || parse_number(m, &n) || n.value > 32768 ||
	    (n.value == 32768 && sign == '+')) {
		m->at = start;
		return expected(m, "an offset of 16 bits");
	}
	m->insn[0].off = (s16)(sign == '-' ? -(s64)n.value : (s64)n.value);
	return 0;
}

static int parse_reg(struct match *m, char letter, u32 *reg)
{
	const char *what = letter == 'w' ? "a register w0..w10" : "a register r0..r10";
	u32 value = 0, digits = 1;

	if (*m->at != letter || !isdigit((unsigned char)m->at[1]))
		return expected(m, what);
	while (digits < 3 && isdigit((unsigned char)m->at[digits]))
		value = value * 10 + (u32)(m->at[digits++] - '0');
	if (value > 10 || is_name(m->at[digits]))
		return expected(m, what);
	m->at += digits;
	*reg = value;
	return 0;
}

/* The same register again has to be the same. */
static int parse_dst(struct match *m, char letter)
{
	const char *start = m->at;
	u32 reg;

	if (parse_reg(m, letter, &reg))
		return -1;
	if (m->dst_known && m->insn[0].dst_reg != reg) {
		m->at = start;
		return expected(m, "the same register");
	}
	m->dst_known = 1;
	m->insn[0].dst_reg = reg & 15;
	return 0;
}

static int parse_src(struct match *m, char letter)
{
	const char *start = m->at;
	u32 reg;

	if (parse_reg(m, letter, &reg))
		return -1;
	if (m->src_known && m->insn[0].src_reg != reg) {
		m->at = start;
		return expected(m, "the same register");
	}
	m->src_known = 1;
	m->insn[0].src_reg = reg & 15;
	return 0;
}

/* pc+N, pc-N, +N, -N, or a label. */
static int parse_target(struct match *m, s64 min, s64 max, s64 *out)
{
	const char *start = m->at;
	struct number n;

	*out = 0;
	if (!strncmp(m->at, "pc", 2) && (m->at[2] == '+' || m->at[2] == '-'))
		m->at += 2;
	if (*m->at != '+' && *m->at != '-') {
		m->label_column = match_column(m->line, m->at);
		return match_name(m, m->label) ? expected(m, "a label or pc+N") : 0;
	}
	if (parse_number(m, &n) || (s64)n.value < min || (s64)n.value > max) {
		m->at = start;
		return expected(m, max > INT16_MAX ? "a distance of 32 bits"
						   : "a distance of 16 bits");
	}
	*out = (s64)n.value;
	return 0;
}

static int parse_jump16(struct match *m)
{
	s64 distance;

	if (parse_target(m, INT16_MIN, INT16_MAX, &distance))
		return -1;
	m->insn[0].off = (s16)distance;
	return 0;
}

static int parse_jump32(struct match *m)
{
	s64 distance;

	if (parse_target(m, INT32_MIN, INT32_MAX, &distance))
		return -1;
	m->insn[0].imm = (s32)distance;
	return 0;
}

/* name#number, or the name of a helper that names->helper_id knows. */
static int parse_helper(struct match *m)
{
	const struct isa_names *names = m->line->names;
	const char *start = m->at;
	char name[MATCH_NAME_MAX];
	u32 id = 0;

	if (match_name(m, name))
		return expected(m, "a helper");
	if (*m->at == '#') {
		m->at++;
		return parse_imm(m, 'i', &m->insn[0].imm);
	}
	if (names && names->helper_id)
		id = names->helper_id(names->cookie, name);
	if (!id) {
		m->at = start;
		return expected(m, "a helper");
	}
	m->insn[0].imm = (s32)id;
	return 0;
}

static int literal(struct match *m, const char *text)
{
	if (strncmp(m->at, text, strlen(text)))
		return expected(m, text);
	m->at += strlen(text);
	return 0;
}

static int parse_kfunc(struct match *m)
{
	s32 off;

	if (literal(m, "kernel-function#") || parse_imm(m, 'i', &m->insn[0].imm))
		return -1;
	if (*m->at != '@')
		return 0;
	m->at++;
	if (parse_imm(m, 'i', &off) || off != (s16)off)
		return -1;
	m->insn[0].off = (s16)off;
	return 0;
}

/* One half of addr_space_cast's imm. */
static int parse_half(struct match *m, u32 shift)
{
	s32 half = 0;

	if (parse_imm(m, 'k', &half) || half < 0 || half > 0xffff)
		return -1;
	m->insn[0].imm |= (s32)((u32)half << shift);
	return 0;
}

static int parse_token(struct match *m, char token, const struct isa_row *row)
{
	u8 class = BPF_CLASS(row->code);
	char letter = class == BPF_ALU || class == BPF_JMP32 ? 'w' : 'r';
	char text[16];

	switch (token) {
	case 'd':
		return parse_dst(m, letter);
	case 's':
		return parse_src(m, letter);
	case 'D':
		return parse_dst(m, 'r');
	case 'S':
		return parse_src(m, 'r');
	case 'i':
	case 'k':
	case 'x':
	case 'w':
		return parse_imm(m, token, &m->insn[0].imm);
	case 'o':
		return parse_off(m);
	case 'j':
		return parse_jump16(m);
	case 'J':
		return parse_jump32(m);
	case 'z':
	case 'Z':
		snprintf(text, sizeof(text), "%c%u", token == 'z' ? 'u' : 's',
			 isa_size(row->code) * 8);
		return literal(m, text);
	case 'a':
		return literal(m, isa_size(row->code) == 8 ? "atomic64" : "atomic");
	case 'l':
		return parse_imm64(m);
	case 'n':
		return parse_imm(m, 'i', &m->insn[1].imm);
	case 'c':
		return parse_helper(m);
	case 'f':
		return parse_kfunc(m);
	case 'H':
		return parse_half(m, 16);
	case 'L':
		return parse_half(m, 0);
	case 'm':
		return match_name(m, m->map) ? expected(m, "a map's name") : 0;
	default:
		return literal(m, "%");
	}
}

/* Any number of spaces where the notation has one; none at all between letters is not enough. */
static int parse_space(struct match *m, char before)
{
	const char *start = m->at;

	match_spaces(m);
	if (m->at == start && is_name(before) && is_name(*m->at))
		return expected(m, "a space");
	return 0;
}

/* The characters of text up to the next space or token. */
static int parse_literal(struct match *m, const char **text)
{
	char word[MATCH_NAME_MAX];
	size_t len = strcspn(*text, " %");

	memcpy(word, *text, len);
	word[len] = 0;
	*text += len;
	return literal(m, word);
}

static int match_text(struct match *m, const char *text, const struct isa_row *row)
{
	int err = 0;

	for (char before = ' '; *text && !err; before = text[-1]) {
		if (*text == ' ') {
			err = parse_space(m, before);
			text++;
		} else if (*text == '%') {
			err = parse_token(m, text[1], row);
			text += 2;
		} else {
			err = parse_literal(m, &text);
		}
	}
	if (err)
		return -1;
	match_spaces(m);
	return *m->at ? expected(m, "the end of the line") : 0;
}

static void preset(struct bpf_insn *insn, const struct isa_row *row)
{
	memset(insn, 0, sizeof(*insn));
	insn->code = row->code;
	if (row->by == ISA_BY_OFF)
		insn->off = (s16)row->value;
	if (row->by == ISA_BY_IMM)
		insn->imm = row->value;
	if (row->by == ISA_BY_SRC)
		insn->src_reg = row->value & 15;
}

static int match_row(struct match *m, const char *at, const char *text, enum isa_op op)
{
	const struct isa_row *row = &isa_rows[op];

	*m = (struct match){.line = m->line, .at = at};
	preset(&m->insn[0], row);
	if (match_text(m, text, row))
		return -1;
	/* be17: all but the width is right */
	return isa_decode(&m->insn[0]) == op ? 0 : expected(m, "a width of 16, 32 or 64 bits");
}

/* What is written with a name where the row has a number that only a loader knows. */
static const struct {
	enum isa_op op;
	const char *text;
} named[] = {
	{ISA_LD_MAP_FD, "%D = map[%m]"},
	{ISA_LD_MAP_VALUE, "%D = map[%m][0]+%n"},
};

int match_insn(struct match *m)
{
	const char *at = m->at;

	for (u32 i = 0; i < ARRAY_SIZE(named); i++)
		if (!match_row(m, at, named[i].text, named[i].op))
			return 0;
	for (u32 op = 1; op < ISA_OPS; op++)
		if (!match_row(m, at, isa_rows[op].text, op))
			return 0;
	return -1;
}
