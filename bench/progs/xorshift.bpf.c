/* Arithmetic in registers: 10,000 rounds of a 64-bit xorshift generator. */
#include "bench.h"

PROGRAM(xorshift)
{
	__u64 x = 88172645463325252ull;

	if (data + 8 > end)
		return 0;
	x ^= data[0];
	for (int i = 0; i < 10000; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
	}
	return x & 0x7fffffff;
}

LICENSE;
