/* What the helpers on packets share. */
#ifndef SKEP_HELPER_SKB_H
#define SKEP_HELPER_SKB_H

#include <arpa/inet.h>
#include <linux/if_ether.h>

#include "helper/internal.h"
#include "helper/packet.h"

enum {
	IPV4_HEADER_LEN = 20,
	IPV6_HEADER_LEN = 40,
	SKB_LEN_MAX = 16064, /* BPF_SKB_MAX_LEN: four pages but for Linux's own at the end */
};

static inline struct skb *skb_arg(u64 r)
{
	return u64_to_ptr(r);
}

static inline struct xdp *xdp_arg(u64 r)
{
	return u64_to_ptr(r);
}

static inline int skb_is(const struct skb *skb, u16 ether_type)
{
	return skb->u.protocol == htons(ether_type);
}

static inline int skb_is_ip(const struct skb *skb)
{
	return skb_is(skb, ETH_P_IP) || skb_is(skb, ETH_P_IPV6);
}

/* Take `len` bytes, which are there, off the front of the fragments. */
void frags_consume(struct packet_frags *frags, u8 *to, u32 len);

/*
 * Have [data, data + len) in one writable piece, pulling fragments into the linear part.  0, or
 * -ENOMEM when the packet is shorter (or there is no memory).
 */
int skb_pull(struct skb *skb, u32 len);

/* Forget the flow's hash: the headers it came from have changed. */
static inline void skb_clear_hash(struct skb *skb)
{
	skb->u.hash = 0;
	skb->l4_hash = skb->sw_hash = 0;
}

/* Insert `len` zero bytes `off` bytes into the packet; what stands before moves with the start. */
int skb_insert(struct skb *skb, u32 off, u32 len);

/* Cut `len` bytes out, `off` bytes into the packet.  0 or -ENOMEM when they are not there. */
int skb_cut(struct skb *skb, u32 off, u32 len);

/* __bpf_skb_load_bytes and friends, which dynptrs use as well */
int skb_load_bytes(const struct skb *skb, u32 off, void *to, u32 len);
int skb_store_bytes(struct skb *skb, u32 off, const void *from, u32 len, u64 flags);
int xdp_load_bytes(const struct xdp *xdp, u32 off, void *to, u32 len);
int xdp_store_bytes(struct xdp *xdp, u32 off, const void *from, u32 len);

#endif
