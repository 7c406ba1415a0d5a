/* Reads and writes where nothing is. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char _license[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, int);
	__type(value, long);
} table SEC(".maps");

SEC("xdp")
int packet(struct xdp_md *ctx)
{
	unsigned char *data = (void *)(long)ctx->data;

	return data[2000];
}

SEC("xdp")
int value(struct xdp_md *ctx)
{
	int zero = 0;
	long *v = bpf_map_lookup_elem(&table, &zero);

	if (v)
		v[1 + ctx->ingress_ifindex] = 1;
	return XDP_PASS;
}

SEC("xdp")
int null(struct xdp_md *ctx)
{
	int one = 1;
	long *v = bpf_map_lookup_elem(&table, &one);

	return *v;
}
