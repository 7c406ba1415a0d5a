/* Helpers that copy bytes out of and into packets. */
#include "helper/csum.h"
#include "helper/skb.h"

int skb_load_bytes(const struct skb *skb, u32 off, void *to, u32 len)
{
	if (off <= INT32_MAX && !packet_read(&skb->pkt, off, to, len))
		return 0;
	memset(to, 0, len);
	return -EFAULT;
}

HELPER_FN(helper_skb_load_bytes)
{
	return (u64)skb_load_bytes(skb_arg(r1), (u32)r2, u64_to_ptr(r3), (u32)r4);
}

/* The header that a relative offset counts from, or NULL. */
static const u8 *start_header(const struct skb *skb, u32 start)
{
	switch (start) {
	case BPF_HDR_START_MAC:
		return skb->mac;
	case BPF_HDR_START_NET:
		return skb->net;
	}
	return NULL;
}

/* Only what is linear counts. */
HELPER_FN(helper_skb_load_bytes_relative)
{
	const struct skb *skb = skb_arg(r1);
	const u8 *start = start_header(skb, (u32)r5);
	u32 off = (u32)r2, len = (u32)r4;

	if (!start || off > UINT16_MAX || (s64)off + len > skb->pkt.data_end - start) {
		memset(u64_to_ptr(r3), 0, len);
		return (u64)-EFAULT;
	}
	memcpy(u64_to_ptr(r3), start + off, len);
	return 0;
}

int skb_store_bytes(struct skb *skb, u32 off, const void *from, u32 len, u64 flags)
{
	if (flags & ~(u64)(BPF_F_RECOMPUTE_CSUM | BPF_F_INVALIDATE_HASH))
		return -EINVAL;
	if (off > INT32_MAX || (u64)off + len > UINT32_MAX || skb_pull(skb, off + len))
		return -EFAULT;
	if (flags & BPF_F_RECOMPUTE_CSUM)
		skb_csum_remove(skb, off, skb->pkt.data + off, len);
	memmove(skb->pkt.data + off, from, len);
	if (flags & BPF_F_RECOMPUTE_CSUM)
		skb_csum_insert(skb, off, skb->pkt.data + off, len);
	if (flags & BPF_F_INVALIDATE_HASH)
		skb_clear_hash(skb);
	return 0;
}

HELPER_FN(helper_skb_store_bytes)
{
	return (u64)skb_store_bytes(skb_arg(r1), (u32)r2, u64_to_ptr(r3), (u32)r4, r5);
}

HELPER_FN(helper_skb_pull_data)
{
	struct skb *skb = skb_arg(r1);
	u32 len = (u32)r2;

	return len ? (u64)skb_pull(skb, len) : 0;
}

/* Linux bounds both to 16 bits before it looks at the packet. */
static int xdp_range(const struct xdp *xdp, u32 off, u32 len)
{
	if (off > UINT16_MAX || len > UINT16_MAX)
		return -EFAULT;
	return off + len > packet_len(&xdp->pkt) ? -EINVAL : 0;
}

int xdp_load_bytes(const struct xdp *xdp, u32 off, void *to, u32 len)
{
	int err = xdp_range(xdp, off, len);

	return err ? err : packet_read(&xdp->pkt, off, to, len);
}

int xdp_store_bytes(struct xdp *xdp, u32 off, const void *from, u32 len)
{
	int err = xdp_range(xdp, off, len);

	return err ? err : packet_write(&xdp->pkt, off, from, len);
}

HELPER_FN(helper_xdp_load_bytes)
{
	return (u64)xdp_load_bytes(xdp_arg(r1), (u32)r2, u64_to_ptr(r3), (u32)r4);
}

HELPER_FN(helper_xdp_store_bytes)
{
	return (u64)xdp_store_bytes(xdp_arg(r1), (u32)r2, u64_to_ptr(r3), (u32)r4);
}

HELPER_FN(helper_xdp_get_buff_len)
{
	return packet_len(&xdp_arg(r1)->pkt);
}
