/*
 * Linux's subset of printf.  format_prepare follows the rules of bpf_bprintf_prepare, in its order,
 * because the order decides which error a bad format gets; format_print does what the kernel's
 * vsnprintf does with what is left.
 */
#include <errno.h>
#include <stdio.h>

#include "helper/format.h"
#include "helper/probe.h"
#include "helper/siphash.h"
#include "helper/text.h"

struct parse {
	const char *fmt;
	u32 at;          /* in fmt */
	u32 used;        /* of the argument bytes */
	const u64 *args; /* NULL: check only, fetch nothing */
	struct format_spec *spec;
	struct format *f;
};

/* A character that may follow %p or %s: the end, white space, or punctuation. */
static int ends_spec(char c)
{
	return c == 0 || text_space(c) || text_punct(c);
}

static void parse_flags(struct parse *p)
{
	for (;; p->at++) {
		switch (p->fmt[p->at]) {
		case '0':
			p->spec->zero = 1;
			continue;
		case '+':
			p->spec->plus = 1;
			continue;
		case '-':
			p->spec->left = 1;
			continue;
		case ' ':
			p->spec->space = 1;
			continue;
		}
		return;
	}
}

static void parse_width(struct parse *p)
{
	enum { WIDTH_MAX = (1 << 23) - 1 }; /* FIELD_WIDTH_MAX */
	u64 width = 0;

	for (; isdigit((u8)p->fmt[p->at]); p->at++)
		if (width <= WIDTH_MAX)
			width = width * 10 + (u64)(p->fmt[p->at] - '0');
	p->spec->width = width > WIDTH_MAX ? WIDTH_MAX : (u32)width;
}

/* Room for an argument of `size` bytes, as Linux packs them. */
static int take_number(struct parse *p, u32 size)
{
	if (!p->args)
		return 0;
	p->used = (u32)round_up_to(p->used, 4);
	if (p->used > FORMAT_ARG_BYTES || FORMAT_ARG_BYTES - p->used < size)
		return -ENOSPC;
	p->used += size;
	return 0;
}

static int take_string(struct parse *p)
{
	char *to = p->f->bytes + p->used;
	u32 room = FORMAT_ARG_BYTES - p->used;

	p->spec->kind = 's';
	if (!p->args)
		return 0;
	if (!room)
		return -ENOSPC;
	long n = probe_read_str(to, p->spec->value, room);
	if (n <= 0) {
		*to = 0;
		n = 1;
	}
	p->spec->text = to;
	p->used += (u32)n;
	return 0;
}

static int take_text(struct parse *p, const char *text)
{
	size_t n = strlen(text) + 1;

	if (n > FORMAT_ARG_BYTES - p->used)
		return -ENOSPC;
	p->spec->kind = 't';
	p->spec->text = memcpy(p->f->bytes + p->used, text, n);
	p->used += (u32)n;
	return 0;
}

static void ip4_text(char *text, const u8 *a, int zeros)
{
	sprintf(text, zeros ? "%03u.%03u.%03u.%03u" : "%u.%u.%u.%u", a[0], a[1], a[2], a[3]);
}

static void ip6_groups(char *text, const u8 *a, const char *between)
{
	for (int i = 0; i < 8; i++)
		text += sprintf(text, "%s%02x%02x", i ? between : "", a[2 * i], a[2 * i + 1]);
}

/* %pI4 %pi4 %pI6 %pi6: at is on the I.  A c after %pI6 changes nothing: the text is made here. */
static int take_ip(struct parse *p)
{
	char family = p->fmt[p->at + 1];
	int plain = p->fmt[p->at] == 'i';
	u8 addr[16];
	char text[48];

	p->at += 2;
	if (!p->args)
		return 0;
	u32 size = family == '4' ? 4 : 16;
	if (FORMAT_ARG_BYTES - p->used < size)
		return -ENOSPC;
	if (probe_read(addr, p->spec->value, size))
		memset(addr, 0, sizeof(addr));
	if (family == '4')
		ip4_text(text, addr, plain);
	else
		ip6_groups(text, addr, plain ? "" : ":");
	return take_text(p, text);
}

/* We know no symbols, and Linux prints the address of what has none. */
static void symbol_text(char text[24], u64 addr)
{
	snprintf(text, 24, "0x%llx", (unsigned long long)addr);
}

