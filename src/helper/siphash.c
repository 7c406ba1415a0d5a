/* SipHash-2-4 over words: two rounds a word, four at the end. */
#include "helper/siphash.h"

static u64 rotate(u64 v, u32 by)
{
	return v << by | v >> (64 - by);
}

static void mix(u64 v[4])
{
	v[0] += v[1];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[0] = rotate(v[0], 32);
	v[2] += v[3];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[2] = rotate(v[2], 32);
}

static void absorb(u64 v[4], u64 word)
{
	v[3] ^= word;
	mix(v);
	mix(v);
	v[0] ^= word;
}

u64 siphash(const u64 key[2], const u64 *words, u32 n)
{
	u64 v[4] = {key[0] ^ 0x736f6d6570736575, key[1] ^ 0x646f72616e646f6d,
		    key[0] ^ 0x6c7967656e657261, key[1] ^ 0x7465646279746573};

	for (u32 i = 0; i < n; i++)
		absorb(v, words[i]);
	/* the last block holds the length in bytes, and no bytes that are left over */
	absorb(v, (u64)n * 8 << 56);
	v[2] ^= 0xff;
	for (u32 i = 0; i < 4; i++)
		mix(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}
