/* Helpers that compute and fix checksums. */
#include "helper/csum.h"
#include "helper/skb.h"

u32 csum_partial(const void *data, u32 len, u32 sum)
{
	const u8 *p = data;
	u64 wide = sum;
	u32 word;

	for (; len >= 4; p += 4, len -= 4) {
		memcpy(&word, p, 4);
		wide += word;
	}
	word = 0;
	memcpy(&word, p, len);
	wide += word;
	wide = (wide & 0xffffffff) + (wide >> 32);
	return (u32)wide + (u32)(wide >> 32);
}

/* The sum of bytes that begin at `off` of what is summed: an odd one swaps the halves of words. */
static u32 csum_at(u32 off, u32 sum)
{
	return off & 1 ? sum << 24 | sum >> 8 : sum;
}

void skb_csum_remove(struct skb *skb, u32 off, const void *bytes, u32 len)
{
	if (skb->ip_summed == CHECKSUM_COMPLETE)
		skb->csum = csum_sub(skb->csum, csum_at(off, csum_partial(bytes, len, 0)));
}

void skb_csum_insert(struct skb *skb, u32 off, const void *bytes, u32 len)
{
	if (skb->ip_summed == CHECKSUM_COMPLETE)
		skb->csum = csum_add(skb->csum, csum_at(off, csum_partial(bytes, len, 0)));
}

/* What a device would have summed up: all from the network layer's header on. */
static u32 skb_sum(const struct skb *skb)
{
	const struct packet *pkt = &skb->pkt;
	u32 len = (u32)(pkt->data_end - skb->net), sum = csum_partial(skb->net, len, 0);

	for (u32 i = 0; pkt->frags && i < pkt->frags->count; i++) {
		const struct packet_frag *frag = &pkt->frags->frag[i];
		sum = csum_add(sum, csum_at(len, csum_partial(frag->data, frag->len, 0)));
		len += frag->len;
	}
	return sum;
}

void skb_csum_complete(struct skb *skb)
{
	skb->csum = skb_sum(skb);
	skb->ip_summed = CHECKSUM_COMPLETE;
}

int skb_csum_check(const struct skb *skb)
{
	return csum_fold(skb->csum) == csum_fold(skb_sum(skb)) ? 0 : -EBADMSG;
}

/* The checksum field at `off`, writable, or NULL with the error. */
static u8 *csum_field(struct skb *skb, u32 off, int *err)
{
	*err = -EFAULT;
	if (off > UINT16_MAX || off & 1 || skb_pull(skb, off + 2))
		return NULL;
	*err = 0;
	return skb->pkt.data + off;
}

static u16 load16(const u8 *p)
{
	u16 v;

	memcpy(&v, p, 2);
	return v;
}

static void store16(u8 *p, u16 v)
{
	memcpy(p, &v, 2);
}

/* A 16-bit word of what is summed changes. */
static u16 csum_replace2(u16 sum, u16 from, u16 to)
{
	return (u16)~csum16_add(csum16_add((u16)~sum, (u16)~from), to);
}

static u16 csum_replace4(u16 sum, u32 from, u32 to)
{
	return csum_fold(csum_add(csum_sub(~(u32)sum, from), to));
}

static u16 csum_replace_diff(u16 sum, u32 diff)
{
	return csum_fold(csum_add(diff, ~(u32)sum));
}

HELPER_FN(helper_l3_csum_replace)
{
	int err;

	if (r5 & ~(u64)BPF_F_HDR_FIELD_MASK)
		return (u64)-EINVAL;
	u8 *field = csum_field(skb_arg(r1), (u32)r2, &err);
	if (!field)
		return (u64)err;
	switch (r5) {
	case 0:
		if (r3)
			return (u64)-EINVAL;
		store16(field, csum_replace_diff(load16(field), (u32)r4));
		return 0;
	case 2:
		store16(field, csum_replace2(load16(field), (u16)r3, (u16)r4));
		return 0;
	case 4:
		store16(field, csum_replace4(load16(field), (u32)r3, (u32)r4));
		return 0;
	}
	return (u64)-EINVAL;
}

/*
 * Transport checksums.  With CHECKSUM_PARTIAL the field holds the sum of the pseudo header alone,
 * not complemented: only changes of the pseudo header count.
 */
static u16 l4_replace(struct skb *skb, u16 sum, u32 from, u32 to, u64 flags)
{
	if (skb->ip_summed == CHECKSUM_COMPLETE && flags & BPF_F_PSEUDO_HDR)
		skb->csum = ~csum_add(csum_sub(~skb->csum, from), to);
	if (skb->ip_summed != CHECKSUM_PARTIAL)
		return csum_replace4(sum, from, to);
	if (flags & BPF_F_PSEUDO_HDR)
		return (u16)~csum_fold(csum_add(csum_sub(sum, from), to));
	return sum;
}

