/*
 * The devices that packets come from and go to.  An instance has two: the loopback and an Ethernet
 * device; what a redirect to another device should do is its caller's affair.
 */
#ifndef SKEP_HELPER_NETDEV_H
#define SKEP_HELPER_NETDEV_H

#include "base/types.h"

enum { LOOPBACK_INDEX = 1 };

struct netdev {
	u32 ifindex, mtu, rx_queues;
	u8 address[6], broadcast[6];
};

/* NULL when there is none. */
const struct netdev *netdev_by_index(u32 ifindex);

static inline int netdev_exists(u32 ifindex)
{
	return netdev_by_index(ifindex) != NULL;
}

#endif
