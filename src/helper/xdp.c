/* Helpers that move the ends of XDP packets. */
#include "helper/skb.h"

/* Apart, so that packets without meta data pay for no call. */
static __attribute__((noinline)) u64 move_with_meta(struct packet *pkt, s64 off, s64 meta)
{
	memmove(pkt->data_meta + off, pkt->data_meta, (size_t)meta);
	pkt->data_meta += off;
	pkt->data += off;
	return 0;
}

HELPER_FN(helper_xdp_adjust_head)
{
	struct packet *pkt = &xdp_arg(r1)->pkt;
	const s64 off = (s32)r2, meta = pkt->data - pkt->data_meta;

	if (off < pkt->head + meta - pkt->data || off > pkt->data_end - ETH_HLEN - pkt->data)
		return (u64)-EINVAL;
	if (unlikely(meta))
		return move_with_meta(pkt, off, meta);
	pkt->data_meta += off;
	pkt->data += off;
	return 0;
}

HELPER_FN(helper_xdp_adjust_meta)
{
	enum { META_MAX = 255 };
	struct packet *pkt = &xdp_arg(r1)->pkt;
	const s64 off = (s32)r2, meta = pkt->data - pkt->data_meta - off;

	if (meta < 0 || off < pkt->head - pkt->data_meta)
		return (u64)-EINVAL;
	if (meta % 4 || meta > META_MAX)
		return (u64)-EACCES;
	pkt->data_meta += off;
	return 0;
}

static int frags_grow(struct xdp *xdp, u32 len)
{
	struct packet_frags *frags = xdp->pkt.frags;
	struct packet_frag *last = &frags->frag[frags->count - 1];
	const u32 used = last->off + last->len;

	if (used > xdp->frag_size || len > xdp->frag_size - used)
		return -EINVAL;
	memset(last->data + last->len, 0, len);
	last->len += len;
	frags->len += len;
	return 0;
}

/* From the last fragment back to, when all are gone, the linear part. */
static int frags_shrink(struct xdp *xdp, u32 len)
{
	struct packet_frags *frags = xdp->pkt.frags;

	if (len + ETH_HLEN > packet_len(&xdp->pkt))
		return -EINVAL;
	while (len && frags->count) {
		struct packet_frag *last = &frags->frag[frags->count - 1];
		u32 n = last->len < len ? last->len : len;
		last->len -= n;
		frags->len -= n;
		frags->count -= last->len == 0;
		len -= n;
	}
	if (!frags->count) {
		xdp->pkt.frags = NULL;
		xdp->pkt.data_end -= len;
	}
	return 0;
}

static int linear_adjust(struct packet *pkt, s64 off)
{
	if (off > pkt->end - pkt->data_end || off < pkt->data + ETH_HLEN - pkt->data_end)
		return -EINVAL;
	if (off > 0)
		memset(pkt->data_end, 0, (size_t)off);
	pkt->data_end += off;
	return 0;
}

HELPER_FN(helper_xdp_adjust_tail)
{
	struct xdp *xdp = xdp_arg(r1);
	const s32 off = (s32)r2;

	if (!xdp->pkt.frags)
		return (u64)linear_adjust(&xdp->pkt, off);
	return (u64)(off >= 0 ? frags_grow(xdp, (u32)off) : frags_shrink(xdp, 0 - (u32)off));
}
