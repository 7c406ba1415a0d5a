/* Everything that --map can set: variables, arrays, keys of several kinds, a value a CPU. */
#include <linux/bpf.h>
#include <linux/types.h>

#include <bpf/bpf_helpers.h>

char _license[] SEC("license") = "GPL";

enum colour { RED = 1, GREEN = 2 };

struct flow {
	__be32 source;
	__be16 port;
	__u16 pad;
};

struct entry {
	enum colour colour;
	char name[8];
	__u8 mac[6];
	__s16 weights[2];
};

const volatile __u16 port = 80;
volatile __u64 seen;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, struct flow);
	__type(value, struct entry);
} flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

SEC("xdp")
int settings(struct xdp_md *ctx)
{
	__u32 key = 3;
	__u64 *count = bpf_map_lookup_elem(&counts, &key);
	struct flow flow = {};

	bpf_map_lookup_elem(&flows, &flow);
	if (count)
		++*count;
	seen++;
	return port == 443 ? XDP_DROP : XDP_PASS;
}
