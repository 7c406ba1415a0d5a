/*
 * mmap of our fds: what Linux says of those that nobody may map; the kernel does the
 * rest, because what may be mapped is in the file.
 */
#include <errno.h>
#include <sys/mman.h>

#include "exec/internal.h"
#include "map/map.h"
#include "map/perf.h"

/* The first mmap of a perf buffer says how large it is. */
static long map_perf(struct obj *ring, const struct map_mmap *ask)
{
	void *ours;

	if (ask->offset)
		return -EINVAL;
	if (perf_ring_size(ring))
		return perf_ring_size(ring) == ask->length ? NOTICE_CONTINUE : -EINVAL;
	return perf_ring_map(ring, ask->length, &ours) ?: NOTICE_CONTINUE;
}

long serve_mmap(struct notice *n)
{
	const __u64 *args = n->call.data.args;
	struct map_mmap ask = {
		.length = args[1],
		.offset = args[5],
		.prot = (int)args[2],
		.flags = (int)args[3],
	};
	struct obj *ring;
	long ret;

	/* every library is mapped: while nothing of ours could be, do not look */
	if (!(ask.flags & MAP_SHARED) && !sys_has_buffers(n->exec->skep))
		return NOTICE_CONTINUE;
	if (!sys_obj_by_fd(n->exec->skep, (int)args[4], OBJ_PERF, &ring)) {
		ret = map_perf(ring, &ask);
		obj_put(ring);
		return ret;
	}
	ret = sys_mmap_check(n->exec->skep, (int)args[4], &ask);
	return ret < 0 ? ret : NOTICE_CONTINUE;
}
