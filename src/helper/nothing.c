/*
 * Questions about sockets, routes and control groups, for packets that have none: answered as Linux
 * answers when nothing is found.  What takes a socket cannot be reached, because none is ever
 * given out; such rows stand here so that programs which ask first and use then can run.
 */
#include <sys/socket.h>
#include <unistd.h>

#include "helper/skb.h"

/* No such socket, group, class, realm or cookie; the socket of a test run is root's. */
HELPER_FN(helper_nothing)
{
	return 0;
}

/* The socket that a test run puts behind its packet has a number of its own. */
HELPER_FN(helper_skb_socket_cookie)
{
	struct skb *skb = skb_arg(r1);

	if (skb->u.sk && !skb->sk_cookie)
		skb->sk_cookie = 1 + atomic_fetch_add_explicit(&run->skep->socket_cookies, 1,
							       memory_order_relaxed);
	return skb->sk_cookie;
}

/* All sockets that programs are given are whole ones. */
HELPER_FN(helper_sk_fullsock)
{
	return r1;
}

/* The thread's own network namespace, also for the first one that no context asks for. */
HELPER_FN(helper_get_netns_cookie)
{
	u64 cookie = 1;
	socklen_t size = sizeof(cookie);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return cookie;
	if (getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &size))
		cookie = 1;
	close(fd);
	return cookie;
}

/* Sockets are in the root control group, whose id is 1. */
enum { ROOT_CGROUP = 1 };

HELPER_FN(helper_root_cgroup_id)
{
	return ROOT_CGROUP;
}

HELPER_FN(helper_root_ancestor_cgroup_id)
{
	return (s32)r2 == 0 ? ROOT_CGROUP : 0;
}

/* No socket that a packet could be handed to: none listens. */
HELPER_FN(helper_skb_sk_assign)
{
	return r3 ? (u64)-EINVAL : (u64)-EOPNOTSUPP;
}

/* Syn cookies of a listener: no socket that would do. */
HELPER_FN(helper_no_socket)
{
	return (u64)-EINVAL;
}

/* A socket lookup's choice: NULL alone can be given, which takes back a choice. */
HELPER_FN(helper_sk_lookup_assign)
{
	const u64 known = BPF_SK_LOOKUP_F_REPLACE | BPF_SK_LOOKUP_F_NO_REUSEPORT;

	return r3 & ~known ? (u64)-EINVAL : 0;
}

/* No transformation (IPsec) has been applied to the packet. */
HELPER_FN(helper_skb_get_xfrm_state)
{
	memset(u64_to_ptr(r3), 0, (u32)r4);
	return (u64)-EINVAL;
}
