/*
 * The system calls that the private libbpf makes, answered for the instance of the calling thread.
 * What is none of its business goes on to the kernel.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <sys/stat.h>
#include <unistd.h>

#include "load/shim.h"
#include "sys/sys.h"

enum { BPFFS = 0xcafe4a11 }; /* BPF_FS_MAGIC */

/* libbpf's words go through load_log_to; it takes the address of its stderr all the same. */
FILE *const load_stderr = NULL;

int load_vfprintf(FILE *file, int flag, const char *fmt, va_list args)
{
	(void)file, (void)flag;
	return vfprintf(stderr, fmt, args);
}

/* From our -errno to the C library's convention. */
static long answer(long ret)
{
	if (ret >= 0)
		return ret;
	errno = -ret;
	return -1;
}

static long call_bpf(const long *args)
{
	struct skep *skep = load_current();

	return skep ? sys_bpf(skep, args[0], (void *)args[1], args[2]) : -ENOMEM;
}

long load_syscall(long number, ...)
{
	long args[6];
	va_list list;

	va_start(list, number);
	for (int i = 0; i < 6; i++)
		args[i] = va_arg(list, long);
	va_end(list);
	if (number == SYS_bpf)
		return answer(call_bpf(args));
	if (number == SYS_perf_event_open)
		return answer(perf_open((const struct perf_event_attr *)args[0]));
	return syscall(number, args[0], args[1], args[2], args[3], args[4], args[5]);
}

int load_close(int fd)
{
	struct skep *skep = load_current();

	epoll_forget(fd);
	return skep ? answer(sys_close(skep, fd)) : close(fd);
}

/* libbpf moves fds above 2 with it. */
int load_fcntl(int fd, int cmd, ...)
{
	struct skep *skep = load_current();
	va_list list;
	long arg;
	int copy;

	va_start(list, cmd);
	arg = va_arg(list, long);
	va_end(list);
	if (cmd != F_DUPFD_CLOEXEC || !skep)
		return fcntl(fd, cmd, arg);
	copy = sys_dup(skep, fd, arg);
	return copy == -EBADF ? fcntl(fd, cmd, arg) : answer(copy);
}

/* Used to put a map's fd in the place of another. */
int load_dup3(int from, int to, int flags)
{
	load_close(to);
	return dup3(from, to, flags);
}

/* The instance has its bpffs where Linux has one, whatever the machine has there. */
int load_statfs(const char *path, struct statfs *out)
{
	struct skep *skep = load_current();

	if (!skep || !sys_in_bpffs(skep, path))
		return statfs(path, out);
	*out = (struct statfs){.f_type = BPFFS};
	return 0;
}

int load_mkdir(const char *path, mode_t mode)
{
	struct skep *skep = load_current();

	if (!skep || !sys_in_bpffs(skep, path))
		return mkdir(path, mode);
	return answer(sys_mkdir(skep, path));
}

int load_unlink(const char *path)
{
	struct skep *skep = load_current();

	if (!skep || !sys_in_bpffs(skep, path))
		return unlink(path);
	return answer(sys_unpin(skep, path));
}

/* Nothing here is charged to RLIMIT_MEMLOCK. */
int load_setrlimit(__rlimit_resource_t resource, const struct rlimit *limit)
{
	return resource == RLIMIT_MEMLOCK ? 0 : setrlimit(resource, limit);
}

/* LINUX_KERNEL_VERSION is the instance's. */
int load_uname(struct utsname *out)
{
	struct skep *skep = load_current();
	u32 version = skep ? skep->kernel_version : 0;

	if (uname(out))
		return -1;
	if (version)
		snprintf(out->release, sizeof(out->release), "%u.%u.%u", version >> 16,
			 version >> 8 & 0xff, version & 0xff);
	return 0;
}
