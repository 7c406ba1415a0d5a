/* A sieve of Eratosthenes in a byte array on the stack. */
#include "bench.h"

enum { N = 400, ROOT = 20 };

PROGRAM(sieve)
{
	__u8 composite[N] = { 0 };
	__u32 primes = 0;

	if (data + 1 > end)
		return 0;
	for (__u32 i = 2; i < ROOT; i++)
		for (__u32 k = i * 2; k < N; k += i)
			composite[k] = 1;
	for (__u32 i = 2; i < N; i++)
		primes += !composite[i];
	return primes;
}

LICENSE;
