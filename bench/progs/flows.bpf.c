/* A hash table by the 5-tuple: look up, count, insert when new. */
#include "bench.h"

struct flow {
	__u32 source, destination;
	__u16 source_port, destination_port;
	__u32 protocol;
};

struct count {
	__u64 packets, bytes;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct flow);
	__type(value, struct count);
} flows SEC(".maps");

PROGRAM(flows_count)
{
	struct count *c, fresh = { 1, 0 };
	struct flow f;

	if (data + 38 > end)
		return 1;
	f.source = *(__u32 *)(data + 26);
	f.destination = *(__u32 *)(data + 30);
	f.source_port = *(__u16 *)(data + 34);
	f.destination_port = *(__u16 *)(data + 36);
	f.protocol = data[23];
	c = bpf_map_lookup_elem(&flows, &f);
	if (c) {
		c->packets++;
		c->bytes += end - data;
	} else {
		fresh.bytes = end - data;
		bpf_map_update_elem(&flows, &f, &fresh, BPF_ANY);
	}
	return 2;
}

LICENSE;
