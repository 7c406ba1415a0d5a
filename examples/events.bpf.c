// SPDX-License-Identifier: BSD-2-Clause
/* XDP: an event in a ring buffer for each TCP connection that opens, and a line in the trace. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct event {
	__be32 source, destination;
	__u16 source_port, destination_port;
	__u32 length;
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024);
} events SEC(".maps");

const struct event *unused __attribute__((unused)); /* keeps the type in the object's BTF */

SEC("xdp")
int opens(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);
	struct tcphdr *tcp = (void *)(ip + 1);
	struct event *e;

	if ((void *)(tcp + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP) || ip->ihl != 5 ||
	    ip->protocol != IPPROTO_TCP || !tcp->syn || tcp->ack)
		return XDP_PASS;
	bpf_printk("connection to port %d", bpf_ntohs(tcp->dest));
	e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	if (!e)
		return XDP_PASS;
	e->source = ip->saddr;
	e->destination = ip->daddr;
	e->source_port = bpf_ntohs(tcp->source);
	e->destination_port = bpf_ntohs(tcp->dest);
	e->length = end - data;
	bpf_ringbuf_submit(e, 0);
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
