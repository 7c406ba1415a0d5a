// SPDX-License-Identifier: BSD-2-Clause
/* Socket filter: keep 64 bytes of every ICMP packet, whole TCP packets, nothing else. */
#include <stddef.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

SEC("socket")
int keep(struct __sk_buff *skb)
{
	__u8 protocol;

	if (skb->protocol != bpf_htons(ETH_P_IP))
		return 0;
	if (bpf_skb_load_bytes(skb, ETH_HLEN + offsetof(struct iphdr, protocol), &protocol, 1))
		return 0;
	switch (protocol) {
	case IPPROTO_ICMP:
		return 64;
	case IPPROTO_TCP:
		return skb->len;
	}
	return 0;
}

char _license[] SEC("license") = "Dual BSD/GPL";
