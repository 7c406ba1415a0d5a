/*
 * Packets, and the contexts of programs that see them.  A context begins with the struct that
 * programs know (Linux's UAPI), so that a context access is the access itself, but for the fields
 * which hold 32 bits of a pointer: those loads are rewritten (rows of progtype) to pkt below.
 *
 *	buf              data_meta    data           data_end            end
 *	 |<-- headroom -->|<-- meta -->|<-- linear -->|<-- tailroom ----->|   frag 0, frag 1, ...
 *	 head
 *
 * Who makes a context calls skb_init or xdp_init, fills in what it knows (protocol, mac, net,
 * ifindex, ...), and calls packet_release in the end: a packet that outgrew the caller's buffer
 * lives in memory of ours by then.
 */
#ifndef SKEP_HELPER_PACKET_H
#define SKEP_HELPER_PACKET_H

#include "base/abi.h"
#include "base/os.h"
#include "base/types.h"

#define PACKET_MAX_FRAGS 17 /* MAX_SKB_FRAGS */
#define PACKET_ETH_HEADER 14
#define PACKET_FRAG_SIZE 4096 /* what one fragment of a test run's XDP packet can hold */

struct packet_frag {
	u8 *data;
	u32 len;
	u32 off; /* of data in its memory: how much of it was pulled away */
};

/* What lies past the linear part.  The memory is the caller's. */
struct packet_frags {
	u32 count;
	u32 len; /* of all together */
	struct packet_frag frag[PACKET_MAX_FRAGS];
};

/* head <= data_meta <= data <= data_end <= end */
struct packet {
	u8 *data;
	u8 *data_end;
	u8 *data_meta;
	u8 *head;
	u8 *end;
	struct packet_frags *frags; /* NULL: all is linear */
	const struct os *os;
	u8 *owned; /* the memory behind head when it is ours, else NULL */
};

/* enum of Linux's skb->ip_summed */
enum skb_checksum { CHECKSUM_NONE, CHECKSUM_UNNECESSARY, CHECKSUM_COMPLETE, CHECKSUM_PARTIAL };

/* Linux's skb->tstamp_type */
enum skb_clock { SKB_CLOCK_REALTIME, SKB_CLOCK_MONOTONIC, SKB_CLOCK_TAI };

struct skb {
	struct __sk_buff u;
	struct packet pkt;
	u8 *mac;       /* the link layer's header; moves with pkt.head */
	u8 *net;       /* the network layer's header */
	u64 sk_cookie; /* of u.sk, once somebody asked */
	u32 csum;      /* CHECKSUM_COMPLETE: the sum of all from net on, not folded */
	u32 gso_type;
	u8 ip_summed; /* enum skb_checksum */
	u8 csum_level;
	u8 tstamp_type; /* enum skb_clock */
	u8 l4_hash, sw_hash;
	u8 ingress;       /* came in: not on its way out */
	u8 encapsulation; /* an inner header follows */
	u8 read_only;     /* its program may not write to the packet, dynptrs neither */
	u8 has_tunnel;    /* bpf_skb_set_tunnel_key was called: the rest means something */
	u8 tunnel_ipv6;
	u8 tunnel_flags; /* BPF_F_ZERO_CSUM_TX and so on */
	u8 tunnel_options_len;
	struct bpf_tunnel_key tunnel;
	u8 tunnel_options[255]; /* IP_TUNNEL_OPTS_MAX */
};

struct xdp {
	struct xdp_md u;
	struct packet pkt;
	u32 frag_size; /* what the last fragment can grow to: PACKET_FRAG_SIZE */
};

/* The caller's memory: the packet is [buf + off, buf + off + len), and may move within size. */
struct packet_mem {
	u8 *buf;
	u32 size, off, len;
	const struct os *os;
};

/* A zeroed context around the memory.  mac and net are data, the device is the loopback. */
void skb_init(struct skb *skb, const struct packet_mem *mem);
void xdp_init(struct xdp *xdp, const struct packet_mem *mem);
void packet_release(struct packet *pkt);

/* Linear part and fragments. */
static inline u32 packet_len(const struct packet *pkt)
{
	return (u32)(pkt->data_end - pkt->data) + (pkt->frags ? pkt->frags->len : 0);
}

/* Copy [off, off + len) out of or into the packet: 0, or -EFAULT when it is not all there. */
int packet_read(const struct packet *pkt, u32 off, void *to, u32 len);
int packet_write(const struct packet *pkt, u32 off, const void *from, u32 len);

/* The address of [off, off + len) when it lies in one piece, else NULL. */
u8 *packet_piece(const struct packet *pkt, u32 off, u32 len);

/* The protocol, in the order of the wire, that the header of an Ethernet frame of `len` tells. */
u16 packet_eth_protocol(const u8 *eth, u32 len);

/* Move the start of the packet by delta bytes (> 0: away), keeping mac, net, meta and u.len in
 * step. */
void skb_move_data(struct skb *skb, int delta);

/* Make room for `head` bytes before data and `tail` after data_end: 0 or -ENOMEM. */
int skb_reserve(struct skb *skb, u32 head, u32 tail);

/* u.len from the pointers, after data_end moved */
void skb_sync(struct skb *skb);

/* Make it a packet whose device has summed it up; does its sum still hold?  0 or -EBADMSG. */
void skb_csum_complete(struct skb *skb);
int skb_csum_check(const struct skb *skb);

#endif
