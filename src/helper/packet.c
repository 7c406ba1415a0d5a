/* Packet memory: making contexts, copying in and out across fragments, growing. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>

#include "helper/packet.h"

static void packet_init(struct packet *pkt, const struct packet_mem *mem)
{
	u8 *data = mem->buf + mem->off;

	*pkt = (struct packet){
		.data = data,
		.data_end = data + mem->len,
		.data_meta = data,
		.head = mem->buf,
		.end = mem->buf + mem->size,
		.os = mem->os,
	};
}

void skb_init(struct skb *skb, const struct packet_mem *mem)
{
	memset(skb, 0, offsetof(struct skb, tunnel));
	packet_init(&skb->pkt, mem);
	skb->mac = skb->net = skb->pkt.data;
	skb->u.len = mem->len;
}

void xdp_init(struct xdp *xdp, const struct packet_mem *mem)
{
	xdp->u = (struct xdp_md){0};
	packet_init(&xdp->pkt, mem);
	xdp->frag_size = PACKET_FRAG_SIZE;
}

void packet_release(struct packet *pkt)
{
	if (pkt->owned)
		os_free(pkt->os, pkt->owned);
	pkt->owned = NULL;
}

/* Piece i of the packet (0: the linear part), NULL past the last. */
static u8 *packet_nth(const struct packet *pkt, u32 i, u32 *len)
{
	if (i == 0) {
		*len = (u32)(pkt->data_end - pkt->data);
		return pkt->data;
	}
	if (!pkt->frags || i > pkt->frags->count)
		return NULL;
	*len = pkt->frags->frag[i - 1].len;
	return pkt->frags->frag[i - 1].data;
}

static int packet_covers(const struct packet *pkt, u32 off, u32 len)
{
	u32 all = packet_len(pkt);

	return off <= all && len <= all - off;
}

/* Walk the pieces under [off, off + len); either `to` or `from` is NULL. */
static int packet_copy(const struct packet *pkt, u32 off, u8 *to, const u8 *from, u32 len)
{
	u32 size;
	u8 *piece;

	if (!packet_covers(pkt, off, len))
		return -EFAULT;
	for (u32 i = 0; len && (piece = packet_nth(pkt, i, &size)); i++) {
		if (off >= size) {
			off -= size;
			continue;
		}
		u32 n = size - off < len ? size - off : len;
		if (to) {
			memcpy(to, piece + off, n);
			to += n;
		} else {
			memmove(piece + off, from, n);
			from += n;
		}
		len -= n;
		off = 0;
	}
	return 0;
}

int packet_read(const struct packet *pkt, u32 off, void *to, u32 len)
{
	return packet_copy(pkt, off, to, NULL, len);
}

int packet_write(const struct packet *pkt, u32 off, const void *from, u32 len)
{
	return packet_copy(pkt, off, NULL, from, len);
}

u8 *packet_piece(const struct packet *pkt, u32 off, u32 len)
{
	u32 size;
	u8 *piece;

	for (u32 i = 0; (piece = packet_nth(pkt, i, &size)); i++) {
		if (off < size)
			return len <= size - off ? piece + off : NULL;
		off -= size;
	}
	return NULL;
}

u16 packet_eth_protocol(const u8 *eth, u32 len)
{
	u16 type = (u16)(eth[12] << 8 | eth[13]);

	if (type >= 0x600)
		return htons(type);
	/* Novell's frames have no header of their own, but start with a checksum of all ones. */
	if (len >= PACKET_ETH_HEADER + 2 && eth[14] == 0xff && eth[15] == 0xff)
		return htons(ETH_P_802_3);
	return htons(ETH_P_802_2);
}

void skb_sync(struct skb *skb)
{
	skb->u.len = packet_len(&skb->pkt);
}

void skb_move_data(struct skb *skb, int delta)
{
	skb->pkt.data += delta;
	skb->pkt.data_meta = skb->pkt.data;
	skb_sync(skb);
}

/* Into memory of our own, with the room that was asked for. */
static int packet_move(struct skb *skb, u32 head, u32 tail)
{
	struct packet *pkt = &skb->pkt;
	size_t used = (size_t)(pkt->data_end - pkt->head), total = used + head + tail;
	u8 *mem = os_alloc(pkt->os, total);

	if (!mem)
		return -ENOMEM;
	memcpy(mem + head, pkt->head, used);
	ptrdiff_t shift = mem + head - pkt->head;
	packet_release(pkt);
	pkt->owned = mem;
	pkt->head = mem;
	pkt->data += shift;
	pkt->data_end += shift;
	pkt->data_meta += shift;
	pkt->end = mem + total;
	skb->mac += shift;
	skb->net += shift;
	return 0;
}

int skb_reserve(struct skb *skb, u32 head, u32 tail)
{
	const struct packet *pkt = &skb->pkt;

	if ((size_t)(pkt->data - pkt->head) >= head && (size_t)(pkt->end - pkt->data_end) >= tail)
		return 0;
	return packet_move(skb, head, tail);
}
