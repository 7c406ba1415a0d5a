/* Helpers of lightweight tunnels: encapsulation in IP, and segment routing, which packets lack. */
#include "helper/csum.h"
#include "helper/skb.h"

enum { HEADERS_MAX = 256 }; /* LWT_BPF_MAX_HEADROOM */

/* Are the headers as long as their first says? */
static int check_headers(const u8 *header, u32 len)
{
	if (len < IPV4_HEADER_LEN || len > HEADERS_MAX)
		return -EINVAL;
	switch (header[0] >> 4) {
	case 4:
		return len < (header[0] & 15u) * 4 ? -EINVAL : 0;
	case 6:
		return len < IPV6_HEADER_LEN ? -EINVAL : 0;
	}
	return -EINVAL;
}

static void fill_checksum(u8 *ip)
{
	u16 sum;

	memcpy(&sum, ip + 10, 2);
	if (sum)
		return;
	sum = csum_fold(csum_partial(ip, (ip[0] & 15u) * 4, 0));
	memcpy(ip + 10, &sum, 2);
}

static int push_ip(struct skb *skb, const u8 *header, u32 len)
{
	int err = check_headers(header, len);

	if (!err)
		err = skb_insert(skb, 0, len);
	if (err)
		return err;
	memcpy(skb->pkt.data, header, len);
	skb_csum_insert(skb, 0, header, len);
	skb->net = skb->pkt.data;
	skb->encapsulation = 1;
	skb_clear_hash(skb);
	if (header[0] >> 4 == 4) {
		skb->u.protocol = htons(ETH_P_IP);
		fill_checksum(skb->pkt.data);
	} else {
		skb->u.protocol = htons(ETH_P_IPV6);
	}
	return 0;
}

/* Segment routing needs a route to the next segment; there is none. */
HELPER_FN(helper_lwt_push_encap)
{
	if ((u32)r2 != BPF_LWT_ENCAP_IP)
		return (u64)-EINVAL;
	return (u64)push_ip(skb_arg(r1), u64_to_ptr(r3), (u32)r4);
}

/* A packet without a segment routing header has nothing to store into or adjust. */
HELPER_FN(helper_lwt_seg6)
{
	return (u64)-EINVAL;
}

enum { ACTION_END_X = 2, ACTION_END_T = 3, ACTION_END_DT6 = 7 }; /* <linux/seg6_local.h> */

HELPER_FN(helper_lwt_seg6_action)
{
	switch ((u32)r2) {
	case ACTION_END_X:
	case ACTION_END_T:
	case ACTION_END_DT6:
		return (u64)-EBADMSG;
	}
	return (u64)-EINVAL;
}
