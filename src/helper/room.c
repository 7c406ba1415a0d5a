/* bpf_skb_adjust_room: room for, or the end of, tunnel headers. */
#include "helper/skb.h"

/* Segmentation, as Linux's skb_shared_info.gso_type. */
enum { GSO_TCPV4 = 1, GSO_DODGY = 2, GSO_TCPV6 = 16, GSO_UDP_L4 = 1 << 17 };

#define ENCAP_L3 (BPF_F_ADJ_ROOM_ENCAP_L3_IPV4 | BPF_F_ADJ_ROOM_ENCAP_L3_IPV6)
#define ENCAP_L4 (BPF_F_ADJ_ROOM_ENCAP_L4_GRE | BPF_F_ADJ_ROOM_ENCAP_L4_UDP)
#define DECAP_L3 (BPF_F_ADJ_ROOM_DECAP_L3_IPV4 | BPF_F_ADJ_ROOM_DECAP_L3_IPV6)
#define ENCAP_L2_LEN ((u64)BPF_ADJ_ROOM_ENCAP_L2_MASK << BPF_ADJ_ROOM_ENCAP_L2_SHIFT)
#define SHRINK_FLAGS (BPF_F_ADJ_ROOM_FIXED_GSO | DECAP_L3 | BPF_F_ADJ_ROOM_NO_CSUM_RESET)
#define ALL_FLAGS (SHRINK_FLAGS | ENCAP_L3 | ENCAP_L4 | BPF_F_ADJ_ROOM_ENCAP_L2_ETH | ENCAP_L2_LEN)

/* What the program asked for. */
struct room {
	u32 off; /* from the start of the packet */
	u32 len;
	u64 flags;
};

static u32 ip_header_len(const struct skb *skb)
{
	return skb_is(skb, ETH_P_IP) ? IPV4_HEADER_LEN : IPV6_HEADER_LEN;
}

/* Datagrams of UDP segmentation have the size they have; TCP's can shrink. */
static int gso_refuses(const struct skb *skb, u64 flags)
{
	if (!skb->u.gso_size || skb->gso_type & (GSO_TCPV4 | GSO_TCPV6))
		return 0;
	return !(skb->gso_type & GSO_UDP_L4) || !(flags & BPF_F_ADJ_ROOM_FIXED_GSO);
}

static void gso_resize(struct skb *skb, const struct room *room, int bytes)
{
	if (!skb->u.gso_size)
		return;
	skb->gso_type |= GSO_DODGY;
	skb->u.gso_segs = 0;
	if (!(room->flags & BPF_F_ADJ_ROOM_FIXED_GSO))
		skb->u.gso_size = (u32)((int)skb->u.gso_size + bytes);
}

static int check_encap(const struct skb *skb, const struct room *room)
{
	u32 inner_mac = (u32)(room->flags >> BPF_ADJ_ROOM_ENCAP_L2_SHIFT);

	if ((room->flags & ENCAP_L3) == ENCAP_L3 || (room->flags & ENCAP_L4) == ENCAP_L4)
		return -EINVAL;
	if (room->flags & BPF_F_ADJ_ROOM_ENCAP_L2_ETH && inner_mac < ETH_HLEN)
		return -EINVAL;
	if (skb->encapsulation)
		return -EALREADY;
	return inner_mac > room->len ? -EINVAL : 0;
}

static int net_grow(struct skb *skb, const struct room *room)
{
	const int encap = (room->flags & ENCAP_L3) != 0;
	int err = 0;

	if (gso_refuses(skb, room->flags))
		return -ENOTSUPP;
	if (encap)
		err = check_encap(skb, room);
	if (!err)
		err = skb_insert(skb, room->off, room->len);
	if (err)
		return err;
	skb->mac -= room->len;
	skb->net -= room->len;
	if (encap) {
		skb->encapsulation = 1;
		skb->u.protocol = room->flags & BPF_F_ADJ_ROOM_ENCAP_L3_IPV4 ? htons(ETH_P_IP)
									     : htons(ETH_P_IPV6);
	}
	gso_resize(skb, room, -(int)room->len);
	return 0;
}

static int net_shrink(struct skb *skb, const struct room *room)
{
	if (room->flags & ~(u64)SHRINK_FLAGS)
		return -EINVAL;
	if (gso_refuses(skb, room->flags))
		return -ENOTSUPP;
	int err = skb_cut(skb, room->off, room->len);
	if (err)
		return err;
	skb->mac += room->len;
	skb->net += room->len;
	if (room->flags & BPF_F_ADJ_ROOM_DECAP_L3_IPV6)
		skb->u.protocol = htons(ETH_P_IPV6);
	else if (room->flags & BPF_F_ADJ_ROOM_DECAP_L3_IPV4)
		skb->u.protocol = htons(ETH_P_IP);
	gso_resize(skb, room, (int)room->len);
	return 0;
}

/* The least that has to stay behind the network header, or -EINVAL. */
static int least_left(const struct skb *skb, u64 flags, int shrink)
{
	u64 decap = flags & DECAP_L3;

	if (!decap)
		return (int)ip_header_len(skb);
	if (!shrink || decap == DECAP_L3)
		return -EINVAL;
	return decap == BPF_F_ADJ_ROOM_DECAP_L3_IPV4 ? IPV4_HEADER_LEN : IPV6_HEADER_LEN;
}

/* The packet is neither to become too short for its headers nor too long. */
static int fits(const struct skb *skb, u32 len, u32 least, int shrink)
{
	u32 left = skb->u.len - (u32)(skb->net - skb->pkt.data);

	if (shrink)
		return len < left && left - len >= least;
	return skb->u.gso_size || skb->u.len + len <= SKB_LEN_MAX;
}

HELPER_FN(helper_skb_adjust_room)
{
	struct skb *skb = skb_arg(r1);
	const int diff = (s32)r2, shrink = diff < 0;
	const u32 mode = (u32)r3;
	struct room room = {(u32)(skb->net - skb->mac), shrink ? 0 - (u32)diff : (u32)diff, r4};

	if (r4 & ~(u64)ALL_FLAGS)
		return (u64)-EINVAL;
	if (room.len > 0xfff)
		return (u64)-EFAULT;
	if (!skb_is_ip(skb) || mode > BPF_ADJ_ROOM_MAC)
		return (u64)-ENOTSUPP;
	if (mode == BPF_ADJ_ROOM_NET)
		room.off += ip_header_len(skb);
	int least = least_left(skb, r4, shrink);
	if (least < 0)
		return (u64)least;
	if (!fits(skb, room.len, (u32)least, shrink))
		return (u64)-ENOTSUPP;
	int err = shrink ? net_shrink(skb, &room) : net_grow(skb, &room);
	if (!err && !(r4 & BPF_F_ADJ_ROOM_NO_CSUM_RESET) && skb->ip_summed == CHECKSUM_UNNECESSARY)
		skb->ip_summed = CHECKSUM_NONE;
	return (u64)err;
}
