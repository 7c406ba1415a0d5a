/*
 * Being in a bpffs.  The kernel cannot take a process there: chdir(2) is answered, the process
 * stays where it was, and paths that it gives are taken from the folder of ours.
 */
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "exec/kin.h"
#include "exec/path.h"

struct cwd {
	struct kin kin;
	struct bpffs_inode *folder; /* a reference; NULL: it is where the kernel has it */
};

void cwd_free(struct exec *exec, struct kin *kin)
{
	struct cwd *cwd = container_of(kin, struct cwd, kin);

	if (cwd->folder)
		bpffs_close(exec->skep, cwd->folder);
	os_free(exec->skep->os, cwd);
}

int cwd_path(struct notice *n, char out[PATH_MAX])
{
	struct exec *exec = n->exec;
	struct kin *kin;
	int err = -ENOENT;

	pthread_mutex_lock(&exec->lock);
	kin = kin_inherited(exec, &exec->cwds, (pid_t)n->call.pid);
	if (kin && container_of(kin, struct cwd, kin)->folder)
		err = bpffs_path(exec->skep, container_of(kin, struct cwd, kin)->folder, out);
	pthread_mutex_unlock(&exec->lock);
	return err;
}

/* Whether its maker is elsewhere or not: NULL says that it is where the kernel has it. */
static int stand(struct notice *n, struct bpffs_inode *folder)
{
	struct exec *exec = n->exec;
	pid_t pid = client_pid(n);
	struct kin *old;
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct cwd *cwd;

	if (pidfd < 0)
		return -errno;
	cwd = os_alloc(exec->skep->os, sizeof(*cwd));
	if (!cwd) {
		close(pidfd);
		return -ENOMEM;
	}
	cwd->folder = folder;
	pthread_mutex_lock(&exec->lock);
	old = kin_find(exec, &exec->cwds, pid);
	if (old)
		kin_remove(exec, &exec->cwds, old);
	kin_add(&exec->cwds, &cwd->kin, pid, pidfd);
	pthread_mutex_unlock(&exec->lock);
	return 0;
}

/* It goes where the kernel takes it. */
static long leave(struct notice *n)
{
	struct exec *exec = n->exec;
	int inside;

	pthread_mutex_lock(&exec->lock);
	inside = kin_inherited(exec, &exec->cwds, (pid_t)n->call.pid) != NULL;
	pthread_mutex_unlock(&exec->lock);
	return inside && stand(n, NULL) ? -ENOMEM : NOTICE_CONTINUE;
}

long serve_chdir(struct notice *n)
{
	struct bpffs_inode *folder;
	char at[PATH_MAX];
	int err;

	if (path_locate(n, AT_FDCWD, arg(n, 0), at))
		return leave(n);
	err = bpffs_open(n->exec->skep, at, &folder);
	if (err)
		return err;
	err = stand(n, folder);
	if (err)
		bpffs_close(n->exec->skep, folder);
	return err;
}

/* An open folder of ours is one of the kernel's, too: path.c sees which. */
long serve_fchdir(struct notice *n)
{
	return leave(n);
}

/* getcwd(buffer, size): the length, with the NUL. */
long serve_getcwd(struct notice *n)
{
	char at[PATH_MAX];
	u64 size;

	if (path_here(n, at))
		return NOTICE_CONTINUE;
	size = strlen(at) + 1;
	if (size > arg(n, 1))
		return -ERANGE;
	return client_write(n, arg(n, 0), at, size) ?: (long)size;
}
