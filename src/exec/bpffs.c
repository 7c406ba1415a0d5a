/*
 * What changes a bpffs: mkdir(2), rename(2), mount(2) and their like.  A function serves each call
 * and its *at form; a path that leads elsewhere goes on to the kernel.
 */
#include "sys/bpffs.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "exec/path.h"

static long make_folder(struct notice *n, int dirfd, u64 path, u32 mode)
{
	struct skep *skep = n->exec->skep;
	struct bpffs_owner owner;
	char at[PATH_MAX];
	long err = path_locate(n, dirfd, path, at);

	if (err)
		return err;
	mode &= ~caller_umask(skep, &owner);
	return bpffs_mkdir(skep, at, mode, &owner);
}

long serve_mkdir(struct notice *n)
{
	return make_folder(n, AT_FDCWD, arg(n, 0), (u32)arg(n, 1));
}

long serve_mkdirat(struct notice *n)
{
	return make_folder(n, arg_fd(n, 0), arg(n, 1), (u32)arg(n, 2));
}

/* Linux makes nothing there but what bpf(2) pins. */
static long make_node(struct notice *n, int dirfd, u64 path)
{
	struct stat st;
	char at[PATH_MAX];
	long err = path_locate(n, dirfd, path, at);

	if (err)
		return err;
	err = bpffs_stat(n->exec->skep, at, BPFFS_LAST, &st);
	return !err ? -EEXIST : err == -ENOENT ? -EPERM : err;
}

long serve_mknod(struct notice *n)
{
	return make_node(n, AT_FDCWD, arg(n, 0));
}

long serve_mknodat(struct notice *n)
{
	return make_node(n, arg_fd(n, 0), arg(n, 1));
}

static long remove_name(struct notice *n, int dirfd, u64 path,
			int (*remove)(struct skep *, const char *))
{
	char at[PATH_MAX];

	return path_locate(n, dirfd, path, at) ?: remove(n->exec->skep, at);
}

long serve_rmdir(struct notice *n)
{
	return remove_name(n, AT_FDCWD, arg(n, 0), bpffs_rmdir);
}

long serve_unlink(struct notice *n)
{
	return remove_name(n, AT_FDCWD, arg(n, 0), bpffs_unlink);
}

long serve_unlinkat(struct notice *n)
{
	return remove_name(n, arg_fd(n, 0), arg(n, 1),
			   arg(n, 2) & AT_REMOVEDIR ? bpffs_rmdir : bpffs_unlink);
}

/* Two paths of one call. */
struct pair {
	char from[PATH_MAX], to[PATH_MAX];
};

/* 0 when both lead into a bpffs; one that does is across a border. */
static long locate_pair(struct notice *n, int from_fd, u64 from, int to_fd, u64 to,
			struct pair *out)
{
	long first = path_locate(n, from_fd, from, out->from);
	long second = path_locate(n, to_fd, to, out->to);

	if (!first && !second)
		return 0;
	return first && second ? NOTICE_CONTINUE : -EXDEV;
}

static long rename_pair(struct notice *n, int from_fd, u64 from, int to_fd, u64 to, u32 flags)
{
	struct pair p;

	return locate_pair(n, from_fd, from, to_fd, to, &p)
		       ?: bpffs_rename(n->exec->skep, p.from, p.to, flags);
}

long serve_rename(struct notice *n)
{
	return rename_pair(n, AT_FDCWD, arg(n, 0), AT_FDCWD, arg(n, 1), 0);
}

/* renameat has no flags, and its fifth register may hold anything. */
long serve_renameat(struct notice *n)
{
	return rename_pair(n, arg_fd(n, 0), arg(n, 1), arg_fd(n, 2), arg(n, 3), 0);
}

long serve_renameat2(struct notice *n)
{
	return rename_pair(n, arg_fd(n, 0), arg(n, 1), arg_fd(n, 2), arg(n, 3), (u32)arg(n, 4));
}

static long link_pair(struct notice *n, int from_fd, u64 from, int to_fd, u64 to)
{
	struct pair p;

	return locate_pair(n, from_fd, from, to_fd, to, &p)
		       ?: bpffs_link(n->exec->skep, p.from, p.to);
}

long serve_link(struct notice *n)
{
	return link_pair(n, AT_FDCWD, arg(n, 0), AT_FDCWD, arg(n, 1));
}

