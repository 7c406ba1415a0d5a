/*
 * Questions about sockets, routes and control groups, for packets that have none: answered as Linux
 * answers when nothing is found.  What takes a socket cannot be reached, because none is ever
 * given out; such rows stand here so that programs which ask first and use then can run.
 */
#include "helper/internal.h"

/* No such socket, group, class, realm or cookie; the socket of a test run is root's. */
HELPER_FN(helper_nothing)
{
	return 0;
}

/* The first network namespace has the first cookie. */
HELPER_FN(helper_get_netns_cookie)
{
	return 1;
}

/* Sockets are in the root control group, whose id is 1. */
enum { ROOT_CGROUP = 1 };

HELPER_FN(helper_skb_cgroup_id)
{
	return ROOT_CGROUP;
}

HELPER_FN(helper_skb_ancestor_cgroup_id)
{
	return (s32)r2 == 0 ? ROOT_CGROUP : 0;
}

/* bpf_sk_assign, syn cookies of a listener: no socket that would do */
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
