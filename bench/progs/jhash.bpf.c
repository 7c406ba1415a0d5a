/* Shifts, adds and rotates: a hash of three words a step (Bob Jenkins' lookup3) over 1,200 bytes. */
#include "bench.h"

static __always_inline __u32 rol(__u32 x, int n)
{
	return x << n | x >> (32 - n);
}

PROGRAM(jhash)
{
	__u32 a = 0xdeadbeef + 1200, b = a, c = a;

	if (data + 1200 > end)
		return 0;
	for (int i = 0; i < 100; i++) {
		const __u32 *k = (const __u32 *)(data + i * 12);

		a += k[0];
		b += k[1];
		c += k[2];
		a -= c, a ^= rol(c, 4), c += b;
		b -= a, b ^= rol(a, 6), a += c;
		c -= b, c ^= rol(b, 8), b += a;
		a -= c, a ^= rol(c, 16), c += b;
		b -= a, b ^= rol(a, 19), a += c;
		c -= b, c ^= rol(b, 4), b += a;
	}
	return c & 0x7fffffff;
}

LICENSE;
