/* Loads, stores and branches on the stack: insertion sort of 48 bytes. */
#include "bench.h"

enum { N = 48 };

PROGRAM(sort)
{
	__u32 a[N];
	__u64 sum = 0;

	if (data + 64 + N > end)
		return 0;
	for (int i = 0; i < N; i++)
		a[i] = data[64 + i] * 2654435761u >> 8;
	for (int i = 0; i < N - 1; i++)
		for (int k = 0; k < N - 1; k++)
			if (a[k] > a[k + 1]) {
				__u32 t = a[k];

				a[k] = a[k + 1];
				a[k + 1] = t;
			}
	for (int i = 0; i < N; i++)
		sum += a[i] * (i + 1ull);
	return sum & 0x7fffffff;
}

LICENSE;
