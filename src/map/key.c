/* Keys of any size. */
#include "map/key.h"

u64 key_hash(const void *key, u32 size, const struct key_seed *seed)
{
	const u8 *at = key;
	u64 h = key_fold(size ^ seed->b, seed->a);

	for (; size > 16; at += 16, size -= 16)
		h = key_fold(key_word(at) ^ seed->a ^ h, key_word(at + 8) ^ seed->b);
	if (size > 8)
		return key_fold(key_word(at) ^ seed->a ^ h, key_tail(at + 8, size - 8) ^ seed->b);
	return key_fold(key_tail(at, size) ^ seed->a ^ h, seed->b);
}

static u32 rotate(u32 x, u32 n)
{
	return x << n | x >> (32 - n);
}

struct jenkins {
	u32 a, b, c;
};

static void mix(struct jenkins *s)
{
	static const u8 by[6] = {4, 6, 8, 16, 19, 4};

	for (u32 i = 0; i < 6; i++) {
		/* one step, then the three change places */
		u32 a = (s->a - s->c) ^ rotate(s->c, by[i]), c = s->c + s->b;

		*s = (struct jenkins){.a = s->b, .b = c, .c = a};
	}
}

static u32 finish(struct jenkins s)
{
	static const u8 by[7] = {14, 11, 25, 16, 4, 14, 24};

	for (u32 i = 0; i < 7; i++) {
		u32 c = (s.c ^ s.b) - rotate(s.b, by[i]);

		s = (struct jenkins){.a = s.b, .b = c, .c = s.a};
	}
	/* seven steps leave the last result in b */
	return s.b;
}

static u32 word(const u8 *at, u32 left)
{
	return (u32)key_tail(at, left < 4 ? left : 4);
}

u64 key_hash_linux(const void *key, u32 size)
{
	const u8 *at = key;
	u32 start = 0xdeadbeef + size;
	struct jenkins s = {start, start, start};

	for (; size > 12; at += 12, size -= 12) {
		s.a += word(at, 4);
		s.b += word(at + 4, 4);
		s.c += word(at + 8, 4);
		mix(&s);
	}
	s.a += word(at, size);
	if (size > 4)
		s.b += word(at + 4, size - 4);
	if (size > 8)
		s.c += word(at + 8, size - 8);
	u32 h = finish(s);

	return (u64)h << 32 | h;
}

int key_equal(const void *stored, const void *key, u32 size)
{
	const u8 *s = stored, *k = key;

	for (; size >= 8; s += 8, k += 8, size -= 8)
		if (racy_load64(s) != key_word(k))
			return 0;
	return !size || racy_load64(s) == key_tail(k, size);
}

void key_store(void *stored, const void *key, u32 size)
{
	u8 *s = stored;
	const u8 *k = key;

	for (; size >= 8; s += 8, k += 8, size -= 8)
		racy_store64(s, key_word(k));
	if (size)
		racy_store64(s, key_tail(k, size));
}

void key_load(void *key, const void *stored, u32 size)
{
	racy_copy(key, stored, size);
}
