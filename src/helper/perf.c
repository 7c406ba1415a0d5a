/* bpf_perf_event_output, alone and with the bytes of a packet. */
#include "helper/skb.h"
#include "map/perf.h"

HELPER_FN(helper_perf_event_output)
{
	struct perf_chunk chunk = {u64_to_ptr(r4), r5};

	if (r3 & ~(u64)BPF_F_INDEX_MASK)
		return (u64)-EINVAL;
	return (u64)perf_output(u64_to_ptr(r2), r3, &chunk, 1, run);
}

HELPER_FN(helper_perf_event_read_value)
{
	struct bpf_perf_event_value *value = u64_to_ptr(r3);
	long err = -EINVAL;

	if ((u32)r4 == sizeof(*value))
		err = perf_read(u64_to_ptr(r1), r2, value, run);
	if (err)
		memset(value, 0, (u32)r4);
	return (u64)err;
}

HELPER_FN(helper_perf_event_read)
{
	struct bpf_perf_event_value value;
	long err = perf_read(u64_to_ptr(r1), r2, &value, run);

	return err ? (u64)err : value.counter;
}

/* No CPU tells us the branches that it took. */
HELPER_FN(helper_get_branch_snapshot)
{
	return r3 ? (u64)-EINVAL : (u64)-ENOENT;
}

/* The chunks of a packet's first `len` bytes, behind the program's own data. */
static u32 packet_chunks(const struct packet *pkt, u32 len, struct perf_chunk *chunk)
{
	u32 n = 0, linear = (u32)(pkt->data_end - pkt->data);
	u32 take = len < linear ? len : linear;

	if (take)
		chunk[n++] = (struct perf_chunk){pkt->data, take};
	for (u32 i = 0; pkt->frags && i < pkt->frags->count && take < len; i++) {
		const struct packet_frag *frag = &pkt->frags->frag[i];
		u32 size = len - take < frag->len ? len - take : frag->len;
		chunk[n++] = (struct perf_chunk){frag->data, size};
		take += size;
	}
	return n;
}

/* The upper half of flags says how much of the packet goes along. */
struct packet_event {
	struct map *map;
	u64 flags;
	struct perf_chunk data;
};

static u64 packet_output(const struct packet *pkt, const struct packet_event *event,
			 struct run *run)
{
	struct perf_chunk chunks[PACKET_MAX_FRAGS + 2] = {event->data};
	u64 len = (event->flags & BPF_F_CTXLEN_MASK) >> 32;

	if (event->flags & ~(u64)(BPF_F_CTXLEN_MASK | BPF_F_INDEX_MASK))
		return (u64)-EINVAL;
	if (len > packet_len(pkt))
		return (u64)-EFAULT;
	u32 n = 1 + packet_chunks(pkt, (u32)len, chunks + 1);
	return (u64)perf_output(event->map, event->flags & BPF_F_INDEX_MASK, chunks, n, run);
}

HELPER_FN(helper_skb_event_output)
{
	struct packet_event event = {u64_to_ptr(r2), r3, {u64_to_ptr(r4), r5}};

	return packet_output(&skb_arg(r1)->pkt, &event, run);
}

HELPER_FN(helper_xdp_event_output)
{
	struct packet_event event = {u64_to_ptr(r2), r3, {u64_to_ptr(r4), r5}};

	return packet_output(&xdp_arg(r1)->pkt, &event, run);
}
