/* Helpers on strings: numbers out of text, comparison. */
#include "helper/internal.h"
#include "helper/text.h"

/* What bpf_strtol and bpf_strtoul read. */
struct text {
	const char *at, *end;
	u32 base;
};

/* Linux takes 0, 8, 10 and 16, and no other flag. */
static int base_ok(u64 flags)
{
	return flags == 0 || flags == 8 || flags == 10 || flags == 16;
}

static void skip_space(struct text *t)
{
	while (t->at < t->end && text_space(*t->at))
		t->at++;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

static char peek(const struct text *t, u32 ahead)
{
	return (size_t)(t->end - t->at) > ahead ? t->at[ahead] : 0;
}

/* "0x" before a hexadecimal digit, "0" before octal ones, else decimal. */
static void settle_base(struct text *t)
{
	int hex = peek(t, 0) == '0' && (peek(t, 1) | 0x20) == 'x';

	if (!t->base && hex && digit(peek(t, 2)) < 16)
		t->base = 16;
	else if (!t->base)
		t->base = peek(t, 0) == '0' ? 8 : 10;
	if (t->base == 16 && hex)
		t->at += 2;
}

/* 0, -EINVAL (no digits), -ERANGE */
static int digits(struct text *t, u64 *out)
{
	const char *start = t->at;
	u64 v = 0;
	int over = 0;

	for (; t->at < t->end && (u32)digit(*t->at) < t->base; t->at++) {
		over |= __builtin_mul_overflow(v, t->base, &v);
		over |= __builtin_add_overflow(v, (u64)digit(*t->at), &v);
	}
	if (t->at == start)
		return -EINVAL;
	*out = v;
	return over ? -ERANGE : 0;
}

/* White space, sign, digits: how many characters that was, or -errno. */
static long number(const char *buf, u32 len, u32 base, u64 *value, int *negative)
{
	struct text t = {buf, buf + len, base};

	if (!len)
		return -EINVAL;
	skip_space(&t);
	*negative = peek(&t, 0) == '-';
	t.at += *negative;
	if (t.at >= t.end)
		return -EINVAL;
	settle_base(&t);
	int err = digits(&t, value);
	return err ? err : t.at - buf;
}

HELPER_FN(helper_strtol)
{
	const u64 most = INT64_MAX;
	u64 value;
	int negative;

	if (!base_ok(r3))
		return (u64)-EINVAL;
	long n = number(u64_to_ptr(r1), (u32)r2, (u32)r3, &value, &negative);
	if (n < 0)
		return (u64)n;
	if (value > most + (u64)negative)
		return (u64)-ERANGE;
	*(u64 *)u64_to_ptr(r4) = negative ? 0 - value : value;
	return (u64)n;
}

HELPER_FN(helper_strtoul)
{
	u64 value;
	int negative;

	if (!base_ok(r3))
		return (u64)-EINVAL;
	long n = number(u64_to_ptr(r1), (u32)r2, (u32)r3, &value, &negative);
	if (n < 0)
		return (u64)n;
	if (negative)
		return (u64)-EINVAL;
	*(u64 *)u64_to_ptr(r4) = value;
	return (u64)n;
}

/* sound because: checking has found the NUL of the constant string r3 */
HELPER_FN(helper_strncmp)
{
	const u8 *a = u64_to_ptr(r1), *b = u64_to_ptr(r3);

	for (u32 i = 0; i < (u32)r2; i++) {
		if (a[i] != b[i])
			return a[i] < b[i] ? (u64)-1 : 1;
		if (!a[i])
			break;
	}
	return 0;
}
