/* bpffs inside: inodes, their names, and how a path is walked.  All of it under sys->lock. */
#ifndef SKEP_SYS_BPFFS_TREE_H
#define SKEP_SYS_BPFFS_TREE_H

#include <time.h>

#include "sys/bpffs.h"
#include "sys/internal.h"

struct bpffs_name {
	struct bpffs_name *next;
	struct bpffs_inode *inode; /* a reference */
	u64 position;              /* in readings of the folder: rises, never reused */
	char text[];
};

struct bpffs_inode {
	u64 ino;
	u32 mode, uid, gid;
	u32 refs; /* names, mounts and opens */
	u32 links;
	struct timespec atime, mtime, ctime;
	/* folders */
	struct bpffs_name *names, **last;
	struct bpffs_inode *parent; /* itself at the top of a mount; NULL when removed */
	u64 positions;
	struct obj *obj; /* pins: a reference */
	char *target;    /* symbolic links */
};

struct bpffs_mount {
	struct bpffs_mount *next; /* the newest first: it hides what is below */
	struct bpffs_inode *root; /* a reference */
	size_t len;
	char path[];
};

struct bpffs {
	struct bpffs_mount *mounts;
	u64 inodes; /* the last number given */
};

/* Where a path ends: there, or where it would be made. */
struct bpffs_place {
	struct bpffs_inode *folder; /* NULL for the top of a mount, which has no name */
	struct bpffs_inode *inode;  /* NULL: nothing is there yet */
	char name[NAME_MAX + 1];
};

/* The mount that a clean path leads into; *rest is what comes behind it. */
struct bpffs_mount *bpffs_mount_of(struct bpffs *fs, const char *path, const char **rest);

/*
 * 0 also when only the last part is missing; -EXDEV outside, -ENOENT, -ENOTDIR, -ELOOP, -EPERM (a
 * name with a dot: Linux keeps them for itself), -ENAMETOOLONG.
 */
int bpffs_walk(struct skep *skep, const char *path, enum bpffs_follow follow,
	       struct bpffs_place *out);

/* A new inode without references; NULL without memory. */
struct bpffs_inode *bpffs_inode_new(struct skep *skep, u32 mode, const struct bpffs_owner *owner);
/* Let go.  An object that nothing holds any more goes to *loose, to be let go without the lock. */
void bpffs_inode_put(struct skep *skep, struct bpffs_inode *inode, struct obj **loose);

/* Names: add takes no reference from the caller.  0 or -ENOMEM. */
int bpffs_name_add(struct skep *skep, struct bpffs_inode *folder, const char *text,
		   struct bpffs_inode *inode);
void bpffs_name_remove(struct skep *skep, struct bpffs_inode *folder, const char *text,
		       struct obj **loose);
struct bpffs_name *bpffs_name_find(struct bpffs_inode *folder, const char *text);

void bpffs_touch(struct skep *skep, struct bpffs_inode *folder);

#endif
