/* Byte by byte: FNV-1a over 1,024 bytes of the packet. */
#include "bench.h"

PROGRAM(fnv)
{
	__u32 hash = 2166136261u;

	if (data + 1024 > end)
		return 0;
	for (int i = 0; i < 1024; i++) {
		hash ^= data[i];
		hash *= 16777619u;
	}
	return hash & 0x7fffffff;
}

LICENSE;
