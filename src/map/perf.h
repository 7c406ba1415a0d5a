/* What programs write into BPF_MAP_TYPE_PERF_EVENT_ARRAY, for the helpers. */
#ifndef SKEP_MAP_PERF_H
#define SKEP_MAP_PERF_H

#include "map/map.h"

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

#endif