/* %ps and %pS are looked up when they are printed, %pB now. */
static int take_symbol(struct parse *p)
{
	char text[24];

	if (p->fmt[p->at++] != 'B') {
		p->spec->kind = 'S';
		return take_number(p, 8);
	}
	if (!p->args)
		return 0;
	symbol_text(text, p->spec->value);
	return take_text(p, text);
}

/* at is behind the p */
static int parse_pointer(struct parse *p)
{
	const char *s = p->fmt + p->at;

	p->spec->kind = 'p';
	if (ends_spec(s[0]))
		return take_number(p, 8);
	if ((s[0] == 'k' || s[0] == 'u') && s[1] == 's') {
		p->at += 2;
		return ends_spec(p->fmt[p->at]) ? take_string(p) : -EINVAL;
	}
	if (s[0] == 'x' || s[0] == 'K') {
		p->spec->kind = s[0] == 'x' ? 'P' : 'p';
		p->at++;
		return take_number(p, 8);
	}
	if (s[0] == 's' || s[0] == 'S' || s[0] == 'B')
		return take_symbol(p);
	if ((s[0] == 'i' || s[0] == 'I') && (s[1] == '4' || s[1] == '6'))
		return take_ip(p);
	return -EINVAL;
}

static u64 narrow(char kind, u64 value)
{
	return kind == 'd' ? (u64)(s64)(s32)value : (u32)value;
}

/* [l[l]](d i u x X) */
static int parse_number(struct parse *p)
{
	u32 longs = 0;

	for (; longs < 2 && p->fmt[p->at] == 'l'; longs++)
		p->at++;
	char c = p->fmt[p->at];
	if (!c || !strchr("idxuX", c))
		return -EINVAL;
	p->at++;
	p->spec->kind = c == 'i' ? 'd' : c;
	if (!longs)
		p->spec->value = narrow(p->spec->kind, p->spec->value);
	return take_number(p, longs ? 8 : 4);
}

static int parse_char(struct parse *p)
{
	p->spec->kind = 'c';
	if (p->args && p->used++ >= FORMAT_ARG_BYTES)
		return -ENOSPC;
	return 0;
}

/* at is behind the % */
static int parse_spec(struct parse *p)
{
	parse_flags(p);
	parse_width(p);
	switch (p->fmt[p->at]) {
	case 'p':
		p->at++;
		return parse_pointer(p);
	case 's':
		p->at++;
		return ends_spec(p->fmt[p->at]) ? take_string(p) : -EINVAL;
	case 'c':
		p->at++;
		return parse_char(p);
	}
	return parse_number(p);
}

/* Control characters are refused; what is beyond ASCII is UTF-8's. */
static int printable(char c)
{
	return (u8)c >= 0x80 || isprint((u8)c) || text_space(c);
}

static int prepare(struct format *f, const char *fmt, u32 size, const u64 *args, u32 n)
{
	struct parse p = {fmt, 0, 0, args, NULL, f};

	memset(f, 0, offsetof(struct format, bytes));
	f->fmt = fmt;
	if (!memchr(fmt, 0, size))
		return -EINVAL;
	while (fmt[p.at]) {
		if (!printable(fmt[p.at]))
			return -EINVAL;
		if (fmt[p.at++] != '%')
			continue;
		if (fmt[p.at] == '%') {
			p.at++;
			continue;
		}
		if (f->count >= n || f->count >= FORMAT_MAX_ARGS)
			return -EINVAL;
		p.spec = &f->spec[f->count];
		p.spec->start = p.at - 1;
		p.spec->value = args ? args[f->count] : 0;
		int err = parse_spec(&p);
		if (err)
			return err;
		p.spec->end = p.at;
		f->count++;
	}
	return 0;
}

int format_prepare(struct format *f, const char *fmt, u32 size, const u64 *args, u32 n)
{
	static const u64 none[1];

	return prepare(f, fmt, size, args ? args : none, n);
}

int format_check(const char *fmt, u32 size, u32 n)
{
	struct format f;

	return prepare(&f, fmt, size, NULL, n);
}

struct out {
	const u64 *key;
	char *buf;
	u32 size, len;
};

static void out_char(struct out *o, char c)
{
	if (o->len + 1 < o->size)
		o->buf[o->len] = c;
	o->len++;
}

static void out_pad(struct out *o, char c, u32 n)
{
	while (n--)
		out_char(o, c);
}

static void out_text(struct out *o, const char *text, u32 n)
{
	while (n--)
		out_char(o, *text++);
}

