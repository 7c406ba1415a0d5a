/* Bounds checks and narrow loads: Ethernet, VLAN, IPv4 and IPv6, TCP and UDP down to the ports. */
#include "bench.h"

static __always_inline __u32 be16(const unsigned char *p)
{
	return p[0] << 8 | p[1];
}

PROGRAM(parse)
{
	unsigned char *at = data + 14;
	__u32 type, protocol, ports;

	if (at > end)
		return 0;
	type = be16(data + 12);
	if (type == 0x8100) {
		if (at + 4 > end)
			return 0;
		type = be16(at + 2);
		at += 4;
	}
	if (type == 0x0800) {
		if (at + 20 > end)
			return 0;
		protocol = at[9];
		at += 20;
	} else if (type == 0x86dd) {
		if (at + 40 > end)
			return 0;
		protocol = at[6];
		at += 40;
	} else {
		return type;
	}
	if (protocol != 6 && protocol != 17)
		return protocol;
	if (at + 4 > end)
		return 0;
	ports = be16(at) ^ be16(at + 2);
	return type ^ protocol << 8 ^ ports;
}

LICENSE;
