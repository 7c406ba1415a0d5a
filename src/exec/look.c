/*
 * What looks at a bpffs: stat(2), access(2), statfs(2), readlink(2), open(2) and their like.
 */
#include <errno.h>
#include <linux/openat2.h>
#include <linux/stat.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "exec/path.h"

/* What a path that leaves the bpffs by ".." comes to, the kernel may not see: we look for it. */
static long look_outside(struct notice *n, int dirfd, u64 path, int nofollow, struct stat *out)
{
	char at[PATH_MAX];

	if (path_through(n, dirfd, path, at))
		return NOTICE_CONTINUE;
	return (nofollow ? lstat(at, out) : stat(at, out)) ? -errno : 0;
}

static long look(struct notice *n, int dirfd, u64 path, int nofollow, struct stat *out)
{
	char at[PATH_MAX];

	if (path_locate(n, dirfd, path, at))
		return look_outside(n, dirfd, path, nofollow, out);
	return bpffs_stat(n->exec->skep, at, nofollow ? BPFFS_LAST : BPFFS_FOLLOW, out);
}

static long give_stat(struct notice *n, int dirfd, u64 path, int nofollow, u64 to)
{
	struct stat st;

	return look(n, dirfd, path, nofollow, &st) ?: client_write(n, to, &st, sizeof(st));
}

long serve_stat(struct notice *n)
{
	return give_stat(n, AT_FDCWD, arg(n, 0), 0, arg(n, 1));
}

long serve_lstat(struct notice *n)
{
	return give_stat(n, AT_FDCWD, arg(n, 0), 1, arg(n, 1));
}

long serve_newfstatat(struct notice *n)
{
	return give_stat(n, arg_fd(n, 0), arg(n, 1), (arg(n, 3) & AT_SYMLINK_NOFOLLOW) != 0,
			 arg(n, 2));
}

static struct statx_timestamp statx_time(const struct timespec *t)
{
	return (struct statx_timestamp){.tv_sec = t->tv_sec, .tv_nsec = (u32)t->tv_nsec};
}

/* statx(dirfd, path, flags, mask, buffer) */
long serve_statx(struct notice *n)
{
	struct statx x;
	struct stat st;
	long err = look(n, arg_fd(n, 0), arg(n, 1), (arg(n, 2) & AT_SYMLINK_NOFOLLOW) != 0, &st);

	if (err)
		return err;
	x = (struct statx){
		.stx_mask = STATX_BASIC_STATS,
		.stx_blksize = (u32)st.st_blksize,
		.stx_nlink = (u32)st.st_nlink,
		.stx_uid = st.st_uid,
		.stx_gid = st.st_gid,
		.stx_mode = (u16)st.st_mode,
		.stx_ino = st.st_ino,
		.stx_atime = statx_time(&st.st_atim),
		.stx_ctime = statx_time(&st.st_ctim),
		.stx_mtime = statx_time(&st.st_mtim),
		.stx_dev_major = major(st.st_dev),
		.stx_dev_minor = minor(st.st_dev),
	};
	return client_write(n, arg(n, 4), &x, sizeof(x));
}

/* Modes are held against nobody, but a file without any x bit runs for nobody either. */
static long check_access(struct notice *n, int dirfd, u64 path, u32 wanted)
{
	struct stat st;
	long err = look(n, dirfd, path, 0, &st);

	if (err)
		return err;
	return wanted & X_OK && !(st.st_mode & 0111) ? -EACCES : 0;
}

long serve_access(struct notice *n)
{
	return check_access(n, AT_FDCWD, arg(n, 0), (u32)arg(n, 1));
}

long serve_faccessat(struct notice *n)
{
	return check_access(n, arg_fd(n, 0), arg(n, 1), (u32)arg(n, 2));
}

static long give_statfs(struct notice *n, u64 to)
{
	struct statfs fs = {
		.f_type = BPFFS_MAGIC, .f_bsize = 4096, .f_namelen = NAME_MAX, .f_frsize = 4096};

	return client_write(n, to, &fs, sizeof(fs));
}

