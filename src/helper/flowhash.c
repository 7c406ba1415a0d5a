/* The hash of a packet's flow: bpf_get_hash_recalc and its family. */
#include "helper/skb.h"

HELPER_FN(helper_set_hash_invalid)
{
	skb_clear_hash(skb_arg(r1));
	return 0;
}

HELPER_FN(helper_set_hash)
{
	struct skb *skb = skb_arg(r1);

	skb->u.hash = (u32)r2;
	skb->sw_hash = 1;
	skb->l4_hash = 0;
	return 0;
}

/* What all packets of a flow have in common; zero where a packet has none. */
struct flow {
	u8 addrs[32];
	u8 ports[4];
	u8 proto;
};

static int has_ports(u8 proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_SCTP;
}

static void flow_of(const struct skb *skb, struct flow *flow)
{
	const struct packet *pkt = &skb->pkt;
	u32 net = (u32)(skb->net - pkt->data), l4 = 0;
	u8 ihl = 0;

	memset(flow, 0, sizeof(*flow));
	if (skb_is(skb, ETH_P_IP) && !packet_read(pkt, net, &ihl, 1)) {
		packet_read(pkt, net + 9, &flow->proto, 1);
		packet_read(pkt, net + 12, flow->addrs, 8);
		l4 = net + (ihl & 15u) * 4;
	} else if (skb_is(skb, ETH_P_IPV6)) {
		packet_read(pkt, net + 6, &flow->proto, 1);
		packet_read(pkt, net + 8, flow->addrs, 32);
		l4 = net + IPV6_HEADER_LEN;
	}
	if (l4 && has_ports(flow->proto))
		packet_read(pkt, l4, flow->ports, 4);
}

/* Never 0: that says "no hash". */
static u32 flow_hash(const struct flow *flow)
{
	const u8 *bytes = (const u8 *)flow;
	u64 h = 0x9e3779b97f4a7c15;

	for (size_t i = 0; i < sizeof(*flow); i++)
		h = (h ^ bytes[i]) * 0xff51afd7ed558ccd;
	h ^= h >> 33;
	return (u32)h ? (u32)h : 1;
}

HELPER_FN(helper_get_hash_recalc)
{
	struct skb *skb = skb_arg(r1);
	struct flow flow;

	if (!skb->l4_hash && !skb->sw_hash) {
		flow_of(skb, &flow);
		skb->u.hash = flow_hash(&flow);
		skb->sw_hash = 1;
	}
	return skb->u.hash;
}
