/*
 * The devices that packets come from and go to.  An instance has the loopback alone; what a
 * redirect to another device should do is its caller's affair.
 */
#ifndef SKEP_HELPER_NETDEV_H
#define SKEP_HELPER_NETDEV_H

#include "base/types.h"

enum { LOOPBACK_INDEX = 1, LOOPBACK_MTU = 65536 };

static inline int netdev_exists(u32 ifindex)
{
	return ifindex == LOOPBACK_INDEX;
}

#endif
