/* The caller of bpf(2) that is our own process: its fds are ours. */
#include <errno.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "sys/bpffs.h"
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

u32 caller_lacks(struct skep *skep)
{
	u32 lacks = skep->caller->lacks ? skep->caller->lacks(skep) : 0;

	if (lacks & CAP_FLAG_BPF &&
	    atomic_load_explicit(&skep->unprivileged_bpf_disabled, memory_order_relaxed))
		lacks |= CAP_FLAG_ANY;
	return lacks;
}

int caller_needs(struct skep *skep, u32 caps)
{
	return caller_lacks(skep) & caps ? -EPERM : 0;
}

void caller_proc(struct skep *skep, const char *name, char *path, u32 room)
{
	snprintf(path, room, "/proc/%d/%s", (int)skep->caller->pid(skep), name);
}

u32 caller_umask(struct skep *skep, struct bpffs_owner *owner)
{
	char path[PROC_PATH], line[128];
	u32 umask = 0;
	FILE *file;

	*owner = (struct bpffs_owner){geteuid(), getegid()};
	caller_proc(skep, "status", path, sizeof(path));
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		sscanf(line, "Umask: %o", &umask);
		sscanf(line, "Uid: %*u %u", &owner->uid);
		sscanf(line, "Gid: %*u %u", &owner->gid);
	}
	if (file)
		fclose(file);
	return umask & 0777;
}
