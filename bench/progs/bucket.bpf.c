/* A token bucket for each source address: hash lookup, clock, arithmetic. */
#include "bench.h"

struct bucket {
	__u64 last_ns;
	__u64 tokens;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, struct bucket);
} buckets SEC(".maps");

enum { BURST = 1000000, RATE_SHIFT = 3 /* a token every 8 ns: enough for any engine */ };

PROGRAM(bucket)
{
	struct bucket *b, fresh;
	__u64 now, tokens;
	__u32 source;

	if (data + 34 > end)
		return 1;
	source = *(__u32 *)(data + 26);
	now = bpf_ktime_get_ns();
	b = bpf_map_lookup_elem(&buckets, &source);
	if (!b) {
		fresh.last_ns = now;
		fresh.tokens = BURST;
		bpf_map_update_elem(&buckets, &source, &fresh, BPF_ANY);
		return 2;
	}
	tokens = b->tokens + ((now - b->last_ns) >> RATE_SHIFT);
	if (tokens > BURST)
		tokens = BURST;
	b->last_ns = now;
	if (tokens == 0) {
		b->tokens = 0;
		return 1;
	}
	b->tokens = tokens - 1;
	return 2;
}

LICENSE;
