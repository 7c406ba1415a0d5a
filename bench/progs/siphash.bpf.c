/* 64-bit rotates: SipHash-2-4 over 256 bytes. */
#include "bench.h"

static __always_inline __u64 rol64(__u64 x, int n)
{
	return x << n | x >> (64 - n);
}

struct state {
	__u64 v0, v1, v2, v3;
};

static __always_inline void sip_round(struct state *s)
{
	s->v0 += s->v1, s->v1 = rol64(s->v1, 13), s->v1 ^= s->v0, s->v0 = rol64(s->v0, 32);
	s->v2 += s->v3, s->v3 = rol64(s->v3, 16), s->v3 ^= s->v2;
	s->v0 += s->v3, s->v3 = rol64(s->v3, 21), s->v3 ^= s->v0;
	s->v2 += s->v1, s->v1 = rol64(s->v1, 17), s->v1 ^= s->v2, s->v2 = rol64(s->v2, 32);
}

PROGRAM(siphash)
{
	struct state s = { 0x736f6d6570736575, 0x646f72616e646f6d, 0x6c7967656e657261,
			   0x7465646279746573 };

	if (data + 256 > end)
		return 0;
	for (int i = 0; i < 32; i++) {
		__u64 m = *(const __u64 *)(data + i * 8);

		s.v3 ^= m;
		sip_round(&s);
		sip_round(&s);
		s.v0 ^= m;
	}
	s.v2 ^= 0xff;
	for (int i = 0; i < 4; i++)
		sip_round(&s);
	return (s.v0 ^ s.v1 ^ s.v2 ^ s.v3) & 0x7fffffff;
}

LICENSE;
