/* Dynptrs over packets, and the kfuncs on dynptrs. */
#include "helper/dynptr.h"
#include "helper/probe.h"
#include "helper/skb.h"

HELPER_FN(kfunc_dynptr_from_skb)
{
	struct skb *skb = skb_arg(r1);
	struct dynptr *p = u64_to_ptr(r3);

	if (r2)
		return (u32)dynptr_none(p, -EINVAL);
	dynptr_set(p, skb, DYNPTR_SKB, skb->u.len);
	if (skb->read_only)
		p->size_kind |= DYNPTR_RDONLY;
	return 0;
}

HELPER_FN(kfunc_dynptr_from_skb_meta)
{
	struct skb *skb = skb_arg(r1);
	struct dynptr *p = u64_to_ptr(r3);

	if (r2)
		return (u32)dynptr_none(p, -EINVAL);
	dynptr_set(p, skb, DYNPTR_SKB_META, (u32)(skb->pkt.data - skb->pkt.data_meta));
	return 0;
}

HELPER_FN(kfunc_dynptr_from_xdp)
{
	struct xdp *xdp = xdp_arg(r1);
	struct dynptr *p = u64_to_ptr(r3);

	if (r2)
		return (u32)dynptr_none(p, -EINVAL);
	dynptr_set(p, xdp, DYNPTR_XDP, packet_len(&xdp->pkt));
	return 0;
}

/* The bytes where they are, or copied into the program's buffer when they lie in pieces. */
HELPER_FN(kfunc_dynptr_slice)
{
	const struct dynptr *p = u64_to_ptr(r1);
	u32 off = (u32)r2, len = (u32)r4;
	u8 *piece = dynptr_piece(p, off, len);

	if (piece)
		return ptr_to_u64(piece);
	if (!r3 || !p->data || dynptr_read(p, off, u64_to_ptr(r3), len))
		return 0;
	return r3;
}

HELPER_FN(kfunc_dynptr_slice_rdwr)
{
	const struct dynptr *p = u64_to_ptr(r1);

	return dynptr_rdonly(p) ? 0 : kfunc_dynptr_slice(r1, r2, r3, r4, r5, run);
}

HELPER_FN(kfunc_dynptr_adjust)
{
	struct dynptr *p = u64_to_ptr(r1);
	u32 start = (u32)r2, end = (u32)r3, size = dynptr_size(p);

	if (!p->data || start > end)
		return (u32)-EINVAL;
	if (start > size || end > size)
		return (u32)-ERANGE;
	p->offset += start;
	p->size_kind = (p->size_kind & ~DYNPTR_MAX_SIZE) | (end - start);
	return 0;
}

HELPER_FN(kfunc_dynptr_is_null)
{
	return ((const struct dynptr *)u64_to_ptr(r1))->data == 0;
}

HELPER_FN(kfunc_dynptr_is_rdonly)
{
	const struct dynptr *p = u64_to_ptr(r1);

	return p->data && dynptr_rdonly(p);
}

HELPER_FN(kfunc_dynptr_size)
{
	const struct dynptr *p = u64_to_ptr(r1);

	return p->data ? dynptr_size(p) : (u32)-EINVAL;
}

HELPER_FN(kfunc_dynptr_clone)
{
	const struct dynptr *p = u64_to_ptr(r1);
	struct dynptr *to = u64_to_ptr(r2);

	if (!p->data)
		return (u32)dynptr_none(to, -EINVAL);
	*to = *p;
	return 0;
}

enum { CHUNK = 256 };

static u32 chunk_of(u32 done, u32 size)
{
	return size - done < CHUNK ? size - done : CHUNK;
}

/* Both ranges lie in one piece: they may overlap. */
static int move_piece(const struct dynptr *to, u32 to_off, const struct dynptr *from,
		      struct dynptr_range range)
{
	u8 *out = dynptr_piece(to, to_off, range.len);
	const u8 *in = dynptr_piece(from, range.off, range.len);

	if (!out || !in)
		return 0;
	memmove(out, in, range.len);
	return 1;
}

HELPER_FN(kfunc_dynptr_copy)
{
	struct dynptr *to = u64_to_ptr(r1);
	const struct dynptr *from = u64_to_ptr(r3);
	u32 to_off = (u32)r2, off = (u32)r4, size = (u32)r5;
	u8 bytes[CHUNK];

	if (!to->data || !from->data || dynptr_rdonly(to))
		return (u32)-EINVAL;
	if (dynptr_check(to, to_off, size) || dynptr_check(from, off, size))
		return (u32)-E2BIG;
	if (move_piece(to, to_off, from, (struct dynptr_range){off, size}))
		return 0;
	for (u32 done = 0; done < size; done += CHUNK) {
		u32 n = chunk_of(done, size);
		int err = dynptr_read(from, off + done, bytes, n);
		if (!err)
			err = dynptr_write(to, to_off + done, bytes, n);
		if (err)
			return (u32)err;
	}
	return 0;
}

