/* The table of network devices. */
#include "helper/netdev.h"

static const struct netdev netdevs[] = {
	{.ifindex = LOOPBACK_INDEX, .mtu = 65536, .rx_queues = 1},
	{.ifindex = 2,
	 .mtu = 1500,
	 .rx_queues = 1,
	 .address = {2, 0, 0, 0, 0, 2},
	 .broadcast = {255, 255, 255, 255, 255, 255}},
};

const struct netdev *netdev_by_index(u32 ifindex)
{
	for (u32 i = 0; i < ARRAY_SIZE(netdevs); i++)
		if (netdevs[i].ifindex == ifindex)
			return &netdevs[i];
	return NULL;
}
