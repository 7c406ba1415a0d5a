/* A simple filter: IPv4 from one address is dropped, all else passes. */
#include "bench.h"

PROGRAM(filter)
{
	if (data + 34 > end)
		return 2;
	if (data[12] != 0x08 || data[13] != 0x00)
		return 2;
	return *(__u32 *)(data + 26) == 0x010200c0 ? 1 : 2;
}

LICENSE;
