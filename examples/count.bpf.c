// SPDX-License-Identifier: BSD-2-Clause
/* XDP: packets and bytes by IP protocol, for IPv4 and IPv6, without locks: a value for each CPU. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct counter {
	__u64 packets;
	__u64 bytes;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 256);
	__type(key, __u32); /* IP protocol */
	__type(value, struct counter);
} by_protocol SEC(".maps");

__u64 not_ip; /* ARP and the like */

static int protocol(void *data, void *end)
{
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);
	struct ipv6hdr *ip6 = (void *)(eth + 1);

	if ((void *)(eth + 1) > end)
		return -1;
	if (eth->h_proto == bpf_htons(ETH_P_IP))
		return (void *)(ip + 1) > end ? -1 : ip->protocol;
	if (eth->h_proto == bpf_htons(ETH_P_IPV6))
		return (void *)(ip6 + 1) > end ? -1 : ip6->nexthdr;
	return -1;
}

SEC("xdp")
int count(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	int proto = protocol(data, end);
	struct counter *c;
	__u32 key = proto;

	if (proto < 0) {
		__sync_fetch_and_add(&not_ip, 1);
		return XDP_PASS;
	}
	c = bpf_map_lookup_elem(&by_protocol, &key);
	if (c) {
		c->packets++;
		c->bytes += end - data;
	}
	return XDP_PASS;
}

char _license[] SEC("license") = "Dual BSD/GPL";
