/* Helpers on ring buffers. */
#include "helper/dynptr.h"
#include "helper/internal.h"
#include "map/ringbuf.h"

HELPER_FN(helper_ringbuf_output)
{
	return (u64)ringbuf_output(u64_to_ptr(r1), u64_to_ptr(r2), r3, r4);
}

HELPER_FN(helper_ringbuf_reserve)
{
	return ptr_to_u64(ringbuf_reserve(u64_to_ptr(r1), r2, r3));
}

HELPER_FN(helper_ringbuf_submit)
{
	ringbuf_commit(u64_to_ptr(r1), r2, RINGBUF_SUBMIT, run);
	return 0;
}

HELPER_FN(helper_ringbuf_discard)
{
	ringbuf_commit(u64_to_ptr(r1), r2, RINGBUF_DISCARD, run);
	return 0;
}

HELPER_FN(helper_ringbuf_query)
{
	return ringbuf_query(u64_to_ptr(r1), r2);
}

HELPER_FN(helper_ringbuf_reserve_dynptr)
{
	struct dynptr *p = u64_to_ptr(r4);
	u32 size = (u32)r2;

	if (r3)
		return dynptr_none(p, -EINVAL);
	if (size > DYNPTR_MAX_SIZE)
		return dynptr_none(p, -E2BIG);
	void *record = ringbuf_reserve(u64_to_ptr(r1), size, 0);
	if (!record)
		return dynptr_none(p, -EINVAL);
	dynptr_set(p, record, DYNPTR_RINGBUF, size);
	return 0;
}

static u64 commit_dynptr(struct dynptr *p, u64 flags, enum ringbuf_fate fate, struct run *run)
{
	if (p->data)
		ringbuf_commit(u64_to_ptr(p->data), flags, fate, run);
	dynptr_set_null(p);
	return 0;
}

HELPER_FN(helper_ringbuf_submit_dynptr)
{
	return commit_dynptr(u64_to_ptr(r1), r2, RINGBUF_SUBMIT, run);
}

HELPER_FN(helper_ringbuf_discard_dynptr)
{
	return commit_dynptr(u64_to_ptr(r1), r2, RINGBUF_DISCARD, run);
}
