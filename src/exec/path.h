/* Paths of clients, and their open folders: where they lie in the instance's bpffs. */
#ifndef SKEP_EXEC_PATH_H
#define SKEP_EXEC_PATH_H

#include <fcntl.h>
#include <limits.h>

#include "exec/internal.h"
#include "sys/bpffs.h"

/*
 * Where a path of the client's leads: 0 and `out` is clean, when it is into a bpffs of the
 * instance.  NOTICE_CONTINUE when it is elsewhere, or the kernel knows better what is wrong with
 * it.
 */
long path_locate(struct notice *n, int dirfd, u64 path, char out[PATH_MAX]);

/*
 * Does the path lead through a bpffs of ours and out of it again, as /sys/fs/bpf/.. does?  The
 * kernel may not walk there; then out is where it ends: 0 or NOTICE_CONTINUE.
 */
long path_through(struct notice *n, int dirfd, u64 path, char out[PATH_MAX]);

/* A path of the client's own, relative to where it is, as an absolute and clean one: 0 or -errno.
 */
long path_absolute(struct notice *n, const char *path, char out[PATH_MAX]);

/* Where the client is, when that is in a bpffs: 0.  NOTICE_CONTINUE elsewhere. */
long path_here(struct notice *n, char out[PATH_MAX]);
/* The same, of those whom chdir(2) took there: 0 or -ENOENT (cwd.c). */
int cwd_path(struct notice *n, char out[PATH_MAX]);

/*
 * open(2) of a file of the host's that tells of BPF: the instance's in its place (side.c).  The
 * path is clean.  NOTICE_CONTINUE for all others.
 */
long side_open(struct notice *n, const char *path, u64 flags);

/* A folder of ours as an fd of ours, to be handed over: fd or -errno. */
int folder_open(struct notice *n, const char *path);

/* The folder behind an fd of ours with the client's file, to be closed (bpffs_close); or NULL. */
struct bpffs_inode *folder_behind(struct exec *exec, int fd);

/*
 * The same behind a client's fd: an fd of ours with its file, and the folder, both to be closed; or
 * -EBADF when it is none of ours.
 */
int folder_of_client(struct notice *n, int fd, struct bpffs_inode **out);

static inline u64 arg(const struct notice *n, u32 i)
{
	return n->call.data.args[i];
}

static inline int arg_fd(const struct notice *n, u32 i)
{
	return (int)n->call.data.args[i];
}

#endif
