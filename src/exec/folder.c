/*
 * Open folders of the bpffs.  The client gets a real folder, so that fstat, openat and fchdir find
 * one: an empty one of the host's, removed as soon as it is open, one for each folder of ours that
 * was ever opened.  Its inode says which it is.  Reading it is ours; the position is the file's, so
 * dup'ed and inherited fds share it as they should.
 */
#include <dirent.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exec/path.h"

struct folder {
	struct folder *next;
	struct bpffs_inode *inode; /* a reference */
	int fd;                    /* of the host's folder */
	dev_t dev;
	ino_t ino;
};

static void folder_free(struct exec *exec, struct folder *folder)
{
	bpffs_close(exec->skep, folder->inode);
	close(folder->fd);
	os_free(exec->skep->os, folder);
}

void folders_destroy(struct exec *exec)
{
	while (exec->folders) {
		struct folder *folder = exec->folders;

		exec->folders = folder->next;
		folder_free(exec, folder);
	}
}

static int folders_given(struct exec *exec)
{
	int given;

	pthread_mutex_lock(&exec->lock);
	given = exec->folders != NULL;
	pthread_mutex_unlock(&exec->lock);
	return given;
}

/* A folder that nobody else can find any more.  fd or -errno. */
static int nameless_folder(void)
{
	static const char *const places[] = {"/dev/shm", "/tmp", "/var/tmp"};

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		char path[64];
		int fd;

		snprintf(path, sizeof(path), "%s/skep-XXXXXX", places[i]);
		if (!mkdtemp(path))
			continue;
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd >= 0)
			fchmod(fd, 01777);
		rmdir(path);
		if (fd >= 0)
			return fd;
	}
	return -errno;
}

/* Those whose folder was removed: the client may have them open still, and they are empty. */
static void forget_removed(struct exec *exec)
{
	struct folder **at = &exec->folders;
	char path[PATH_MAX];

	while (*at) {
		struct folder *folder = *at;

		if (bpffs_path(exec->skep, folder->inode, path) == -ENOENT) {
			*at = folder->next;
			folder_free(exec, folder);
		} else {
			at = &folder->next;
		}
	}
}

static int add(struct exec *exec, struct bpffs_inode *inode, struct folder **out)
{
	struct folder *folder;
	struct stat st;
	int fd;

	forget_removed(exec);
	fd = nameless_folder();
	if (fd < 0)
		return fd;
	folder = os_alloc(exec->skep->os, sizeof(*folder));
	if (!folder || fstat(fd, &st)) {
		os_free(exec->skep->os, folder);
		close(fd);
		return -ENOMEM;
	}
	*folder = (struct folder){exec->folders, inode, fd, st.st_dev, st.st_ino};
	exec->folders = folder;
	*out = folder;
	return 0;
}

/* The inode's reference becomes the folder's, or is let go.  Under exec->lock. */
static int get(struct exec *exec, struct bpffs_inode *inode, struct folder **out)
{
	struct folder *folder = exec->folders;
	int err = 0;

	while (folder && folder->inode != inode)
		folder = folder->next;
	if (!folder)
		err = add(exec, inode, out);
	else
		*out = folder;
	if (folder || err)
		bpffs_close(exec->skep, inode);
	return err;
}

int folder_open(struct notice *n, const char *path)
{
	struct exec *exec = n->exec;
	struct bpffs_inode *inode;
	struct folder *folder = NULL;
	char proc[32];
	int err = bpffs_open(exec->skep, path, &inode);

	if (err)
		return err;
	pthread_mutex_lock(&exec->lock);
	err = get(exec, inode, &folder);
	if (!err) {
		snprintf(proc, sizeof(proc), "/proc/self/fd/%d", folder->fd);
		err = open(proc, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (err < 0)
			err = -errno;
	}
	pthread_mutex_unlock(&exec->lock);
	return err;
}

struct bpffs_inode *folder_behind(struct exec *exec, int fd)
{
	struct bpffs_inode *inode;
	struct folder *folder;
	struct stat st;

	if (fstat(fd, &st))
		return NULL;
	pthread_mutex_lock(&exec->lock);
	folder = exec->folders;
	while (folder && (folder->ino != st.st_ino || folder->dev != st.st_dev))
		folder = folder->next;
	inode = folder ? folder->inode : NULL;
	if (inode)
		bpffs_hold(exec->skep, inode);
	pthread_mutex_unlock(&exec->lock);
	return inode;
}

int folder_of_client(struct notice *n, int fd, struct bpffs_inode **out)
{
	int ours;

	if (!folders_given(n->exec))
		return -EBADF;
	ours = client_fd(n, fd);
	if (ours < 0)
		return ours;
	*out = folder_behind(n->exec, ours);
	if (*out)
		return ours;
	close(ours);
	return -EBADF;
}

/* What getdents64(2) writes, in a buffer of ours. */
struct listing {
	u8 *bytes;
	u64 size, used, position;
};

enum { NAME_AT = offsetof(struct dirent64, d_name) };

/* 0, or -EINVAL when there is no room. */
static int list(struct listing *l, u64 ino, u32 mode, const char *name)
{
	u64 size = (NAME_AT + strlen(name) + 1 + 7) & ~7ull;
	struct dirent64 head = {.d_ino = ino,
				.d_off = (off64_t)l->position + 1,
				.d_reclen = (unsigned short)size,
				.d_type = (unsigned char)IFTODT(mode)};

	if (size > l->size - l->used)
		return -EINVAL;
	memset(l->bytes + l->used, 0, size);
	memcpy(l->bytes + l->used, &head, NAME_AT);
	strcpy((char *)l->bytes + l->used + NAME_AT, name);
	l->used += size;
	l->position++;
	return 0;
}

/* Positions: 0 and 1 are "." and ".."; behind them the folder's own, moved by 2. */
static int list_all(struct skep *skep, struct bpffs_inode *folder, struct listing *l)
{
	static const char *const dots[] = {".", ".."};
	struct bpffs_entry entry;
	int err = 0;

	while (!err && l->position < ARRAY_SIZE(dots))
		err = list(l, 1, S_IFDIR, dots[l->position]);
	while (!err && bpffs_read(skep, folder, l->position - 2, &entry)) {
		u64 before = l->position;

		l->position = entry.next + 1;
		err = list(l, entry.ino, entry.mode, entry.name);
		if (err)
			l->position = before;
	}
	return l->used ? 0 : err;
}

static long read_folder(struct notice *n, struct bpffs_inode *folder, int fd)
{
	enum { MOST = 1 << 16 };
	u8 bytes[MOST];
	off_t position = lseek(fd, 0, SEEK_CUR);
	struct listing l = {.bytes = bytes, .size = arg(n, 2), .position = (u64)position};
	long err;

	if (position < 0)
		return -EINVAL;
	if (l.size > MOST)
		l.size = MOST;
	err = list_all(n->exec->skep, folder, &l);
	if (!err && l.used)
		err = client_write(n, arg(n, 1), bytes, l.used);
	if (err)
		return err;
	lseek(fd, (off_t)l.position, SEEK_SET);
	return (long)l.used;
}

/* getdents64(fd, buffer, size) */
long serve_getdents64(struct notice *n)
{
	struct bpffs_inode *folder;
	long ret;
	int fd;

	fd = folder_of_client(n, arg_fd(n, 0), &folder);
	if (fd < 0)
		return NOTICE_CONTINUE;
	ret = read_folder(n, folder, fd);
	bpffs_close(n->exec->skep, folder);
	close(fd);
	return ret;
}
