/* A ring buffer's producer: a 64-byte record a packet; the consumer is far behind, so old ones go. */
#include "bench.h"

struct record {
	__u64 time;
	__u32 length, kind;
	__u8 head[48];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} ring SEC(".maps");

PROGRAM(producer)
{
	struct record *r;

	if (data + 48 > end)
		return 1;
	r = bpf_ringbuf_reserve(&ring, sizeof(*r), 0);
	if (!r)
		return 2;
	r->time = 1;
	r->length = end - data;
	r->kind = data[12];
	__builtin_memcpy(r->head, data, 48);
	bpf_ringbuf_submit(r, BPF_RB_NO_WAKEUP);
	return 2;
}

LICENSE;