long serve_linkat(struct notice *n)
{
	return link_pair(n, arg_fd(n, 0), arg(n, 1), arg_fd(n, 2), arg(n, 3));
}

static long make_symlink(struct notice *n, u64 target, int dirfd, u64 path)
{
	struct skep *skep = n->exec->skep;
	struct bpffs_owner owner;
	char at[PATH_MAX], text[PATH_MAX];
	long err = path_locate(n, dirfd, path, at) ?: client_string(n, text, target, sizeof(text));

	if (err)
		return err;
	caller_umask(skep, &owner);
	return bpffs_symlink(skep, text, at, &owner);
}

long serve_symlink(struct notice *n)
{
	return make_symlink(n, arg(n, 0), AT_FDCWD, arg(n, 1));
}

long serve_symlinkat(struct notice *n)
{
	return make_symlink(n, arg(n, 0), arg_fd(n, 1), arg(n, 2));
}

static long change_mode(struct notice *n, int dirfd, u64 path, u32 mode)
{
	char at[PATH_MAX];

	return path_locate(n, dirfd, path, at) ?: bpffs_chmod(n->exec->skep, at, mode);
}

long serve_chmod(struct notice *n)
{
	return change_mode(n, AT_FDCWD, arg(n, 0), (u32)arg(n, 1));
}

long serve_fchmodat(struct notice *n)
{
	return change_mode(n, arg_fd(n, 0), arg(n, 1), (u32)arg(n, 2));
}

static long change_owner(struct notice *n, int dirfd, u64 path, u32 uid, u32 gid)
{
	char at[PATH_MAX];

	return path_locate(n, dirfd, path, at) ?: bpffs_chown(n->exec->skep, at, uid, gid);
}

long serve_chown(struct notice *n)
{
	return change_owner(n, AT_FDCWD, arg(n, 0), (u32)arg(n, 1), (u32)arg(n, 2));
}

long serve_fchownat(struct notice *n)
{
	return change_owner(n, arg_fd(n, 0), arg(n, 1), (u32)arg(n, 2), (u32)arg(n, 3));
}

/* The option mode=OCTAL of a bpffs, as Linux reads it. */
static u32 mount_mode(struct notice *n, u64 data)
{
	char text[256];
	const char *at;
	u32 mode = 01777;

	if (!data || client_string(n, text, data, sizeof(text)))
		return mode;
	at = strstr(text, "mode=");
	if (at)
		sscanf(at, "mode=%o", &mode);
	return mode & 01777;
}

/* A mount point has to be there, on the host or in a bpffs.  It becomes clean. */
static long locate_folder(struct notice *n, u64 path, char out[PATH_MAX])
{
	char text[PATH_MAX], proc[64], whole[PATH_MAX + sizeof(proc)];
	struct stat st;
	long err = path_locate(n, AT_FDCWD, path, out);

	if (!err)
		return bpffs_stat(n->exec->skep, out, BPFFS_FOLLOW, &st)
			       ?: S_ISDIR(st.st_mode) ? 0
						      : -ENOTDIR;
	err = client_string(n, text, path, sizeof(text));
	if (err)
		return err;
	snprintf(proc, sizeof(proc), "/proc/%d/%s", (int)n->call.pid,
		 *text == '/' ? "root" : "cwd");
	snprintf(whole, sizeof(whole), "%s/%s", proc, text);
	if (stat(whole, &st))
		return -errno;
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	return path_absolute(n, text, out);
}

/* mount(source, target, type, flags, data): a bpffs needs no right here. */
long serve_mount(struct notice *n)
{
	struct skep *skep = n->exec->skep;
	struct bpffs_owner owner;
	char type[8], at[PATH_MAX];
	long err;

	if (client_string(n, type, arg(n, 2), sizeof(type)) || strcmp(type, "bpf"))
		return NOTICE_CONTINUE;
	err = locate_folder(n, arg(n, 1), at);
	if (err)
		return err;
	caller_umask(skep, &owner);
	return bpffs_mount(skep, at, mount_mode(n, arg(n, 4)), &owner);
}

long serve_umount2(struct notice *n)
{
	char at[PATH_MAX];
	long err = path_locate(n, AT_FDCWD, arg(n, 0), at);

	if (err)
		return err;
	return bpffs_umount(n->exec->skep, at);
}
