/* Dynptrs, and the helpers on them; what came as kfuncs is in kdynptr.c. */
#include "helper/dynptr.h"
#include "helper/skb.h"

int dynptr_check(const struct dynptr *p, u32 off, u32 len)
{
	u32 size = dynptr_size(p);

	return len > size || off > size - len ? -E2BIG : 0;
}

/* Metadata before the packet, as much of it as there is by now; NULL when there is less. */
static u8 *meta_piece(const struct dynptr *p, u32 off, u32 len)
{
	const struct packet *pkt = &skb_arg(p->data)->pkt;
	u64 size = (u64)(pkt->data - pkt->data_meta), at = (u64)p->offset + off;

	return at <= size && len <= size - at ? pkt->data_meta + at : NULL;
}

static int meta_read(const struct dynptr *p, u32 off, void *to, u32 len)
{
	const u8 *piece = meta_piece(p, off, len);

	if (!piece)
		return -EFAULT;
	memmove(to, piece, len);
	return 0;
}

int dynptr_read(const struct dynptr *p, u32 off, void *to, u32 len)
{
	if (!p->data)
		return -EINVAL;
	int err = dynptr_check(p, off, len);
	if (err)
		return err;
	switch (dynptr_kind(p)) {
	case DYNPTR_LOCAL:
	case DYNPTR_RINGBUF:
		memmove(to, (u8 *)u64_to_ptr(p->data) + p->offset + off, len);
		return 0;
	case DYNPTR_SKB:
		return skb_load_bytes(u64_to_ptr(p->data), p->offset + off, to, len);
	case DYNPTR_XDP:
		return xdp_load_bytes(u64_to_ptr(p->data), p->offset + off, to, len);
	case DYNPTR_SKB_META:
		return meta_read(p, off, to, len);
	default:
		return -EFAULT;
	}
}

/* Flags mean something for packets of the stack alone. */
static int write_flags(struct dynptr *p, struct dynptr_range r, const void *from, u64 flags)
{
	if (!p->data || dynptr_rdonly(p))
		return -EINVAL;
	int err = dynptr_check(p, r.off, r.len);
	if (err)
		return err;
	enum dynptr_kind kind = dynptr_kind(p);
	if (kind == DYNPTR_SKB)
		return skb_store_bytes(u64_to_ptr(p->data), p->offset + r.off, from, r.len, flags);
	if (flags)
		return -EINVAL;
	if (kind == DYNPTR_XDP)
		return xdp_store_bytes(u64_to_ptr(p->data), p->offset + r.off, from, r.len);
	u8 *piece = dynptr_piece(p, r.off, r.len);
	if (!piece)
		return -EFAULT;
	memmove(piece, from, r.len);
	return 0;
}

int dynptr_write(struct dynptr *p, u32 off, const void *from, u32 len)
{
	return write_flags(p, (struct dynptr_range){off, len}, from, 0);
}

u8 *dynptr_piece(const struct dynptr *p, u32 off, u32 len)
{
	if (!p->data || dynptr_check(p, off, len))
		return NULL;
	switch (dynptr_kind(p)) {
	case DYNPTR_LOCAL:
	case DYNPTR_RINGBUF:
		return (u8 *)u64_to_ptr(p->data) + p->offset + off;
	case DYNPTR_SKB:
		return packet_piece(&skb_arg(p->data)->pkt, p->offset + off, len);
	case DYNPTR_XDP:
		return packet_piece(&xdp_arg(p->data)->pkt, p->offset + off, len);
	case DYNPTR_SKB_META:
		return meta_piece(p, off, len);
	default:
		return NULL;
	}
}

HELPER_FN(helper_dynptr_from_mem)
{
	struct dynptr *p = u64_to_ptr(r4);
	u32 size = (u32)r2;

	if (size > DYNPTR_MAX_SIZE)
		return dynptr_none(p, -E2BIG);
	if (r3)
		return dynptr_none(p, -EINVAL);
	dynptr_set(p, u64_to_ptr(r1), DYNPTR_LOCAL, size);
	return 0;
}

HELPER_FN(helper_dynptr_read)
{
	return r5 ? (u64)-EINVAL
		  : (u64)dynptr_read(u64_to_ptr(r3), (u32)r4, u64_to_ptr(r1), (u32)r2);
}

HELPER_FN(helper_dynptr_write)
{
	struct dynptr_range range = {(u32)r2, (u32)r4};

	return (u64)write_flags(u64_to_ptr(r1), range, u64_to_ptr(r3), r5);
}

/* Packets may move: their bytes are reached by slices and copies alone. */
HELPER_FN(helper_dynptr_data)
{
	const struct dynptr *p = u64_to_ptr(r1);
	enum dynptr_kind kind = dynptr_kind(p);

	if (dynptr_rdonly(p) || kind == DYNPTR_SKB || kind == DYNPTR_XDP)
		return 0;
	return ptr_to_u64(dynptr_piece(p, (u32)r2, (u32)r3));
}
