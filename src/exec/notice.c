/* Calls that wait for their answers. */
#include <errno.h>
#include <sys/ioctl.h>

#include "exec/internal.h"

struct notice *notice_current(const struct exec *exec)
{
	return pthread_getspecific(exec->current);
}

int notice_valid(const struct notice *n)
{
	return !ioctl(n->tree->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &n->call.id);
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
