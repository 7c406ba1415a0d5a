/*
 * The thread that made the call: its memory, its fds, its process.
 *
 * Sound because: while its call waits, the thread exists and .pid means it; every access asks
 * whether the call still waits after it got what it names by that number (a copy, a pidfd) and
 * before it changes anything.  What was read is used only from our copy.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "exec/internal.h"

/* Linux 6.9: a pidfd of one thread, whose fds may be its own. */
enum { PIDFD_OF_THREAD = O_EXCL };

typedef ssize_t (*transfer_fn)(pid_t, const struct iovec *, unsigned long, const struct iovec *,
			       unsigned long, unsigned long);

/* The kernel copies at most 2 GiB a call, and stops early at a bad page. */
static int transfer(struct notice *n, transfer_fn fn, void *ours, u64 theirs, u64 size)
{
	u64 done = 0;

	while (done < size) {
		struct iovec local = {(u8 *)ours + done, size - done};
		struct iovec remote = {u64_to_ptr(theirs + done), size - done};
		ssize_t some = fn((pid_t)n->call.pid, &local, 1, &remote, 1, 0);

		if (some <= 0)
			return -EFAULT;
		done += (u64)some;
	}
	n->bytes += size;
	return 0;
}

int client_read(struct notice *n, void *to, u64 from, u64 size)
{
	int err = transfer(n, process_vm_readv, to, from, size);

	return !err && notice_valid(n) ? 0 : -EFAULT;
}

int client_write(struct notice *n, u64 to, const void *from, u64 size)
{
	if (!notice_valid(n))
		return -EFAULT;
	return transfer(n, process_vm_writev, (void *)(uintptr_t)from, to, size);
}

/* In pieces of which none lies on two pages. */
int client_string(struct notice *n, char *to, u64 from, u32 room)
{
	enum { PIECE = 256 };

	for (u32 len = 0, some; len < room; len += some) {
		some = PIECE - (u32)((from + len) % PIECE);
		if (some > room - len)
			some = room - len;
		if (client_read(n, to + len, from + len, some))
			return -EFAULT;
		if (memchr(to + len, 0, some))
			return 0;
	}
	return -ENAMETOOLONG;
}

/* A line of /proc/TID/status that is a number. */
static int read_status(pid_t tid, const char *name, int *out)
{
	char path[32], line[128];
	int found = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	file = fopen(path, "re");
	if (!file)
		return -ESRCH;
	while (!found && fgets(line, sizeof(line), file))
		found = !strncmp(line, name, strlen(name)) &&
			sscanf(line + strlen(name), ":%d", out) == 1;
	fclose(file);
	return found ? 0 : -ESRCH;
}

pid_t client_pid(struct notice *n)
{
	pid_t tid = (pid_t)n->call.pid;
	int pid;

	return read_status(tid, "Tgid", &pid) ? tid : pid;
}

int client_pidfd(struct notice *n)
{
	int fd = (int)syscall(SYS_pidfd_open, n->call.pid, PIDFD_OF_THREAD);

	if (fd < 0 && errno == EINVAL)
		fd = (int)syscall(SYS_pidfd_open, client_pid(n), 0);
	if (fd >= 0 && !notice_valid(n)) {
		close(fd);
		return -EBADF;
	}
	return fd < 0 ? -EBADF : fd;
}

void clients_create(struct clients *clients)
{
	pthread_mutex_init(&clients->lock, NULL);
	for (u32 i = 0; i < CLIENTS; i++)
		clients->slot[i].pidfd = -1;
}

void clients_destroy(struct clients *clients)
{
	for (u32 i = 0; i < CLIENTS; i++)
		if (clients->slot[i].pidfd >= 0)
			close(clients->slot[i].pidfd);
	pthread_mutex_destroy(&clients->lock);
}

static int get_fd(int pidfd, int fd)
{
	int ours = (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);

	return ours < 0 ? -errno : ours;
}

/*
 * A pidfd that we kept means the thread for which it was opened and no other: when that is gone,
 * and its number another's, it says ESRCH and we open a new one.
 */
static int get_fd_locked(struct notice *n, struct client *client, int fd)
{
	pid_t tid = (pid_t)n->call.pid;
	int ours = -ESRCH;

	if (client->pidfd >= 0 && client->tid == tid)
		ours = get_fd(client->pidfd, fd);
	if (ours != -ESRCH)
		return ours;
	if (client->pidfd >= 0)
		close(client->pidfd);
	client->tid = tid;
	client->pidfd = client_pidfd(n);
	return client->pidfd < 0 ? -EBADF : get_fd(client->pidfd, fd);
}

/* As the client has it open: what fdinfo says. */
static int mode_of(pid_t tid, int fd)
{
	unsigned int flags = O_RDONLY;
	char path[48], line[128];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", tid, fd);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "flags: %o", &flags) == 1)
			break;
	if (file)
		fclose(file);
	return (int)(flags & O_ACCMODE);
}

/*
 * Where pidfd_getfd is forbidden, as containers do: another open file of the same inode.  Of what
 * opening could change something, a path is enough to ask what it is.
 */
static int open_fd(struct notice *n, int fd)
{
	pid_t tid = (pid_t)n->call.pid;
	char path[48], target[16];
	int ours, ours_too;
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", tid, fd);
	len = readlink(path, target, sizeof(target));
	if (len < 0)
		return -EBADF;
	ours_too = len >= 7 && !memcmp(target, "/memfd:", 7);
	ours = open(path, O_CLOEXEC | (ours_too ? mode_of(tid, fd) : O_PATH));
	if (ours >= 0 && !notice_valid(n)) {
		close(ours);
		return -EBADF;
	}
	return ours < 0 ? -EBADF : ours;
}

int client_fd(struct notice *n, int fd)
{
	struct clients *clients = &n->exec->clients;
	int ours;

	pthread_mutex_lock(&clients->lock);
	ours = get_fd_locked(n, &clients->slot[n->call.pid % CLIENTS], fd);
	pthread_mutex_unlock(&clients->lock);
	if (ours == -EPERM || ours == -ENOSYS)
		return open_fd(n, fd);
	return ours < 0 ? -EBADF : ours;
}
