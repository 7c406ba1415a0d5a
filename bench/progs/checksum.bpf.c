/* Word by word: the Internet checksum of 1,400 bytes. */
#include "bench.h"

PROGRAM(checksum)
{
	__u64 sum = 0;

	if (data + 1400 > end)
		return 0;
	for (int i = 0; i < 350; i++)
		sum += *(const __u32 *)(data + i * 4);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + ((sum >> 16) & 0xffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

LICENSE;
