/* Helpers on who runs the program: the calling thread. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "helper/internal.h"

HELPER_FN(helper_get_current_pid_tgid)
{
	return (u64)(u32)getpid() << 32 | (u32)gettid();
}

HELPER_FN(helper_get_current_uid_gid)
{
	return (u64)getgid() << 32 | getuid();
}

/* The name, and zeros up to the end of the buffer; always terminated. */
HELPER_FN(helper_get_current_comm)
{
	char name[16] = "", *to = u64_to_ptr(r1);
	u32 size = (u32)r2;

	prctl(PR_GET_NAME, name);
	memset(to, 0, size);
	memcpy(to, name, size < sizeof(name) ? size : sizeof(name));
	if (size)
		to[size - 1] = 0;
	return 0;
}

HELPER_FN(helper_get_ns_current_pid_tgid)
{
	struct bpf_pidns_info *to = u64_to_ptr(r3);
	struct stat ns;

	if ((u32)r4 != sizeof(*to) || stat("/proc/self/ns/pid", &ns) || ns.st_ino != r2 ||
	    ns.st_dev != r1) {
		memset(to, 0, (u32)r4);
		return (u64)-EINVAL;
	}
	to->pid = (u32)gettid();
	to->tgid = (u32)getpid();
	return 0;
}

/* The first process of all is spared, as in Linux; what is no signal kill(2) knows. */
HELPER_FN(helper_send_signal)
{
	if (getpid() == 1)
		return (u64)-EPERM;
	return kill(getpid(), (int)r1) ? (u64)-errno : 0;
}

HELPER_FN(helper_send_signal_thread)
{
	if (getpid() == 1)
		return (u64)-EPERM;
	return tgkill(getpid(), gettid(), (int)r1) ? (u64)-errno : 0;
}

/* The thread's path in the second hierarchy of control groups: "/", "/a/b".  0 or -errno. */
static int cgroup_path(char *path, size_t size)
{
	FILE *f = fopen("/proc/thread-self/cgroup", "re");
	char line[4200];
	int found = 0;

	if (!f)
		return -errno;
	while (!found && fgets(line, sizeof(line), f)) {
		if (strncmp(line, "0::", 3))
			continue;
		line[strcspn(line, "\n")] = 0;
		found = (size_t)snprintf(path, size, "%s", line + 3) < size;
	}
	fclose(f);
	return found ? 0 : -ENOENT;
}

/* Cut the path to `level` parts below the root; 0 when it has fewer. */
static int cut_path(char *path, int level)
{
	char *at = path + 1;

	if (level == 0) {
		*at = 0;
		return 1;
	}
	for (; *at && level; at++)
		level -= *at == '/';
	if (level > 1 || !path[1])
		return 0;
	if (level == 0)
		at[-1] = 0;
	return 1;
}

/* A group's id is the number of its folder. */
static u64 cgroup_id(const char *path)
{
	char folder[4300];
	struct stat st;

	snprintf(folder, sizeof(folder), "/sys/fs/cgroup%s", path);
	return stat(folder, &st) ? 0 : st.st_ino;
}

HELPER_FN(helper_get_current_cgroup_id)
{
	char path[4096];

	return cgroup_path(path, sizeof(path)) ? 0 : cgroup_id(path);
}

HELPER_FN(helper_get_current_ancestor_cgroup_id)
{
	char path[4096];
	const int level = (s32)r1;

	if (level < 0 || cgroup_path(path, sizeof(path)) || !cut_path(path, level))
		return 0;
	return cgroup_id(path);
}
