/* An LRU connection table: both directions share an entry; new ones push out old ones. */
#include "bench.h"

struct conn {
	__u32 low, high;
	__u16 low_port, high_port;
};

struct entry {
	__u64 packets;
	__u32 state;
	__u32 flags;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct conn);
	__type(value, struct entry);
} conns SEC(".maps");

PROGRAM(conntrack)
{
	__u32 s, d;
	__u16 sp, dp;
	struct conn c;
	struct entry *e, fresh = { 1, 1, 0 };

	if (data + 38 > end)
		return 1;
	s = *(__u32 *)(data + 26);
	d = *(__u32 *)(data + 30);
	sp = *(__u16 *)(data + 34);
	dp = *(__u16 *)(data + 36);
	c.low = s < d ? s : d;
	c.high = s < d ? d : s;
	c.low_port = s < d ? sp : dp;
	c.high_port = s < d ? dp : sp;
	e = bpf_map_lookup_elem(&conns, &c);
	if (e) {
		e->packets++;
		e->flags |= data[13];
		return 2;
	}
	bpf_map_update_elem(&conns, &c, &fresh, BPF_ANY);
	return 2;
}

LICENSE;
