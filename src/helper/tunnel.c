/* Tunnel metadata: what a packet's outer header was or is to be.  It never reaches a wire here. */
#include "helper/skb.h"

/* The struct grew; programs may know any of its former sizes. */
static int known_size(u32 size)
{
	switch (size) {
	case offsetof(struct bpf_tunnel_key, local_ipv6):
	case offsetof(struct bpf_tunnel_key, tunnel_label):
	case offsetof(struct bpf_tunnel_key, tunnel_ext):
	case offsetof(struct bpf_tunnel_key, remote_ipv6[1]):
	case sizeof(struct bpf_tunnel_key):
		return 1;
	}
	return 0;
}

HELPER_FN(helper_skb_set_tunnel_key)
{
	const u64 known = BPF_F_TUNINFO_IPV6 | BPF_F_ZERO_CSUM_TX | BPF_F_DONT_FRAGMENT |
			  BPF_F_SEQ_NUMBER | BPF_F_NO_TUNNEL_KEY;
	struct skb *skb = skb_arg(r1);
	struct bpf_tunnel_key key;

	if (r4 & ~known || !known_size((u32)r3))
		return (u64)-EINVAL;
	memset(&key, 0, sizeof(key));
	memcpy(&key, u64_to_ptr(r2), (u32)r3);
	if ((!(r4 & BPF_F_TUNINFO_IPV6) && key.tunnel_label) || key.tunnel_ext)
		return (u64)-EINVAL;
	skb->tunnel = key;
	skb->has_tunnel = 1;
	skb->tunnel_ipv6 = (r4 & BPF_F_TUNINFO_IPV6) != 0;
	skb->tunnel_flags = (u8)r4;
	skb->tunnel_options_len = 0;
	return 0;
}

/* Linux's TUNNEL_ flags of what was set, in network order. */
static u16 wire_flags(u8 flags)
{
	enum { CSUM = 1, KEY = 4, SEQ = 8, DONT_FRAGMENT = 0x100, NOCACHE = 0x2000 };
	u16 wire = NOCACHE;

	wire |= flags & BPF_F_ZERO_CSUM_TX ? 0 : CSUM;
	wire |= flags & BPF_F_NO_TUNNEL_KEY ? 0 : KEY;
	wire |= flags & BPF_F_SEQ_NUMBER ? SEQ : 0;
	wire |= flags & BPF_F_DONT_FRAGMENT ? DONT_FRAGMENT : 0;
	return htons(wire);
}

/* As the receiver sees it: what was set as the remote end is its local one. */
static void received_key(const struct skb *skb, struct bpf_tunnel_key *key, u64 flags)
{
	const struct bpf_tunnel_key *sent = &skb->tunnel;
	const size_t addr = skb->tunnel_ipv6 ? 16 : 4;

	memset(key, 0, sizeof(*key));
	key->tunnel_id = sent->tunnel_id;
	key->tunnel_tos = sent->tunnel_tos;
	key->tunnel_ttl = sent->tunnel_ttl;
	key->tunnel_label = skb->tunnel_ipv6 ? sent->tunnel_label : 0;
	memcpy(key->remote_ipv6, sent->local_ipv6, addr);
	memcpy(key->local_ipv6, sent->remote_ipv6, addr);
	if (flags & BPF_F_TUNINFO_FLAGS)
		key->tunnel_flags = wire_flags(skb->tunnel_flags);
}

static int get_key(const struct skb *skb, struct bpf_tunnel_key *to, u32 size, u64 flags)
{
	const u32 oldest = offsetof(struct bpf_tunnel_key, remote_ipv6[1]);
	struct bpf_tunnel_key key;

	if (!skb->has_tunnel || flags & ~(u64)(BPF_F_TUNINFO_IPV6 | BPF_F_TUNINFO_FLAGS))
		return -EINVAL;
	if (skb->tunnel_ipv6 != ((flags & BPF_F_TUNINFO_IPV6) != 0))
		return -EPROTO;
	if (!known_size(size) || (size == oldest && skb->tunnel_ipv6))
		return -EINVAL;
	received_key(skb, &key, flags);
	memcpy(to, &key, size);
	return 0;
}

HELPER_FN(helper_skb_get_tunnel_key)
{
	int err = get_key(skb_arg(r1), u64_to_ptr(r2), (u32)r3, r4);

	if (err)
		memset(u64_to_ptr(r2), 0, (u32)r3);
	return (u64)err;
}

HELPER_FN(helper_skb_set_tunnel_opt)
{
	struct skb *skb = skb_arg(r1);
	u32 size = (u32)r3;

	if (!skb->has_tunnel || size % 4)
		return (u64)-EINVAL;
	if (size > sizeof(skb->tunnel_options))
		return (u64)-ENOMEM;
	memcpy(skb->tunnel_options, u64_to_ptr(r2), size);
	skb->tunnel_options_len = (u8)size;
	return 0;
}

static int get_options(const struct skb *skb, u8 *to, u32 size)
{
	if (!skb->has_tunnel || !skb->tunnel_options_len)
		return -ENOENT;
	if (size < skb->tunnel_options_len)
		return -ENOMEM;
	memset(to, 0, size);
	memcpy(to, skb->tunnel_options, skb->tunnel_options_len);
	return skb->tunnel_options_len;
}

HELPER_FN(helper_skb_get_tunnel_opt)
{
	int n = get_options(skb_arg(r1), u64_to_ptr(r2), (u32)r3);

	if (n < 0)
		memset(u64_to_ptr(r2), 0, (u32)r3);
	return (u64)n;
}
