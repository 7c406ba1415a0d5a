/*
 * The instance's bpffs: folders, symbolic links and pins, in memory, mounted on /sys/fs/bpf and
 * wherever else its callers mount one.  What it answers is what Linux's answers; who calls is not
 * held against modes, because an instance belongs to one user.
 *
 * Paths are absolute and clean (bpffs_clean).  All functions may be called from any thread and
 * return 0 or -errno; for paths outside of every mount most say -EXDEV, before anything else.
 */
#ifndef SKEP_SYS_BPFFS_H
#define SKEP_SYS_BPFFS_H

#include <limits.h>
#include <sys/stat.h>

#include "base/obj.h"
#include "base/skep.h"

#define BPFFS_ROOT "/sys/fs/bpf"
#define BPFFS_MAGIC 0xcafe4a11u

struct bpffs;
struct bpffs_inode;

int bpffs_create(struct skep *skep);
void bpffs_destroy(struct skep *skep);

/* Whose the new things become; modes come with umask applied. */
struct bpffs_owner {
	u32 uid, gid;
};

/* The caller's umask, and itself as owner; ours when it cannot be asked. */
u32 caller_umask(struct skep *skep, struct bpffs_owner *owner);

/*
 * One spelling a path: absolute, without empty, "." and ".." parts.  A relative path begins at
 * `folder`, which is absolute.  -ENOENT for the empty path, -ENAMETOOLONG.
 */
int bpffs_clean(const char *folder, const char *path, char out[PATH_MAX]);

/* Does the path lead into a mount, or to one? */
int bpffs_covers(struct skep *skep, const char *path);

enum bpffs_follow { BPFFS_LAST, BPFFS_FOLLOW }; /* a symbolic link at the end itself, or its aim */

int bpffs_stat(struct skep *skep, const char *path, enum bpffs_follow follow, struct stat *out);
int bpffs_mkdir(struct skep *skep, const char *path, u32 mode, const struct bpffs_owner *owner);
int bpffs_symlink(struct skep *skep, const char *target, const char *path,
		  const struct bpffs_owner *owner);
/* The length; what does not fit is cut, as in readlink(2). */
long bpffs_readlink(struct skep *skep, const char *path, char *to, size_t room);
int bpffs_link(struct skep *skep, const char *from, const char *to);
int bpffs_rename(struct skep *skep, const char *from, const char *to, u32 flags);
int bpffs_unlink(struct skep *skep, const char *path);
int bpffs_rmdir(struct skep *skep, const char *path);
int bpffs_chmod(struct skep *skep, const char *path, u32 mode);
/* -1 leaves one as it is */
int bpffs_chown(struct skep *skep, const char *path, u32 uid, u32 gid);

/* Another empty one at this path, over what is there; and away with the last one mounted there. */
int bpffs_mount(struct skep *skep, const char *path, u32 mode, const struct bpffs_owner *owner);
int bpffs_umount(struct skep *skep, const char *path);

/* Tell of each: where it is, the first one first.  fn may not call back. */
void bpffs_mounts(struct skep *skep, void (*fn)(const char *path, void *cookie), void *cookie);

/* A reference to obj becomes the file's. */
int bpffs_pin(struct skep *skep, const char *path, struct obj *obj, u32 mode,
	      const struct bpffs_owner *owner);
/* A strong reference to what is pinned there; -EACCES for what is no pin. */
int bpffs_get(struct skep *skep, const char *path, struct obj **out);

/*
 * An open folder: it stays, though it may be removed.  A reading goes by position: 0 is where it
 * begins, and each entry tells the position after it.
 */
int bpffs_open(struct skep *skep, const char *path, struct bpffs_inode **out);
void bpffs_hold(struct skep *skep, struct bpffs_inode *folder); /* once more */
void bpffs_close(struct skep *skep, struct bpffs_inode *folder);
/* Its path now; -ENOENT when it was removed. */
int bpffs_path(struct skep *skep, const struct bpffs_inode *folder, char out[PATH_MAX]);

struct bpffs_entry {
	u64 ino, next;
	u32 mode;
	char name[NAME_MAX + 1];
};
/* 1 and the first entry at position `from` or behind it; 0 at the end. */
int bpffs_read(struct skep *skep, struct bpffs_inode *folder, u64 from, struct bpffs_entry *out);

#endif