HELPER_FN(kfunc_dynptr_memset)
{
	struct dynptr *p = u64_to_ptr(r1);
	u32 off = (u32)r2, size = (u32)r3;
	u8 bytes[CHUNK];

	if (!p->data || dynptr_rdonly(p))
		return (u32)-EINVAL;
	if (dynptr_check(p, off, size))
		return (u32)-E2BIG;
	memset(bytes, (u8)r4, sizeof(bytes));
	for (u32 done = 0; done < size; done += CHUNK) {
		int err = dynptr_write(p, off + done, bytes, chunk_of(done, size));
		if (err)
			return (u32)err;
	}
	return 0;
}

/* Where bpf_probe_read_{kernel,user}{,_str}_dynptr and bpf_copy_from_user_dynptr read to. */
struct into {
	struct dynptr *p;
	u32 off, size;
};

static u64 read_into(struct into to, u64 from, int (*read)(void *to, u64 from, u64 size))
{
	u8 bytes[CHUNK];

	if (!to.p->data || dynptr_check(to.p, to.off, to.size))
		return (u32)-E2BIG;
	for (u32 done = 0; done < to.size; done += CHUNK) {
		u32 n = chunk_of(done, to.size);
		int err = read(bytes, from + done, n);
		if (!err)
			err = dynptr_write(to.p, to.off + done, bytes, n);
		if (err)
			return (u32)err;
	}
	return 0;
}

HELPER_FN(kfunc_probe_read_dynptr)
{
	return read_into((struct into){u64_to_ptr(r1), (u32)r2, (u32)r3}, r4, probe_read);
}

HELPER_FN(kfunc_probe_read_kernel_dynptr)
{
	return read_into((struct into){u64_to_ptr(r1), (u32)r2, (u32)r3}, r4, probe_read_kernel);
}

/* The same for strings: how many bytes were written, with the NUL. */
static u64 read_str_into(struct into to, u64 from, long (*read)(char *to, u64 from, u64 size))
{
	char bytes[CHUNK + 1];
	u32 done = 0;

	if (!to.p->data || dynptr_check(to.p, to.off, to.size))
		return (u32)-E2BIG;
	while (done < to.size) {
		u32 want = chunk_of(done, to.size);
		/* one byte more than a chunk that is not the last, for the NUL that cuts it */
		long n = read(bytes, from + done, done + want < to.size ? want + 1 : want);
		if (n < 0)
			return (u32)n;
		u32 put = (u32)n > want ? want : (u32)n;
		int err = dynptr_write(to.p, to.off + done, bytes, put);
		if (err)
			return (u32)err;
		done += put;
		if ((u32)n <= want)
			break;
	}
	return done;
}

HELPER_FN(kfunc_probe_read_str_dynptr)
{
	return read_str_into((struct into){u64_to_ptr(r1), (u32)r2, (u32)r3}, r4, probe_read_str);
}

HELPER_FN(kfunc_probe_read_kernel_str_dynptr)
{
	return read_str_into((struct into){u64_to_ptr(r1), (u32)r2, (u32)r3}, r4,
			     probe_read_kernel_str);
}

/* Fragments into the linear part, which moves towards the headroom when the tail has no room. */
static int xdp_pull(struct packet *pkt, u32 len)
{
	u32 linear = (u32)(pkt->data_end - pkt->data);

	if (len > packet_len(pkt))
		return -EINVAL;
	if (len <= linear)
		return 0;
	s64 more = len - linear, tail = pkt->end - pkt->data_end;
	s64 shift = more > tail ? more - tail : 0;
	if (shift > pkt->data_meta - pkt->head)
		return -EINVAL;
	memmove(pkt->data_meta - shift, pkt->data_meta, (size_t)(pkt->data_end - pkt->data_meta));
	pkt->data_meta -= shift;
	pkt->data -= shift;
	pkt->data_end -= shift;
	frags_consume(pkt->frags, pkt->data_end, (u32)more);
	pkt->data_end += more;
	if (!pkt->frags->count)
		pkt->frags = NULL;
	return 0;
}

HELPER_FN(kfunc_xdp_pull_data)
{
	return (u32)xdp_pull(&xdp_arg(r1)->pkt, (u32)r2);
}
