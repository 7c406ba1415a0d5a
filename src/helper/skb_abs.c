/* The legacy packet loads (LD_ABS, LD_IND): what both engines call. */
#include <endian.h>

#include "helper/skb_abs.h"

enum { NET_OFF = -0x100000, LL_OFF = -0x200000 };

/* Negative offsets reach headers, in linear memory only. */
static int read_header(const struct skb *skb, const u8 *header, u32 off, void *to, u32 size)
{
	const struct packet *pkt = &skb->pkt;
	u64 start = header - pkt->head, len = pkt->data_end - pkt->head;

	if (start + off > len || size > len - start - off)
		return -1;
	memcpy(to, header + off, size);
	return 0;
}

static int read_at(const struct skb *skb, s32 off, void *to, u32 size)
{
	if (off >= 0)
		return packet_read(&skb->pkt, (u32)off, to, size);
	if (off >= NET_OFF)
		return read_header(skb, skb->net, off - NET_OFF, to, size);
	if (off >= LL_OFF)
		return read_header(skb, skb->mac, off - LL_OFF, to, size);
	return -1;
}

u64 skb_load_abs(const struct skb *skb, s32 off, u32 size)
{
	u32 value = 0;

	if (read_at(skb, off, &value, size))
		return SKB_ABS_FAILED;
	/* the bytes are big-endian and stand at value's lower addresses */
	return be32toh(value) >> (32 - size * 8);
}
