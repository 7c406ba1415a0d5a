/* The legacy packet loads (LD_ABS, LD_IND): what both engines call. */
#ifndef SKEP_HELPER_SKB_ABS_H
#define SKEP_HELPER_SKB_ABS_H

#include "helper/packet.h"

#define SKB_ABS_FAILED (~(u64)0)

/*
 * `size` bytes (1, 2 or 4) of the packet at `off`, in host order, or SKB_ABS_FAILED when they are
 * not all there: the program then ends and returns 0.  off counts from the data; from -0x100000 up
 * from the network header, and from -0x200000 up from the link layer's (Linux's SKF_NET_OFF,
 * SKF_LL_OFF).
 */
u64 skb_load_abs(const struct skb *skb, s32 off, u32 size);

#endif
