/*
 * Pins: names that keep objects alive, in the instance's own bpffs (bpffs.h).
 */
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/bpffs.h"
#include "sys/internal.h"

static int callers_folder(struct skep *skep, char out[PATH_MAX])
{
	char link[PROC_PATH];
	ssize_t n;

	caller_proc(skep, "cwd", link, sizeof(link));
	n = readlink(link, out, PATH_MAX - 1);
	if (n < 0)
		return -errno;
	out[n] = 0;
	return 0;
}

static int clean(struct skep *skep, const char *path, char out[PATH_MAX])
{
	char folder[PATH_MAX] = "";
	int err = *path == '/' ? 0 : callers_folder(skep, folder);

	return err ? err : bpffs_clean(folder, path, out);
}

/* The caller's path in its one spelling. */
static int read_path(struct call *call, char path[PATH_MAX])
{
	char given[PATH_MAX];
	int err = user_string(call->skep, given, call->attr.pathname, sizeof(given));

	if (err)
		return err;
	if (strnlen(given, sizeof(given)) == sizeof(given) - 1)
		return -ENAMETOOLONG;
	return *given ? clean(call->skep, given, path) : -ENOENT;
}

/* Linux's answers for a pin that would lie in no bpffs. */
static int outside(char *path)
{
	struct stat st;

	if (!stat(path, &st))
		return -EEXIST;
	return stat(dirname(path), &st) ? -errno : -EPERM;
}

static int add(struct skep *skep, char *path, struct obj *obj)
{
	struct bpffs_owner owner;
	u32 umask = caller_umask(skep, &owner);
	int err = bpffs_pin(skep, path, obj, 0600 & ~umask, &owner);

	return err == -EXDEV ? outside(path) : err;
}

static int pinnable(const struct obj *obj)
{
	return obj->kind == OBJ_MAP || obj->kind == OBJ_PROG || obj->kind == OBJ_LINK;
}

long cmd_obj_pin(struct call *call)
{
	const union bpf_attr *attr = &call->attr;
	char path[PATH_MAX];
	struct obj *obj;
	u32 mode;
	int err;

	if (attr->file_flags & ~(u32)BPF_F_PATH_FD)
		return -EINVAL;
	if (attr->path_fd && !(attr->file_flags & BPF_F_PATH_FD))
		return -EINVAL;
	if (file_get_any(call->skep, (int)attr->bpf_fd, &obj, &mode))
		return -EINVAL;
	err = pinnable(obj) ? read_path(call, path) : -EINVAL;
	if (!err)
		err = add(call->skep, path, obj);
	obj_put(obj);
	return err;
}

/* What Linux says of a path that leads into no bpffs: something is there, or nothing. */
static int get(struct skep *skep, const char *path, struct obj **out)
{
	int err = bpffs_get(skep, path, out);
	struct stat st;

	if (err != -EXDEV)
		return err;
	return stat(path, &st) ? -errno : -EACCES;
}

long cmd_obj_get(struct call *call)
{
	const union bpf_attr *attr = &call->attr;
	u32 allowed = BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_PATH_FD, mode;
	char path[PATH_MAX];
	struct obj *obj;
	long fd;

	if (attr->bpf_fd || attr->file_flags & ~allowed ||
	    (attr->path_fd && !(attr->file_flags & BPF_F_PATH_FD)) ||
	    mode_of_flags(attr->file_flags, &mode))
		return -EINVAL;
	fd = read_path(call, path);
	if (!fd)
		fd = get(call->skep, path, &obj);
	if (fd)
		return fd;
	if (obj->kind == OBJ_LINK && mode != MODE_BOTH)
		fd = -EINVAL;
	else
		fd = file_open(call->skep, obj, obj->kind == OBJ_MAP ? mode : MODE_BOTH);
	obj_put(obj);
	return fd;
}

int sys_in_bpffs(struct skep *skep, const char *path)
{
	char at[PATH_MAX];

	return !clean(skep, path, at) && bpffs_covers(skep, at);
}

int sys_mkdir(struct skep *skep, const char *path)
{
	struct bpffs_owner owner;
	u32 umask = caller_umask(skep, &owner);
	char at[PATH_MAX];
	int err = clean(skep, path, at);

	return err ? err : bpffs_mkdir(skep, at, 0777 & ~umask, &owner);
}

int sys_unpin(struct skep *skep, const char *path)
{
	char at[PATH_MAX];
	int err = clean(skep, path, at);

	return err ? err : bpffs_unlink(skep, at);
}
