/* Helpers that send packets elsewhere, and that ask whether and where they could go. */
#include <linux/pkt_cls.h>

#include "helper/netdev.h"
#include "helper/redirect.h"
#include "helper/skb.h"
#include "map/map.h"

static void redirect_to(struct run *run, u64 ifindex, u64 flags)
{
	run->redirect[REDIRECT_IFINDEX] = ifindex;
	run->redirect[REDIRECT_FLAGS] = flags;
	run->redirect[REDIRECT_MAP] = run->redirect[REDIRECT_KEY] = 0;
}

static u64 tc_redirect(struct run *run, u32 ifindex, u64 flags)
{
	redirect_to(run, ifindex, flags);
	return TC_ACT_REDIRECT;
}

HELPER_FN(helper_redirect)
{
	return r2 & ~(u64)BPF_F_INGRESS ? TC_ACT_SHOT : tc_redirect(run, (u32)r1, r2);
}

HELPER_FN(helper_redirect_peer)
{
	return r2 ? TC_ACT_SHOT : tc_redirect(run, (u32)r1, BPF_F_PEER);
}

HELPER_FN(helper_redirect_neigh)
{
	u32 len = (u32)r3;

	if (r4 || (len && len < sizeof(struct bpf_redir_neigh)))
		return TC_ACT_SHOT;
	return tc_redirect(run, (u32)r1, BPF_F_NEIGH);
}

HELPER_FN(helper_xdp_redirect)
{
	if (r2)
		return XDP_ABORTED;
	redirect_to(run, (u32)r1, 0);
	return XDP_REDIRECT;
}

/* The low bits of flags are the verdict for a key that leads nowhere. */
HELPER_FN(helper_redirect_map)
{
	const u64 fallback = XDP_ABORTED | XDP_DROP | XDP_PASS | XDP_TX;
	struct map *map = u64_to_ptr(r1);
	u32 key = (u32)r2;

	if (r3 & ~(fallback | BPF_F_BROADCAST | BPF_F_EXCLUDE_INGRESS))
		return XDP_ABORTED;
	if (!(r3 & BPF_F_BROADCAST) && !map_lookup(map, &key, run))
		return r3 & fallback;
	redirect_to(run, 0, r3);
	run->redirect[REDIRECT_MAP] = r1;
	run->redirect[REDIRECT_KEY] = key;
	return XDP_REDIRECT;
}

/* A copy for a device; the loopback's are dropped, because nobody listens there. */
HELPER_FN(helper_clone_redirect)
{
	if (r3 & ~(u64)BPF_F_INGRESS || !netdev_exists((u32)r2))
		return (u64)-EINVAL;
	return 0;
}

/* No device forwards: an existing one says so, and no other question is reached. */
HELPER_FN(helper_fib_lookup)
{
	const struct bpf_fib_lookup *params = u64_to_ptr(r2);
	enum { FLAGS_ALL = 63 };

	if ((u32)r3 < sizeof(*params) || (u32)r4 & ~(u32)FLAGS_ALL)
		return (u64)-EINVAL;
	if (params->family != AF_INET && params->family != AF_INET6)
		return (u64)-EAFNOSUPPORT;
	return netdev_exists(params->ifindex) ? BPF_FIB_LKUP_RET_FWD_DISABLED : (u64)-ENODEV;
}

/* What is asked: does a packet of `len` bytes, changed by `diff`, fit the device? */
struct mtu_check {
	const struct netdev *dev;
	u32 len;
	s32 diff;
};

/* *mtu, when set, is the length above the link layer; it is told the device's. */
static u64 mtu_fits(const struct mtu_check *check, u32 *mtu)
{
	u32 len = *mtu ? *mtu + ETH_HLEN : check->len;

	len += (u32)check->diff;
	*mtu = check->dev->mtu;
	return (s32)len <= (s32)(check->dev->mtu + ETH_HLEN) ? BPF_MTU_CHK_RET_SUCCESS
							     : BPF_MTU_CHK_RET_FRAG_NEEDED;
}

/* Index 0 is the packet's own device: the loopback unless its context says otherwise. */
static const struct netdev *mtu_device(u32 ifindex, u32 own)
{
	return netdev_by_index(ifindex ? ifindex : own ? own : LOOPBACK_INDEX);
}

HELPER_FN(helper_skb_check_mtu)
{
	const struct skb *skb = skb_arg(r1);
	struct mtu_check check = {mtu_device((u32)r2, skb->u.ifindex), skb->u.len, (s32)r4};
	u32 *mtu = u64_to_ptr(r3);

	if (r5 & ~(u64)BPF_MTU_CHK_SEGS || (r5 && ((s32)r4 || *mtu)))
		return (u64)-EINVAL;
	if (!check.dev)
		return (u64)-ENODEV;
	u64 verdict = mtu_fits(&check, mtu);
	return skb->u.gso_size ? BPF_MTU_CHK_RET_SUCCESS : verdict;
}

HELPER_FN(helper_xdp_check_mtu)
{
	const struct xdp *xdp = xdp_arg(r1);
	const u32 linear = (u32)(xdp->pkt.data_end - xdp->pkt.data);
	struct mtu_check check = {mtu_device((u32)r2, xdp->u.ingress_ifindex), linear, (s32)r4};

	if (r5)
		return (u64)-EINVAL;
	return check.dev ? mtu_fits(&check, u64_to_ptr(r3)) : (u64)-ENODEV;
}
