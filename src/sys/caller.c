/* The caller of bpf(2) that is our own process: its fds are ours. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "sys/internal.h"

static int own_borrow(struct skep *skep, int fd)
{
	(void)skep;
	return fd < 0 ? -EBADF : fd;
}

static void own_give_back(struct skep *skep, int fd)
{
	(void)skep, (void)fd;
}

static int own_hand_over(struct skep *skep, int fd)
{
	(void)skep;
	return fd;
}

static pid_t own_pid(struct skep *skep)
{
	(void)skep;
	return getpid();
}

const struct sys_caller caller_self = {
	.borrow = own_borrow,
	.give_back = own_give_back,
	.hand_over = own_hand_over,
	.pid = own_pid,
};

void caller_proc(struct skep *skep, const char *name, char *path, u32 room)
{
	snprintf(path, room, "/proc/%d/%s", (int)skep->caller->pid(skep), name);
}
