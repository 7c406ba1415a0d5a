// SPDX-License-Identifier: BSD-2-Clause
/* TC: send what is meant for one IPv4 address to another one, checksums and all. */
#include <stddef.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

const volatile __be32 from = bpf_htonl(0xc0000202); /* 192.0.2.2 */
const volatile __be32 to = bpf_htonl(0xc6336407);   /* 198.51.100.7 */

#define IP_OFF sizeof(struct ethhdr)
#define L4_OFF (IP_OFF + sizeof(struct iphdr))

/* Where the transport checksum stands, 0 for protocols that do not cover addresses. */
static __u32 checksum_offset(__u8 protocol)
{
	switch (protocol) {
	case IPPROTO_TCP:
		return L4_OFF + offsetof(struct tcphdr, check);
	case IPPROTO_UDP:
		return L4_OFF + offsetof(struct udphdr, check);
	}
	return 0;
}

SEC("tc")
int rewrite(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct iphdr *ip = data + IP_OFF;
	__be32 old, new = to;
	__u32 check;
	int first;

	if (skb->protocol != bpf_htons(ETH_P_IP) || (void *)(ip + 1) > end)
		return TC_ACT_OK;
	if (ip->daddr != from || ip->ihl != 5)
		return TC_ACT_OK;
	old = ip->daddr;
	check = checksum_offset(ip->protocol);
	first = !(ip->frag_off & bpf_htons(0x1fff)); /* later fragments have no transport header */
	if (check && first)
		bpf_l4_csum_replace(skb, check, old, new, BPF_F_PSEUDO_HDR | BPF_F_MARK_MANGLED_0 | 4);
	bpf_l3_csum_replace(skb, IP_OFF + offsetof(struct iphdr, check), old, new, 4);
	bpf_skb_store_bytes(skb, IP_OFF + offsetof(struct iphdr, daddr), &new, 4, 0);
	return TC_ACT_OK;
}

char _license[] SEC("license") = "Dual BSD/GPL";
