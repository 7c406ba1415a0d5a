/* Helpers on what is known about a packet beside its bytes: time stamp, ECN, control groups. */
#include "helper/csum.h"
#include "helper/skb.h"

static u64 set_tstamp(struct skb *skb, u64 tstamp, enum skb_clock clock)
{
	skb->u.tstamp = tstamp;
	skb->tstamp_type = (u8)clock;
	return 0;
}

HELPER_FN(helper_skb_set_tstamp)
{
	struct skb *skb = skb_arg(r1);

	if (!skb_is_ip(skb))
		return (u64)-EOPNOTSUPP;
	switch ((u32)r3) {
	case BPF_SKB_CLOCK_REALTIME:
		return set_tstamp(skb, r2, SKB_CLOCK_REALTIME);
	case BPF_SKB_CLOCK_MONOTONIC:
		return r2 ? set_tstamp(skb, r2, SKB_CLOCK_MONOTONIC) : (u64)-EINVAL;
	case BPF_SKB_CLOCK_TAI:
		return r2 ? set_tstamp(skb, r2, SKB_CLOCK_TAI) : (u64)-EINVAL;
	}
	return (u64)-EINVAL;
}

enum { ECN_CE = 3 };

/* RFC 3168: a packet that did not ask for ECN stays as it is.  1 when it carries CE now. */
static u64 ip4_set_ce(u8 *ip)
{
	const u8 ecn = ip[1] & ECN_CE;
	u16 sum;

	if (ecn == 0 || ecn == ECN_CE)
		return ecn == ECN_CE;
	ip[1] |= ECN_CE;
	memcpy(&sum, ip + 10, 2);
	/* the word grew by so much: its complement shrinks */
	sum = csum16_add(sum, (u16)~htons(ECN_CE - ecn));
	memcpy(ip + 10, &sum, 2);
	return 1;
}

/* No checksum of its own makes up for it: the device's sum does. */
static u64 ip6_set_ce(struct skb *skb)
{
	u8 *ip = skb->net;

	if (!(ip[1] & ECN_CE << 4))
		return 0;
	skb_csum_remove(skb, 0, ip, 2);
	ip[1] |= ECN_CE << 4;
	skb_csum_insert(skb, 0, ip, 2);
	return 1;
}

HELPER_FN(helper_skb_ecn_set_ce)
{
	struct skb *skb = skb_arg(r1);
	const int v4 = skb_is(skb, ETH_P_IP);
	const s64 off = skb->net - skb->pkt.data, len = v4 ? IPV4_HEADER_LEN : IPV6_HEADER_LEN;

	if (!skb_is_ip(skb) || skb->pkt.data_end - skb->net < len)
		return 0;
	if (off < 0 && skb->net < skb->pkt.head)
		return 0;
	return v4 ? ip4_set_ce(skb->net) : ip6_set_ce(skb);
}
