/* A chain of tail calls: 30 of them, then a verdict. */
#include "bench.h"

int link(struct xdp_md *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 2);
	__uint(key_size, sizeof(__u32));
	__array(values, int(struct xdp_md *));
} jumps SEC(".maps") = {
	.values = { [0] = (void *)&link },
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} done SEC(".maps");

SEC("xdp") int link(struct xdp_md *ctx)
{
	__u32 zero = 0;
	__u64 *n = bpf_map_lookup_elem(&done, &zero);

	if (n && ++*n % 31)
		bpf_tail_call(ctx, &jumps, 0);
	return 2;
}

SEC("xdp") int chain(struct xdp_md *ctx)
{
	__u32 zero = 0;
	__u64 *n = bpf_map_lookup_elem(&done, &zero);

	if (n)
		*n = 0;
	bpf_tail_call(ctx, &jumps, 0);
	return 1;
}

LICENSE;
