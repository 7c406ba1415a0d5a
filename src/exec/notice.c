/* Calls that wait for their answers. */
#include <errno.h>
#include <sys/ioctl.h>
#include <time.h>

#include "exec/internal.h"

struct notice *notice_current(const struct exec *exec)
{
	return pthread_getspecific(exec->current);
}

int notice_valid(const struct notice *n)
{
	return n->tree->listener < 0 ||
	       !ioctl(n->tree->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &n->call.id);
}

static u64 now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (u64)ts.tv_sec * 1000000000ull + (u64)ts.tv_nsec;
}

long notice_serve(struct notice *n)
{
	struct exec *exec = n->exec;
	u64 start = exec->options.stats ? now_ns() : 0;
	long ret;

	n->row = row_by_nr(n->call.data.nr);
	pthread_setspecific(exec->current, n);
	ret = n->row ? n->row->serve(n) : NOTICE_CONTINUE;
	if (exec->options.stats)
		stats_count(n, now_ns() - start);
	pthread_setspecific(exec->current, NULL);
	return ret;
}

long notice_result_fd(struct notice *n, int fd, u32 flags)
{
	n->result_fd = fd;
	n->result_flags = flags;
	return 0;
}

u32 notices_check(struct exec *exec)
{
	u32 count = 0;

	pthread_mutex_lock(&exec->lock);
	for (struct notice *n = exec->yielded; n; n = n->next) {
		count++;
		if (!notice_valid(n))
			atomic_store_explicit(&n->gone, 1, memory_order_relaxed);
	}
	pthread_mutex_unlock(&exec->lock);
	return count;
}
