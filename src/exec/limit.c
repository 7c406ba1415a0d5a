/*
 * RLIMIT_MEMLOCK, which loaders of before Linux 5.11 raise: nothing here is charged to it, so
 * raising it succeeds.  The filter lets only this limit through to us.
 */
#include <errno.h>

#include "exec/internal.h"

long serve_setrlimit(struct notice *n)
{
	(void)n;
	return 0;
}

/* Another process's limit is the kernel's to judge. */
long serve_prlimit(struct notice *n)
{
	const __u64 *args = n->call.data.args;
	struct rlimit old;

	if ((pid_t)args[0] && (pid_t)args[0] != client_pid(n))
		return NOTICE_CONTINUE;
	if (!args[3])
		return 0;
	if (prlimit((pid_t)n->call.pid, RLIMIT_MEMLOCK, NULL, &old))
		return -errno;
	return client_write(n, args[3], &old, sizeof(old));
}