long serve_statfs(struct notice *n)
{
	struct stat st;
	char at[PATH_MAX];

	return path_locate(n, AT_FDCWD, arg(n, 0), at)
		       ?: bpffs_stat(n->exec->skep, at, BPFFS_FOLLOW, &st)
		       ?: give_statfs(n, arg(n, 1));
}

long serve_fstatfs(struct notice *n)
{
	struct bpffs_inode *folder;
	int fd;

	fd = folder_of_client(n, arg_fd(n, 0), &folder);
	if (fd < 0)
		return NOTICE_CONTINUE;
	close(fd);
	bpffs_close(n->exec->skep, folder);
	return give_statfs(n, arg(n, 1));
}

static long give_link(struct notice *n, int dirfd, u64 path, u64 to, int room)
{
	char at[PATH_MAX], text[PATH_MAX];
	long len = path_locate(n, dirfd, path, at);

	if (len)
		return len;
	if (room <= 0)
		return -EINVAL;
	len = bpffs_readlink(n->exec->skep, at, text,
			     (size_t)room < sizeof(text) ? (size_t)room : sizeof(text));
	if (len < 0)
		return len;
	return client_write(n, to, text, (u64)len) ?: len;
}

long serve_readlink(struct notice *n)
{
	return give_link(n, AT_FDCWD, arg(n, 0), arg(n, 1), (int)arg(n, 2));
}

long serve_readlinkat(struct notice *n)
{
	return give_link(n, arg_fd(n, 0), arg(n, 1), arg(n, 2), (int)arg(n, 3));
}

/* What open(2) says of a pin or a link; a folder it opens: 0. */
static long check_open(const struct stat *st, u64 flags)
{
	if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
		return -EEXIST;
	if (S_ISDIR(st->st_mode))
		return flags & (O_ACCMODE | O_CREAT) ? -EISDIR : 0;
	if (flags & O_DIRECTORY)
		return -ENOTDIR;
	/* Linux shows the contents of maps whose BTF it has; we do not. */
	return S_ISLNK(st->st_mode) ? -ELOOP : -EIO;
}

static long open_path(struct notice *n, int dirfd, u64 path, u64 flags)
{
	char at[PATH_MAX];
	struct stat st;
	long err;
	int fd;

	if (path_locate(n, dirfd, path, at))
		return *at ? side_open(n, at, flags) : NOTICE_CONTINUE;
	err = bpffs_stat(n->exec->skep, at, flags & O_NOFOLLOW ? BPFFS_LAST : BPFFS_FOLLOW, &st);
	if (err)
		return err == -ENOENT && flags & O_CREAT ? -EACCES : err;
	err = check_open(&st, flags);
	if (err)
		return err;
	fd = folder_open(n, at);
	return fd < 0 ? fd : notice_result_fd(n, fd, (u32)flags & O_CLOEXEC);
}

long serve_open(struct notice *n)
{
	return open_path(n, AT_FDCWD, arg(n, 0), arg(n, 1));
}

long serve_creat(struct notice *n)
{
	return open_path(n, AT_FDCWD, arg(n, 0), O_CREAT | O_WRONLY | O_TRUNC);
}

long serve_openat(struct notice *n)
{
	return open_path(n, arg_fd(n, 0), arg(n, 1), arg(n, 2));
}

/* openat2(dirfd, path, how, size): of its rules we have flags. */
long serve_openat2(struct notice *n)
{
	u64 flags;

	if (client_read(n, &flags, arg(n, 2) + offsetof(struct open_how, flags), sizeof(flags)))
		return NOTICE_CONTINUE;
	return open_path(n, arg_fd(n, 0), arg(n, 1), flags);
}

/* A bpffs keeps no attributes; of what it is left for, nobody needs to know any. */
static long find_attribute(struct notice *n, long answer)
{
	struct stat st;

	return look(n, AT_FDCWD, arg(n, 0), 1, &st) ?: answer;
}

long serve_getxattr(struct notice *n)
{
	return find_attribute(n, -EOPNOTSUPP);
}

long serve_listxattr(struct notice *n)
{
	return find_attribute(n, 0);
}
