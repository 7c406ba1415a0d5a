/*
 * The string kfuncs.  Their pointers may be anything: bytes are read through a checked window, a
 * string is followed for 64 KiB at most.
 */
#include "helper/internal.h"
#include "helper/probe.h"

enum { LEN_MAX = 65536, WINDOW = 64, NULL_PAGE = 4096 }; /* XATTR_SIZE_MAX */

struct reader {
	u64 base; /* the string's address */
	u64 at;   /* what the window shows: [at, at + n) */
	u32 n;
	u8 window[WINDOW];
};

/* Byte i of the string: 0 or -EFAULT. */
static int reader_get(struct reader *r, u64 i, u8 *c)
{
	u64 addr = r->base + i;

	if (addr - r->at >= r->n) {
		r->at = addr & ~(u64)(WINDOW - 1);
		r->n = WINDOW;
		if (probe_read(r->window, r->at, WINDOW)) {
			r->n = 0;
			return -EFAULT;
		}
	}
	*c = r->window[addr - r->at];
	return 0;
}

/* -ERANGE for what no string of a program's can be: Linux says so about user addresses. */
static int reader_open(struct reader *r, u64 addr)
{
	r->base = addr;
	r->at = addr;
	r->n = 0;
	return addr < NULL_PAGE || addr >> 63 ? -ERANGE : 0;
}

static int open_two(struct reader *a, u64 addr_a, struct reader *b, u64 addr_b)
{
	int err = reader_open(a, addr_a);

	return err ? err : reader_open(b, addr_b);
}

/* As Linux folds: Latin-1 as well as ASCII. */
static u8 lower(u8 c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 0xc0 && c <= 0xde && c != 0xd7) ? c + 32 : c;
}

static u64 compare(u64 s1, u64 s2, int folded)
{
	struct reader a, b;
	u8 x, y;
	int err = open_two(&a, s1, &b, s2);

	if (err)
		return (u32)err;
	for (u32 i = 0; i < LEN_MAX; i++) {
		if (reader_get(&a, i, &x) || reader_get(&b, i, &y))
			return (u32)-EFAULT;
		if (folded) {
			x = lower(x);
			y = lower(y);
		}
		if (x != y)
			return x < y ? (u32)-1 : 1;
		if (!x)
			return 0;
	}
	return (u32)-E2BIG;
}

HELPER_FN(kfunc_strcmp)
{
	return compare(r1, r2, 0);
}

HELPER_FN(kfunc_strcasecmp)
{
	return compare(r1, r2, 1);
}

static u64 find_char(u64 s, u64 count, u8 c)
{
	struct reader r;
	u8 at;
	u32 i;
	int err = reader_open(&r, s);

	if (err)
		return (u32)err;
	for (i = 0; i < count && i < LEN_MAX; i++) {
		if (reader_get(&r, i, &at))
			return (u32)-EFAULT;
		if (at == c)
			return i;
		if (!at)
			return (u32)-ENOENT;
	}
	return i == LEN_MAX ? (u32)-E2BIG : (u32)-ENOENT;
}

HELPER_FN(kfunc_strchr)
{
	return find_char(r1, LEN_MAX, (u8)r2);
}

HELPER_FN(kfunc_strnchr)
{
	return find_char(r1, r2, (u8)r3);
}

HELPER_FN(kfunc_strchrnul)
{
	struct reader r;
	u8 at;
	int err = reader_open(&r, r1);

	if (err)
		return (u32)err;
	for (u32 i = 0; i < LEN_MAX; i++) {
		if (reader_get(&r, i, &at))
			return (u32)-EFAULT;
		if (!at || at == (u8)r2)
			return i;
	}
	return (u32)-E2BIG;
}

HELPER_FN(kfunc_strrchr)
{
	struct reader r;
	u8 at;
	u64 last = (u32)-ENOENT;
	int err = reader_open(&r, r1);

	if (err)
		return (u32)err;
	for (u32 i = 0; i < LEN_MAX; i++) {
		if (reader_get(&r, i, &at))
			return (u32)-EFAULT;
		if (at == (s32)r2)
			last = i;
		if (!at)
			return last;
	}
	return (u32)-E2BIG;
}

static u64 length(u64 s, u64 count)
{
	struct reader r;
	u8 at;
	u32 i;
	int err = reader_open(&r, s);

	if (err)
		return (u32)err;
	for (i = 0; i < count && i < LEN_MAX; i++) {
		if (reader_get(&r, i, &at))
			return (u32)-EFAULT;
		if (!at)
			return i;
	}
	return i == LEN_MAX ? (u32)-E2BIG : i;
}

HELPER_FN(kfunc_strlen)
{
	return length(r1, LEN_MAX);
}

HELPER_FN(kfunc_strnlen)
{
	return length(r1, r2);
}

/* Is c in the set?  1, 0, or -errno. */
static int in_set(struct reader *set, u8 c)
{
	u8 at;

	for (u32 i = 0; i < LEN_MAX; i++) {
		if (reader_get(set, i, &at))
			return -EFAULT;
		if (!at || at == c)
			return at != 0;
	}
	return -E2BIG;
}

/* How many characters at the start are in the set (wanted 1), or are not (0). */
static u64 span(u64 s, u64 set_addr, int wanted)
{
	struct reader r, set;
	u8 at;
	int err = open_two(&r, s, &set, set_addr);

	if (err)
		return (u32)err;
	for (u32 i = 0; i < LEN_MAX; i++) {
		if (reader_get(&r, i, &at))
			return (u32)-EFAULT;
		if (!at)
			return i;
		int found = in_set(&set, at);
		if (found < 0)
			return (u32)found;
		if (found != wanted)
			return i;
	}
	return (u32)-E2BIG;
}

HELPER_FN(kfunc_strspn)
{
	return span(r1, r2, 1);
}

HELPER_FN(kfunc_strcspn)
{
	return span(r1, r2, 0);
}

enum { HERE = 1, NOT_HERE = 0 };

/* Does s2 stand at s1[i], within its first len characters?  HERE, NOT_HERE, or -errno. */
static int match_at(struct reader *s1, struct reader *s2, u64 i, u64 len)
{
	u8 a, b;

	for (u64 j = 0; j < LEN_MAX; j++) {
		if (reader_get(s2, j, &b))
			return -EFAULT;
		if (!b)
			return HERE;
		if (i + j >= len)
			return -ENOENT;
		if (reader_get(s1, i + j, &a))
			return -EFAULT;
		if (!a)
			return -ENOENT;
		if (a != b)
			return NOT_HERE;
	}
	return -E2BIG;
}

static u64 find_text(u64 s1, u64 s2, u64 len)
{
	struct reader a, b;
	int err = open_two(&a, s1, &b, s2);

	if (err)
		return (u32)err;
	for (u32 i = 0; i < LEN_MAX; i++) {
		int match = match_at(&a, &b, i, len);
		if (match)
			return match == HERE ? i : (u32)match;
	}
	return (u32)-E2BIG;
}

HELPER_FN(kfunc_strstr)
{
	return find_text(r1, r2, LEN_MAX);
}

HELPER_FN(kfunc_strnstr)
{
	return find_text(r1, r2, r3);
}
