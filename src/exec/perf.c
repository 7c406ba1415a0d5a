/*
 * perf_event_open(2) of what BPF programs write to, a file that grows when it is mapped first, and
 * the ioctls on it.  Other events are the kernel's.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>

#include "exec/internal.h"
#include "map/perf.h"

static int open_output(struct notice *n)
{
	struct skep *skep = n->exec->skep;
	struct obj *ring;
	int err = perf_ring_create(skep, &ring);

	if (err)
		return err;
	err = perf_ring_share(ring);
	if (!err)
		err = sys_fd_for_obj(skep, ring);
	obj_put(ring);
	return err;
}

long serve_perf_event_open(struct notice *n)
{
	enum { KNOWN = offsetof(struct perf_event_attr, sample_period) };
	const __u64 *args = n->call.data.args;
	struct perf_event_attr attr;
	long ret;

	if (client_read(n, &attr, args[0], KNOWN))
		return -EFAULT;
	if (attr.type != PERF_TYPE_SOFTWARE || attr.config != PERF_COUNT_SW_BPF_OUTPUT)
		return NOTICE_CONTINUE;
	ret = open_output(n);
	n->result_flags = args[4] & PERF_FLAG_FD_CLOEXEC ? O_CLOEXEC : 0;
	return ret;
}

long serve_perf_ioctl(struct notice *n)
{
	u32 request = (u32)n->call.data.args[1];
	struct obj *ring;

	if (sys_obj_by_fd(n->exec->skep, (int)n->call.data.args[0], OBJ_PERF, &ring))
		return NOTICE_CONTINUE;
	obj_put(ring);
	switch (request) {
	case PERF_EVENT_IOC_ENABLE:
	case PERF_EVENT_IOC_DISABLE:
	case PERF_EVENT_IOC_RESET:
		return 0;
	default:
		return -EINVAL;
	}
}
