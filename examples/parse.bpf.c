// SPDX-License-Identifier: BSD-2-Clause
/*
 * XDP: a parser in pieces that call each other by tail calls, one for each protocol; each leaves
 * what it found in `seen`.  The jump table is filled by the loader from its initialiser.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

enum { IPV4, IPV6, TCP, UDP, PARSERS };

struct seen {
	__u64 ethernet, ipv4, ipv6, tcp, udp, other, syn, dns;
} seen;

int parse_ipv4(struct xdp_md *ctx);
int parse_ipv6(struct xdp_md *ctx);
int parse_tcp(struct xdp_md *ctx);
int parse_udp(struct xdp_md *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, PARSERS);
	__uint(key_size, sizeof(__u32));
	__array(values, int(struct xdp_md *));
} parsers SEC(".maps") = {
	.values = {
		[IPV4] = (void *)&parse_ipv4,
		[IPV6] = (void *)&parse_ipv6,
		[TCP] = (void *)&parse_tcp,
		[UDP] = (void *)&parse_udp,
	},
};

/* How far the parsers have come, kept for the next one: per CPU, as a run stays on its CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} offset SEC(".maps");

static __u32 *position(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&offset, &zero);
}

static void transport(struct xdp_md *ctx, __u8 protocol)
{
	if (protocol == IPPROTO_TCP)
		bpf_tail_call(ctx, &parsers, TCP);
	else if (protocol == IPPROTO_UDP)
		bpf_tail_call(ctx, &parsers, UDP);
	__sync_fetch_and_add(&seen.other, 1);
}

SEC("xdp")
int parse(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	__u32 *pos = position();

	if (!pos || (void *)(eth + 1) > end)
		return XDP_ABORTED;
	*pos = sizeof(*eth);
	__sync_fetch_and_add(&seen.ethernet, 1);
	if (eth->h_proto == bpf_htons(ETH_P_IP))
		bpf_tail_call(ctx, &parsers, IPV4);
	else if (eth->h_proto == bpf_htons(ETH_P_IPV6))
		bpf_tail_call(ctx, &parsers, IPV6);
	__sync_fetch_and_add(&seen.other, 1);
	return XDP_PASS;
}

SEC("xdp")
int parse_ipv4(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct iphdr *ip = data + sizeof(struct ethhdr);
	__u32 *pos = position();

	if (!pos || (void *)(ip + 1) > end)
		return XDP_DROP;
	__sync_fetch_and_add(&seen.ipv4, 1);
	*pos += ip->ihl * 4;
	transport(ctx, ip->protocol);
	return XDP_PASS;
}

SEC("xdp")
int parse_ipv6(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ipv6hdr *ip6 = data + sizeof(struct ethhdr);
	__u32 *pos = position();

	if (!pos || (void *)(ip6 + 1) > end)
		return XDP_DROP;
	__sync_fetch_and_add(&seen.ipv6, 1);
	*pos += sizeof(*ip6);
	transport(ctx, ip6->nexthdr);
	return XDP_PASS;
}

SEC("xdp")
int parse_tcp(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u32 *pos = position();
	struct tcphdr *tcp;

	if (!pos || *pos > 256)
		return XDP_DROP;
	tcp = data + *pos;
	if ((void *)(tcp + 1) > end)
		return XDP_DROP;
	__sync_fetch_and_add(&seen.tcp, 1);
	if (tcp->syn)
		__sync_fetch_and_add(&seen.syn, 1);
	return XDP_PASS;
}

SEC("xdp")
int parse_udp(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u32 *pos = position();
	struct udphdr *udp;

	if (!pos || *pos > 256)
		return XDP_DROP;
	udp = data + *pos;
	if ((void *)(udp + 1) > end)
		return XDP_DROP;
	__sync_fetch_and_add(&seen.udp, 1);
	if (udp->dest == bpf_htons(53) || udp->dest == bpf_htons(5353))
		__sync_fetch_and_add(&seen.dns, 1);
	return XDP_PASS;
}

char _license[] SEC("license") = "Dual BSD/GPL";
