/* Helpers that change what a packet is: its protocol, type, start and end. */
#include "helper/skb.h"

enum { PACKET_TYPE_MAX = 3 }; /* PACKET_OTHERHOST: the types that may be changed, from and to */

/* bpf_skb_change_type */
HELPER_FN(helper_skb_change_type)
{
	struct skb *skb = skb_arg(r1);

	if (skb->u.pkt_type > PACKET_TYPE_MAX || (u32)r2 > PACKET_TYPE_MAX)
		return (u64)-EINVAL;
	skb->u.pkt_type = (u32)r2;
	return 0;
}

/* Room behind the link layer's header, for an IP header that is so much longer (or shorter). */
static int resize_header(struct skb *skb, int diff)
{
	u32 off = (u32)(skb->net - skb->mac);
	int err = diff > 0 ? skb_insert(skb, off, (u32)diff) : skb_cut(skb, off, (u32)-diff);

	if (err)
		return err;
	skb->mac -= diff;
	skb->net -= diff;
	return 0;
}

HELPER_FN(helper_skb_change_proto)
{
	struct skb *skb = skb_arg(r1);
	const int diff = IPV6_HEADER_LEN - IPV4_HEADER_LEN;
	const u16 to = (u16)r2;
	int err;

	if (r3)
		return (u64)-EINVAL;
	if (skb_is(skb, ETH_P_IP) && to == htons(ETH_P_IPV6))
		err = resize_header(skb, diff);
	else if (skb_is(skb, ETH_P_IPV6) && to == htons(ETH_P_IP))
		err = resize_header(skb, -diff);
	else
		return (u64)-ENOTSUPP;
	if (err)
		return (u64)err;
	skb->u.protocol = to;
	skb_clear_hash(skb);
	return 0;
}

/* What was cut into segments is one again: its size no longer says how to. */
static void gso_reset(struct skb *skb)
{
	if (!skb->u.gso_size)
		return;
	skb->u.gso_size = skb->u.gso_segs = 0;
	skb->gso_type = 0;
}

/* The new end is inside the fragments or the linear part. */
static void trim(struct packet *pkt, u32 len)
{
	u32 cut = packet_len(pkt) - len;
	struct packet_frags *frags = pkt->frags;

	while (cut && frags && frags->count) {
		struct packet_frag *last = &frags->frag[frags->count - 1];
		u32 n = last->len < cut ? last->len : cut;
		last->len -= n;
		frags->len -= n;
		frags->count -= last->len == 0;
		cut -= n;
	}
	pkt->data_end -= cut;
}

static int grow(struct skb *skb, u32 len)
{
	u32 old = skb->u.len;
	int err = skb_pull(skb, old);

	if (!err)
		err = skb_reserve(skb, 0, len - old);
	if (err)
		return err;
	memset(skb->pkt.data_end, 0, len - old);
	skb->pkt.data_end += len - old;
	return 0;
}

/* Never shorter than up to the network header; what a device had summed up is forgotten. */
HELPER_FN(helper_skb_change_tail)
{
	struct skb *skb = skb_arg(r1);
	u32 len = (u32)r2;
	s64 least = skb->net - skb->pkt.data;

	if (r3 || len > SKB_LEN_MAX || len < least)
		return (u64)-EINVAL;
	if (skb->ip_summed == CHECKSUM_COMPLETE)
		skb->ip_summed = CHECKSUM_NONE;
	if (len > skb->u.len) {
		int err = grow(skb, len);
		if (err)
			return (u64)err;
	} else {
		trim(&skb->pkt, len);
	}
	skb_sync(skb);
	gso_reset(skb);
	return 0;
}

HELPER_FN(helper_skb_change_head)
{
	struct skb *skb = skb_arg(r1);
	u32 room = (u32)r2;

	if (r3 || (s32)room < 0 || (!skb->u.gso_size && skb->u.len + room > SKB_LEN_MAX))
		return (u64)-EINVAL;
	int err = skb_insert(skb, 0, room);
	if (err)
		return (u64)err;
	skb->mac = skb->pkt.data;
	return 0;
}
