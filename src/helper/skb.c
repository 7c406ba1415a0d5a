/* Linear room in a packet: pulling, inserting, cutting. */
#include "helper/skb.h"
#include "helper/csum.h"

void frags_consume(struct packet_frags *frags, u8 *to, u32 len)
{
	u32 gone = 0;

	frags->len -= len;
	while (len) {
		struct packet_frag *frag = &frags->frag[gone];
		u32 n = frag->len < len ? frag->len : len;
		memcpy(to, frag->data, n);
		to += n;
		len -= n;
		frag->data += n;
		frag->off += n;
		frag->len -= n;
		gone += frag->len == 0;
	}
	frags->count -= gone;
	memmove(frags->frag, frags->frag + gone, frags->count * sizeof(frags->frag[0]));
}

int skb_pull(struct skb *skb, u32 len)
{
	struct packet *pkt = &skb->pkt;
	u32 linear = (u32)(pkt->data_end - pkt->data);

	if (len <= linear)
		return 0;
	if (len > packet_len(pkt))
		return -ENOMEM;
	u32 more = len - linear;
	if (skb_reserve(skb, 0, more))
		return -ENOMEM;
	frags_consume(pkt->frags, pkt->data_end, more);
	pkt->data_end += more;
	return 0;
}

int skb_insert(struct skb *skb, u32 off, u32 len)
{
	int err = skb_pull(skb, off);

	if (!err)
		err = skb_reserve(skb, len, 0);
	if (err)
		return err;
	skb_move_data(skb, -(int)len);
	memmove(skb->pkt.data, skb->pkt.data + len, off);
	memset(skb->pkt.data + off, 0, len);
	return 0;
}

int skb_cut(struct skb *skb, u32 off, u32 len)
{
	int err = off > UINT32_MAX - len ? -ENOMEM : skb_pull(skb, off + len);

	if (err)
		return err;
	skb_csum_remove(skb, 0, skb->pkt.data + off, len);
	memmove(skb->pkt.data + len, skb->pkt.data, off);
	skb_move_data(skb, (int)len);
	return 0;
}