static u32 pad_of(const struct format_spec *s, u32 len)
{
	return s->width > len ? s->width - len : 0;
}

/* Text of one spec between its padding; a sign stands before padding zeros. */
static void out_field(struct out *o, const struct format_spec *s, char sign, const char *text,
		      u32 n)
{
	int zeros = s->zero && !s->left;
	u32 pad = pad_of(s, n + (sign != 0));

	if (!s->left && !zeros)
		out_pad(o, ' ', pad);
	if (sign)
		out_char(o, sign);
	if (zeros)
		out_pad(o, '0', pad);
	out_text(o, text, n);
	if (s->left)
		out_pad(o, ' ', pad);
}

static void print_number(struct out *o, const struct format_spec *s)
{
	const char *digits = s->kind == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
	u32 base = s->kind == 'd' || s->kind == 'u' ? 10 : 16;
	char text[24], *at = text + sizeof(text);
	char sign = 0;
	u64 v = s->value;

	if (s->kind == 'd') {
		sign = (s64)v < 0 ? '-' : s->plus ? '+' : s->space ? ' ' : 0;
		v = (s64)v < 0 ? 0 - v : v;
	}
	do
		*--at = digits[v % base];
	while (v /= base);
	out_field(o, s, sign, at, (u32)(text + sizeof(text) - at));
}

/* Linux shows 32 bits of a hash, so that logs do not give addresses away; NULL and errors plain. */
static u64 hide_pointer(const u64 key[2], u64 v)
{
	return v == 0 || v >= (u64)-4095 ? v : (u32)siphash(key, &v, 1);
}

static void print_pointer(struct out *o, const struct format_spec *s)
{
	struct format_spec number = *s;

	number.kind = 'x';
	number.plus = number.space = 0;
	if (s->kind == 'p')
		number.value = hide_pointer(o->key, s->value);
	if (!s->width) {
		number.width = 16;
		number.zero = 1;
		number.left = 0;
	}
	print_number(o, &number);
}

static void print_text(struct out *o, const struct format_spec *s)
{
	struct format_spec text = *s;

	text.zero = 0;
	out_field(o, &text, 0, s->text, (u32)strlen(s->text));
}

static void print_symbol(struct out *o, const struct format_spec *s)
{
	struct format_spec symbol = *s;
	char text[24];

	symbol_text(text, s->value);
	symbol.text = text;
	print_text(o, &symbol);
}

/* Text that was made beforehand: Linux forgets its width, and all of it where the buffer is full.
 */
static void print_made(struct out *o, const struct format_spec *s)
{
	if (o->len < o->size)
		out_text(o, s->text, (u32)strlen(s->text));
}

static void print_char(struct out *o, const struct format_spec *s)
{
	struct format_spec text = *s;
	char c = (char)s->value;

	text.zero = 0;
	out_field(o, &text, 0, &c, 1);
}

static void print_spec(struct out *o, const struct format_spec *s)
{
	switch (s->kind) {
	case 's':
		print_text(o, s);
		break;
	case 'S':
		print_symbol(o, s);
		break;
	case 't':
		print_made(o, s);
		break;
	case 'c':
		print_char(o, s);
		break;
	case 'p':
	case 'P':
		print_pointer(o, s);
		break;
	default:
		print_number(o, s);
	}
}

/* What stands between two specs, with %% for a percent sign. */
static void print_literal(struct out *o, const char *fmt, u32 from, u32 to)
{
	for (u32 i = from; i < to; i++) {
		out_char(o, fmt[i]);
		if (fmt[i] == '%')
			i++;
	}
}

/* Linux's printf skips all letters and digits behind a %p. */
static u32 spec_end(const struct format *f, const struct format_spec *s)
{
	u32 end = s->end;

	if (memchr(f->fmt + s->start, 'p', s->end - s->start))
		while (isalnum((u8)f->fmt[end]))
			end++;
	return end;
}

u32 format_print(const struct format *f, const u64 key[2], char *buf, u32 size)
{
	struct out o = {key, buf, size, 0};
	u32 at = 0;

	for (u32 i = 0; i < f->count; i++) {
		const struct format_spec *s = &f->spec[i];
		print_literal(&o, f->fmt, at, s->start);
		print_spec(&o, s);
		at = spec_end(f, s);
	}
	print_literal(&o, f->fmt, at, at + (u32)strlen(f->fmt + at));
	if (size)
		buf[o.len < size ? o.len : size - 1] = 0;
	return o.len;
}
