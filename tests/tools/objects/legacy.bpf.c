/* A map as libbpf took it before 1.0. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char _license[] SEC("license") = "GPL";

struct {
	unsigned int type, key_size, value_size, max_entries, flags;
} table SEC("maps") = {BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0};

SEC("xdp")
int legacy(struct xdp_md *ctx)
{
	int zero = 0;

	return bpf_map_lookup_elem(&table, &zero) ? XDP_PASS : XDP_DROP;
}
