// SPDX-License-Identifier: BSD-2-Clause
/* XDP: drop what comes from the addresses in `blocked`, and count what each of them sent. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct counter {
	__u64 packets;
	__u64 bytes;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __be32); /* IPv4 address */
	__type(value, struct counter);
} blocked SEC(".maps");

SEC("xdp")
int drop(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);
	struct counter *c;
	__be32 source;

	if ((void *)(ip + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	source = ip->saddr;
	c = bpf_map_lookup_elem(&blocked, &source);
	if (!c)
		return XDP_PASS;
	__sync_fetch_and_add(&c->packets, 1);
	__sync_fetch_and_add(&c->bytes, end - data);
	return XDP_DROP;
}

char _license[] SEC("license") = "Dual BSD/GPL";
