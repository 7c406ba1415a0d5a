/* The packet loads that eBPF has from classic BPF, for every engine. */
#include <errno.h>

#include "helper/packet.h"

/* Bases of negative offsets, as <linux/filter.h> has them. */
enum { NET_OFF = -0x100000, LL_OFF = -0x200000 };

static s64 big_endian(const u8 *p, u32 size)
{
	s64 v = 0;

	for (u32 i = 0; i < size; i++)
		v = v << 8 | p[i];
	return v;
}

/* Relative to a header: within what is linear, headroom included. */
static s64 load_from_header(const struct skb *skb, s32 off, u32 size)
{
	const struct packet *pkt = &skb->pkt;
	const u8 *header = off >= NET_OFF ? skb->net : skb->mac;
	s64 at = header - pkt->head + ((s64)off - (off >= NET_OFF ? NET_OFF : LL_OFF));

	if (off < LL_OFF || !header || at < 0 || at + size > pkt->data_end - pkt->head)
		return -EFAULT;
	return big_endian(pkt->head + at, size);
}

s64 skb_load(const struct skb *skb, s32 off, u32 size)
{
	u8 bytes[4];

	if (off < 0)
		return load_from_header(skb, off, size);
	if (packet_read(&skb->pkt, (u32)off, bytes, size))
		return -EFAULT;
	return big_endian(bytes, size);
}
