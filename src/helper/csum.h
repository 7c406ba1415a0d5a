/*
 * Internet checksums (RFC 1071, RFC 1624), in the arithmetic of Linux: partial sums are 32 bits
 * with the carry added back, a checksum is their 16-bit fold, complemented.
 */
#ifndef SKEP_HELPER_CSUM_H
#define SKEP_HELPER_CSUM_H

#include "base/types.h"

static inline u32 csum_add(u32 a, u32 b)
{
	u32 sum = a + b;

	return sum + (sum < b);
}

static inline u32 csum_sub(u32 a, u32 b)
{
	return csum_add(a, ~b);
}

/* 16 bits, not complemented */
static inline u16 csum_fold16(u32 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return (u16)((sum & 0xffff) + (sum >> 16));
}

static inline u16 csum_fold(u32 sum)
{
	return (u16)~csum_fold16(sum);
}

static inline u16 csum16_add(u16 a, u16 b)
{
	u16 sum = (u16)(a + b);

	return (u16)(sum + (sum < b));
}

/* The sum of len bytes, an odd last one padded with zero, added to `sum`. */
u32 csum_partial(const void *data, u32 len, u32 sum);

/*
 * Bytes that are no longer (or now) in the packet, at an offset that is odd or even, which
 * CHECKSUM_COMPLETE's sum has to follow.  For other packets nothing is to be done.
 */
struct skb;
void skb_csum_remove(struct skb *skb, u32 off, const void *bytes, u32 len);
void skb_csum_insert(struct skb *skb, u32 off, const void *bytes, u32 len);

#endif
