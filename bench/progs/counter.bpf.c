/* Two array counters, one shared and atomic, one of this CPU's. */
#include "bench.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 256);
	__type(key, __u32);
	__type(value, __u64);
} shared SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 256);
	__type(key, __u32);
	__type(value, __u64);
} own SEC(".maps");

PROGRAM(counter)
{
	__u32 key;
	__u64 *v;

	if (data + 34 > end)
		return 1;
	key = data[23];
	v = bpf_map_lookup_elem(&shared, &key);
	if (v)
		__sync_fetch_and_add(v, 1);
	v = bpf_map_lookup_elem(&own, &key);
	if (v)
		*v += end - data;
	return 2;
}

LICENSE;