/* The addresses of IPv6, unlike IPv4's, have no header checksum that makes up for their change. */
static u16 l4_replace_diff(struct skb *skb, u16 sum, u32 diff, u64 flags)
{
	if (skb->ip_summed == CHECKSUM_COMPLETE && flags & BPF_F_PSEUDO_HDR &&
	    !(flags & BPF_F_IPV6))
		skb->csum = ~csum_add(diff, ~skb->csum);
	if (skb->ip_summed != CHECKSUM_PARTIAL)
		return csum_replace_diff(sum, diff);
	if (flags & BPF_F_PSEUDO_HDR)
		return (u16)~csum_fold(csum_add(diff, sum));
	return sum;
}

static int l4_replaced(struct skb *skb, u8 *field, u64 from, u64 to, u64 flags)
{
	u16 sum = load16(field);

	switch (flags & BPF_F_HDR_FIELD_MASK) {
	case 0:
		if (from)
			return -EINVAL;
		store16(field, l4_replace_diff(skb, sum, (u32)to, flags));
		return 0;
	case 2:
		store16(field, l4_replace(skb, sum, (u16)from, (u16)to, flags));
		return 0;
	case 4:
		store16(field, l4_replace(skb, sum, (u32)from, (u32)to, flags));
		return 0;
	}
	return -EINVAL;
}

/* UDP's zero means "no checksum": BPF_F_MARK_MANGLED_0 keeps one, and never makes one. */
HELPER_FN(helper_l4_csum_replace)
{
	const u64 known = BPF_F_MARK_MANGLED_0 | BPF_F_MARK_ENFORCE | BPF_F_PSEUDO_HDR |
			  BPF_F_HDR_FIELD_MASK | BPF_F_IPV6;
	const int keep_zero = (r5 & BPF_F_MARK_MANGLED_0) != 0;
	int err;

	if (r5 & ~known)
		return (u64)-EINVAL;
	u8 *field = csum_field(skb_arg(r1), (u32)r2, &err);
	if (!field)
		return (u64)err;
	if (keep_zero && !(r5 & BPF_F_MARK_ENFORCE) && !load16(field))
		return 0;
	err = l4_replaced(skb_arg(r1), field, r3, r4, r5);
	if (!err && keep_zero && !load16(field))
		store16(field, 0xffff);
	return (u64)err;
}

HELPER_FN(helper_csum_diff)
{
	u32 from_size = (u32)r2, to_size = (u32)r4, sum = (u32)r5;

	if (to_size)
		sum = csum_partial(u64_to_ptr(r3), to_size, sum);
	if (from_size && to_size)
		sum = csum_sub(sum, csum_partial(u64_to_ptr(r1), from_size, 0));
	else if (from_size)
		sum = ~csum_partial(u64_to_ptr(r1), from_size, ~sum);
	return csum_fold16(sum);
}

/* Adds to the device's sum over the packet, if there is one. */
HELPER_FN(helper_csum_update)
{
	struct skb *skb = skb_arg(r1);

	if (skb->ip_summed != CHECKSUM_COMPLETE)
		return (u64)-ENOTSUPP;
	return skb->csum = csum_add(skb->csum, (u32)r2);
}

/* Packets from devices that vouch for checksums: csum_level says for how many beyond the first. */
static void csum_incr(struct skb *skb)
{
	if (skb->ip_summed == CHECKSUM_UNNECESSARY) {
		if (skb->csum_level < 3)
			skb->csum_level++;
	} else if (skb->ip_summed == CHECKSUM_NONE) {
		skb->ip_summed = CHECKSUM_UNNECESSARY;
		skb->csum_level = 0;
	}
}

static void csum_decr(struct skb *skb)
{
	if (skb->ip_summed != CHECKSUM_UNNECESSARY)
		return;
	if (skb->csum_level == 0)
		skb->ip_summed = CHECKSUM_NONE;
	else
		skb->csum_level--;
}

static void csum_reset(struct skb *skb)
{
	if (skb->ip_summed == CHECKSUM_UNNECESSARY) {
		skb->ip_summed = CHECKSUM_NONE;
		skb->csum_level = 0;
	}
}

HELPER_FN(helper_csum_level)
{
	struct skb *skb = skb_arg(r1);

	switch (r2) {
	case BPF_CSUM_LEVEL_INC:
		csum_incr(skb);
		return 0;
	case BPF_CSUM_LEVEL_DEC:
		csum_decr(skb);
		return 0;
	case BPF_CSUM_LEVEL_RESET:
		csum_reset(skb);
		return 0;
	case BPF_CSUM_LEVEL_QUERY:
		if (skb->ip_summed == CHECKSUM_UNNECESSARY)
			return skb->csum_level;
		return (u64)-EACCES;
	}
	return (u64)-EINVAL;
}
