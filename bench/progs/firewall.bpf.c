/* Longest prefix first: /32, /24, /16 and /8 of the source in one hash table, then a port list. */
#include "bench.h"

struct prefix {
	__u32 length;
	__u32 address;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct prefix);
	__type(value, __u32);
} prefixes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 65536);
	__type(key, __u32);
	__type(value, __u8);
} ports SEC(".maps");

PROGRAM(firewall)
{
	__u32 source, port, *action;
	__u8 *open;

	if (data + 38 > end)
		return 1;
	source = __builtin_bswap32(*(__u32 *)(data + 26));
#pragma unroll
	for (int length = 32; length >= 8; length -= 8) {
		struct prefix p = { length, source & (~0u << (32 - length)) };

		action = bpf_map_lookup_elem(&prefixes, &p);
		if (action)
			return *action;
	}
	port = data[36] << 8 | data[37];
	open = bpf_map_lookup_elem(&ports, &port);
	return open && *open ? 2 : 1;
}

LICENSE;
