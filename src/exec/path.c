/*
 * Where a client's path leads.  Most lead elsewhere, and are told from ours by their beginning: the
 * kernel walks those itself.  A link of the host's that leads to /sys/fs/bpf is not followed.
 *
 * Sound because: nothing depends on the answer "elsewhere"; what the kernel then does, the client
 * could do by itself.
 */
#include "exec/path.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What /proc/TID/`link` names: a path of the host's or, when that folder is ours, its path. */
static int read_folder(struct notice *n, const char *link, char out[PATH_MAX])
{
	static const char gone[] = " (deleted)";
	char proc[64];
	struct bpffs_inode *folder;
	ssize_t len;
	int fd, err;

	snprintf(proc, sizeof(proc), "/proc/%d/%s", (int)n->call.pid, link);
	len = readlink(proc, out, PATH_MAX - 1);
	if (len < 0)
		return -errno;
	out[len] = 0;
	if ((size_t)len < sizeof(gone) || strcmp(out + len - (sizeof(gone) - 1), gone))
		return 0;
	fd = open(proc, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	folder = folder_behind(n->exec, fd);
	close(fd);
	if (!folder)
		return -ENOENT;
	err = bpffs_path(n->exec->skep, folder, out);
	bpffs_close(n->exec->skep, folder);
	return err;
}

static int base_of(struct notice *n, int dirfd, char out[PATH_MAX])
{
	char link[32] = "cwd";

	if (dirfd == AT_FDCWD && !cwd_path(n, out))
		return 0;
	if (dirfd != AT_FDCWD)
		snprintf(link, sizeof(link), "fd/%d", dirfd);
	return read_folder(n, link, out);
}

long path_absolute(struct notice *n, const char *path, char out[PATH_MAX])
{
	char base[PATH_MAX] = "";
	int err = *path == '/' ? 0 : base_of(n, AT_FDCWD, base);

	return err ?: bpffs_clean(base, path, out);
}

long path_here(struct notice *n, char out[PATH_MAX])
{
	if (base_of(n, AT_FDCWD, out) || !bpffs_covers(n->exec->skep, out))
		return NOTICE_CONTINUE;
	return 0;
}

/* The path's text, and where it begins if that is not the root. */
static long read_path(struct notice *n, int dirfd, u64 path, char text[PATH_MAX],
		      char base[PATH_MAX])
{
	*base = 0;
	if (client_string(n, text, path, PATH_MAX) || !*text)
		return NOTICE_CONTINUE;
	return *text != '/' && base_of(n, dirfd, base) ? NOTICE_CONTINUE : 0;
}

long path_locate(struct notice *n, int dirfd, u64 path, char out[PATH_MAX])
{
	char text[PATH_MAX], base[PATH_MAX];

	*out = 0;
	if (read_path(n, dirfd, path, text, base) || bpffs_clean(base, text, out))
		return NOTICE_CONTINUE;
	return bpffs_covers(n->exec->skep, out) ? 0 : NOTICE_CONTINUE;
}

long path_through(struct notice *n, int dirfd, u64 path, char out[PATH_MAX])
{
	char text[PATH_MAX], base[PATH_MAX], *up;

	if (read_path(n, dirfd, path, text, base) || bpffs_clean(base, text, out))
		return NOTICE_CONTINUE;
	up = strstr(text, "..");
	if (!up)
		return NOTICE_CONTINUE;
	*up = 0;
	if (!bpffs_clean(base, *text ? text : ".", text) && bpffs_covers(n->exec->skep, text))
		return 0;
	return NOTICE_CONTINUE;
}
