/* String search: where "needle" stands in 512 bytes of payload. */
#include "bench.h"

PROGRAM(search)
{
	if (data + 600 > end)
		return 0;
	for (int i = 64; i < 64 + 512; i++) {
		const unsigned char *p = data + i;

		if (p[0] == 'n' && p[1] == 'e' && p[2] == 'e' && p[3] == 'd' && p[4] == 'l' &&
		    p[5] == 'e')
			return i;
	}
	return 0;
}

LICENSE;
