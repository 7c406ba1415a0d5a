/*
 * VLAN tags.  The outermost is kept beside the packet (u.vlan_*), as devices that strip tags do;
 * pushing a second one writes the first into the packet.
 */
#include "helper/csum.h"
#include "helper/skb.h"

enum { VLAN_LEN = 4, MACS_LEN = 12, VLAN_ETH_LEN = 18 };

static int is_vlan(u32 proto)
{
	return proto == htons(ETH_P_8021Q) || proto == htons(ETH_P_8021AD);
}

static void tag_set(struct skb *skb, u16 proto, u16 tci)
{
	skb->u.vlan_present = 1;
	skb->u.vlan_proto = proto;
	skb->u.vlan_tci = tci;
}

static void tag_clear(struct skb *skb)
{
	skb->u.vlan_present = 0;
	skb->u.vlan_proto = 0;
	skb->u.vlan_tci = 0;
}

/* The kept tag goes behind the addresses. */
static int tag_insert(struct skb *skb)
{
	u16 tag[2] = {(u16)skb->u.vlan_proto, htons((u16)skb->u.vlan_tci)};

	if (skb->pkt.data != skb->mac)
		return -EINVAL;
	int err = skb_insert(skb, MACS_LEN, VLAN_LEN);
	if (err)
		return err;
	memcpy(skb->pkt.data + MACS_LEN, tag, VLAN_LEN);
	skb_csum_insert(skb, 0, skb->pkt.data + MACS_LEN, VLAN_LEN);
	skb->mac = skb->pkt.data;
	skb->net -= VLAN_LEN;
	skb->u.protocol = tag[0];
	return 0;
}

HELPER_FN(helper_skb_vlan_push)
{
	struct skb *skb = skb_arg(r1);
	u16 proto = is_vlan((u16)r2) ? (u16)r2 : htons(ETH_P_8021Q);

	if (skb->u.vlan_present) {
		int err = tag_insert(skb);
		if (err)
			return (u64)err;
	}
	tag_set(skb, proto, (u16)r3);
	return 0;
}

/* What the tag stood before: a type, or the length of an 802.3 frame. */
static u16 inner_protocol(const struct skb *skb)
{
	u16 type;

	memcpy(&type, skb->pkt.data + VLAN_ETH_LEN - 2, 2);
	if (ntohs(type) >= ETH_P_802_3_MIN)
		return type;
	if (packet_read(&skb->pkt, VLAN_ETH_LEN, &type, 2))
		return htons(ETH_P_802_2);
	return type == 0xffff ? htons(ETH_P_802_3) : htons(ETH_P_802_2);
}

/* The tag that the packet begins with, out of it. */
static int tag_extract(struct skb *skb, u16 *tci)
{
	if (skb->pkt.data != skb->mac)
		return -EINVAL;
	int err = skb_pull(skb, VLAN_ETH_LEN);
	if (err)
		return err;
	memcpy(tci, skb->pkt.data + MACS_LEN + 2, 2);
	*tci = ntohs(*tci);
	skb->u.protocol = inner_protocol(skb);
	err = skb_cut(skb, MACS_LEN, VLAN_LEN);
	if (err)
		return err;
	skb->mac = skb->pkt.data;
	if (skb->net < skb->pkt.data + ETH_HLEN)
		skb->net = skb->pkt.data + ETH_HLEN;
	return 0;
}

HELPER_FN(helper_skb_vlan_pop)
{
	struct skb *skb = skb_arg(r1);
	u16 tci, proto;
	int err;

	if (skb->u.vlan_present) {
		tag_clear(skb);
	} else {
		if (!is_vlan(skb->u.protocol))
			return 0;
		err = tag_extract(skb, &tci);
		if (err)
			return (u64)err;
	}
	if (!is_vlan(skb->u.protocol))
		return 0;
	proto = (u16)skb->u.protocol;
	err = tag_extract(skb, &tci);
	if (err)
		return (u64)err;
	tag_set(skb, proto, tci);
	return 0;
}
