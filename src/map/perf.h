/*
 * What programs write into BPF_MAP_TYPE_PERF_EVENT_ARRAY, for the helpers, and the buffers that its
 * entries are, for load/, which plays perf_event_open(2).
 */
#ifndef SKEP_MAP_PERF_H
#define SKEP_MAP_PERF_H

#include "map/map.h"

/*
 * One CPU's buffer, an object of kind OBJ_PERF: a map's update finds it by skep->fd_get.  Its
 *memory is in the window and laid out as perf's is:
 *
 *	one page              struct perf_event_mmap_page: data_head is the writer's (release),
 *	                      data_tail the reader's (acquire)
 *	2^n pages             records: struct perf_event_header, then u32 size and the bytes, all
 *	                      of it a multiple of 8 and wrapping at the end
 */
struct perf_ring;

/* A buffer without memory, one reference.  What is written before perf_ring_map gets -ENOSPC. */
int perf_ring_create(struct skep *skep, struct obj **out);

/* mmap(2) of it: size is (1 + 2^n) pages, once.  0, -EINVAL, -EBUSY (mapped already), -ENOMEM. */
int perf_ring_map(struct obj *ring, u64 size, void **out);

/* Before it is mapped or given: its memory shall be a file that another process may map. */
int perf_ring_share(struct obj *ring);
/* That file, or -1. */
int perf_ring_fd(const struct obj *ring);

/* What it was mapped with, or 0.  Is there something that its reader has not taken? */
u64 perf_ring_size(struct obj *ring);
int perf_ring_pending(struct obj *ring);

struct perf_chunk {
	const void *data;
	u64 size;
};

/*
 * One record (PERF_SAMPLE_RAW) made of n chunks, into the buffer that flags (an index, or
 * BPF_F_CURRENT_CPU) names.  0, -E2BIG (index), -ENOENT (nothing there), -EOPNOTSUPP (another
 * CPU's), -ENOSPC (full).
 */
long perf_output(struct map *map, u64 flags, const struct perf_chunk *chunks, u32 n,
		 struct run *run);

/*
 * What the event behind such a buffer has counted (nothing: records are not counted), and for how
 * long it has been there.  flags as above.  0, -EINVAL (flags, another CPU's), -E2BIG, -ENOENT.
 */
struct bpf_perf_event_value;
long perf_read(struct map *map, u64 flags, struct bpf_perf_event_value *out, const struct run *run);

#endif
