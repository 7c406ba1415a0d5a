/*
 * bpffs as its callers see it: what mkdir(2), rename(2), ... answer there.  Objects are let go of
 * after the lock, because the end of one may be the end of others.
 */
#include "sys/bpffs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "sys/bpffs_tree.h"

static void lock(struct skep *skep)
{
	pthread_mutex_lock(&skep->sys->lock);
}

static int unlock(struct skep *skep, int err, struct obj *loose)
{
	pthread_mutex_unlock(&skep->sys->lock);
	if (loose)
		pin_gone(loose);
	return err;
}

int bpffs_clean(const char *folder, const char *path, char out[PATH_MAX])
{
	char whole[2 * PATH_MAX];
	size_t len = 0;

	if (!*path)
		return -ENOENT;
	if (strlen(path) >= PATH_MAX)
		return -ENAMETOOLONG;
	snprintf(whole, sizeof(whole), "%s/%s", *path == '/' ? "" : folder, path);
	for (const char *at = whole; *at;) {
		size_t n = strcspn(at, "/");

		if (n == 2 && !memcmp(at, "..", 2)) {
			while (len && out[--len] != '/')
				;
		} else if (n && !(n == 1 && *at == '.')) {
			if (len + n + 2 > PATH_MAX)
				return -ENAMETOOLONG;
			out[len++] = '/';
			memcpy(out + len, at, n);
			len += n;
		}
		at += n + (at[n] == '/');
	}
	if (!len)
		out[len++] = '/';
	out[len] = 0;
	return 0;
}

int bpffs_covers(struct skep *skep, const char *path)
{
	const char *rest;
	struct bpffs_mount *mount;

	lock(skep);
	mount = bpffs_mount_of(skep->sys->bpffs, path, &rest);
	return unlock(skep, mount != NULL, NULL);
}

/* To what is there. */
static int find(struct skep *skep, const char *path, enum bpffs_follow follow,
		struct bpffs_place *out)
{
	int err = bpffs_walk(skep, path, follow, out);

	return err ? err : out->inode ? 0 : -ENOENT;
}

static void fill_stat(const struct bpffs_inode *inode, struct stat *out)
{
	*out = (struct stat){
		.st_dev = makedev(0, 0xbf),
		.st_ino = inode->ino,
		.st_mode = inode->mode,
		.st_nlink = inode->links,
		.st_uid = inode->uid,
		.st_gid = inode->gid,
		.st_blksize = 4096,
		.st_atim = inode->atime,
		.st_mtim = inode->mtime,
		.st_ctim = inode->ctime,
	};
}

int bpffs_stat(struct skep *skep, const char *path, enum bpffs_follow follow, struct stat *out)
{
	struct bpffs_place at;
	int err;

	lock(skep);
	err = find(skep, path, follow, &at);
	if (!err)
		fill_stat(at.inode, out);
	return unlock(skep, err, NULL);
}

/* To a place where nothing is yet. */
static int find_free(struct skep *skep, const char *path, struct bpffs_place *out)
{
	int err = bpffs_walk(skep, path, BPFFS_LAST, out);

	return err ? err : out->inode ? -EEXIST : 0;
}

/* What a new inode holds besides its mode: one of the two, or neither. */
struct content {
	struct obj *obj;
	const char *target;
};

static int fill(struct skep *skep, struct bpffs_inode *inode, const struct content *content)
{
	if (content->target) {
		size_t len = strlen(content->target) + 1;

		inode->target = os_alloc(skep->os, len);
		if (!inode->target)
			return -ENOMEM;
		memcpy(inode->target, content->target, len);
	}
	inode->obj = content->obj;
	if (content->obj) {
		obj_get(content->obj);
		content->obj->pins++;
		atomic_fetch_add(&content->obj->users, 1);
	}
	return 0;
}

static int make(struct skep *skep, const char *path, u32 mode, const struct bpffs_owner *owner,
		const struct content *content)
{
	struct obj *loose = NULL;
	struct bpffs_inode *inode;
	struct bpffs_place at;
	int err;

	lock(skep);
	err = find_free(skep, path, &at);
	if (err)
		return unlock(skep, err, NULL);
	inode = bpffs_inode_new(skep, mode, owner);
	if (!inode)
		return unlock(skep, -ENOMEM, NULL);
	inode->refs = 1;
	inode->links = S_ISDIR(mode);
	err = fill(skep, inode, content);
	if (!err)
		err = bpffs_name_add(skep, at.folder, at.name, inode);
	bpffs_inode_put(skep, inode, &loose);
	return unlock(skep, err, loose);
}

int bpffs_mkdir(struct skep *skep, const char *path, u32 mode, const struct bpffs_owner *owner)
{
	return make(skep, path, S_IFDIR | (mode & 01777), owner, &(struct content){0});
}

int bpffs_symlink(struct skep *skep, const char *target, const char *path,
		  const struct bpffs_owner *owner)
{
	if (!*target)
		return -ENOENT;
	return make(skep, path, S_IFLNK | 0777, owner, &(struct content){.target = target});
}

int bpffs_pin(struct skep *skep, const char *path, struct obj *obj, u32 mode,
	      const struct bpffs_owner *owner)
{
	return make(skep, path, S_IFREG | mode, owner, &(struct content){.obj = obj});
}

int bpffs_get(struct skep *skep, const char *path, struct obj **out)
{
	struct bpffs_place at;
	int err;

	lock(skep);
	err = find(skep, path, BPFFS_FOLLOW, &at);
	if (!err && !at.inode->obj)
		err = -EACCES;
	if (!err) {
		obj_get(at.inode->obj);
		*out = at.inode->obj;
	}
	return unlock(skep, err, NULL);
}

long bpffs_readlink(struct skep *skep, const char *path, char *to, size_t room)
{
	struct bpffs_place at;
	size_t len = 0;
	int err;

	lock(skep);
	err = find(skep, path, BPFFS_LAST, &at);
	if (!err && !at.inode->target)
		err = -EINVAL;
	if (!err) {
		len = strlen(at.inode->target);
		if (len > room)
			len = room;
		memcpy(to, at.inode->target, len);
	}
	return unlock(skep, err, NULL) ?: (long)len;
}

int bpffs_link(struct skep *skep, const char *from, const char *to)
{
	struct bpffs_place old, new;
	int err;

	lock(skep);
	err = find(skep, from, BPFFS_LAST, &old);
	if (!err)
		err = find_free(skep, to, &new);
	if (!err && S_ISDIR(old.inode->mode))
		err = -EPERM;
	if (!err)
		err = bpffs_name_add(skep, new.folder, new.name, old.inode);
	return unlock(skep, err, NULL);
}

int bpffs_unlink(struct skep *skep, const char *path)
{
	struct obj *loose = NULL;
	struct bpffs_place at;
	int err;

	lock(skep);
	err = find(skep, path, BPFFS_LAST, &at);
	if (!err && S_ISDIR(at.inode->mode))
		err = -EISDIR;
	if (!err)
		bpffs_name_remove(skep, at.folder, at.name, &loose);
	return unlock(skep, err, loose);
}

int bpffs_rmdir(struct skep *skep, const char *path)
{
	struct obj *loose = NULL;
	struct bpffs_place at;
	int err;

	lock(skep);
	err = find(skep, path, BPFFS_LAST, &at);
	if (!err && !S_ISDIR(at.inode->mode))
		err = -ENOTDIR;
	if (!err && !at.folder)
		err = -EBUSY;
	if (!err && at.inode->names)
		err = -ENOTEMPTY;
	if (!err)
		bpffs_name_remove(skep, at.folder, at.name, &loose);
	return unlock(skep, err, loose);
}

static int is_below(const struct bpffs_inode *inode, const struct bpffs_inode *top)
{
	while (inode != top && inode->parent && inode->parent != inode)
		inode = inode->parent;
	return inode == top;
}

/* What rename(2) refuses, in Linux's order. */
static int check_rename(const struct bpffs_place *old, const struct bpffs_place *new, u32 flags)
{
	int folder = S_ISDIR(old->inode->mode);

	if (!old->folder || (new->inode && !new->folder))
		return -EBUSY;
	if (new->inode && flags &RENAME_NOREPLACE)
		return -EEXIST;
	if (folder && is_below(new->folder, old->inode))
		return -EINVAL;
	if (!new->inode)
		return 0;
	if (is_below(old->folder, new->inode))
		return -ENOTEMPTY;
	if (folder != S_ISDIR(new->inode->mode))
		return folder ? -ENOTDIR : -EISDIR;
	return new->inode->names ? -ENOTEMPTY : 0;
}

/* The name first, so that without memory nothing has happened. */
static int move(struct skep *skep, const struct bpffs_place *old, const struct bpffs_place *new,
		struct obj **loose)
{
	struct bpffs_inode *inode = old->inode;
	struct obj *none = NULL;
	int err = bpffs_name_add(skep, new->folder, new->name, inode);

	if (err)
		return err;
	/* The older of two equal names is the one that is found. */
	if (new->inode)
		bpffs_name_remove(skep, new->folder, new->name, loose);
	bpffs_name_remove(skep, old->folder, old->name, &none);
	if (S_ISDIR(inode->mode))
		inode->parent = new->folder;
	return 0;
}

int bpffs_rename(struct skep *skep, const char *from, const char *to, u32 flags)
{
	struct obj *loose = NULL;
	struct bpffs_place old, new;
	int err;

	if (flags & ~(u32)RENAME_NOREPLACE)
		return -EINVAL;
	lock(skep);
	err = find(skep, from, BPFFS_LAST, &old);
	if (!err)
		err = bpffs_walk(skep, to, BPFFS_LAST, &new);
	if (!err && old.inode == new.inode && !(flags & RENAME_NOREPLACE))
		return unlock(skep, 0, NULL);
	if (!err)
		err = check_rename(&old, &new, flags);
	if (!err)
		err = move(skep, &old, &new, &loose);
	return unlock(skep, err, loose);
}

int bpffs_chmod(struct skep *skep, const char *path, u32 mode)
{
	struct bpffs_place at;
	int err;

	lock(skep);
	err = find(skep, path, BPFFS_FOLLOW, &at);
	if (!err)
		at.inode->mode = (at.inode->mode & S_IFMT) | (mode & 07777);
	return unlock(skep, err, NULL);
}

int bpffs_chown(struct skep *skep, const char *path, u32 uid, u32 gid)
{
	struct bpffs_place at;
	int err;

	lock(skep);
	err = find(skep, path, BPFFS_FOLLOW, &at);
	if (!err && uid != UINT32_MAX)
		at.inode->uid = uid;
	if (!err && gid != UINT32_MAX)
		at.inode->gid = gid;
	return unlock(skep, err, NULL);
}

int bpffs_open(struct skep *skep, const char *path, struct bpffs_inode **out)
{
	struct bpffs_place at;
	int err;

	lock(skep);
	err = find(skep, path, BPFFS_FOLLOW, &at);
	if (!err && !S_ISDIR(at.inode->mode))
		err = -ENOTDIR;
	if (!err) {
		at.inode->refs++;
		*out = at.inode;
	}
	return unlock(skep, err, NULL);
}

void bpffs_hold(struct skep *skep, struct bpffs_inode *folder)
{
	lock(skep);
	folder->refs++;
	unlock(skep, 0, NULL);
}

void bpffs_close(struct skep *skep, struct bpffs_inode *folder)
{
	struct obj *loose = NULL;

	lock(skep);
	bpffs_inode_put(skep, folder, &loose);
	unlock(skep, 0, loose);
}

static const struct bpffs_name *name_of(const struct bpffs_inode *folder)
{
	const struct bpffs_name *name = folder->parent->names;

	while (name->inode != folder)
		name = name->next;
	return name;
}

/* From the end of out to its beginning. */
static int build_path(struct bpffs *fs, const struct bpffs_inode *folder, char out[PATH_MAX])
{
	const struct bpffs_mount *mount = fs->mounts;
	char *at = out + PATH_MAX - 1;

	*at = 0;
	for (; folder->parent && folder->parent != folder; folder = folder->parent) {
		const struct bpffs_name *name = name_of(folder);
		size_t n = strlen(name->text);

		if ((size_t)(at - out) < n + 1)
			return -ENAMETOOLONG;
		at -= n;
		memcpy(at, name->text, n);
		*--at = '/';
	}
	while (mount && mount->root != folder)
		mount = mount->next;
	if (!mount)
		return -ENOENT;
	if ((size_t)(at - out) < mount->len)
		return -ENAMETOOLONG;
	at -= mount->len;
	memcpy(at, mount->path, mount->len);
	memmove(out, at, strlen(at) + 1);
	return 0;
}

int bpffs_path(struct skep *skep, const struct bpffs_inode *folder, char out[PATH_MAX])
{
	lock(skep);
	return unlock(skep, build_path(skep->sys->bpffs, folder, out), NULL);
}

int bpffs_read(struct skep *skep, struct bpffs_inode *folder, u64 from, struct bpffs_entry *out)
{
	const struct bpffs_name *name;

	lock(skep);
	name = folder->names;
	while (name && name->position <= from)
		name = name->next;
	if (name) {
		out->ino = name->inode->ino;
		out->next = name->position;
		out->mode = name->inode->mode;
		strcpy(out->name, name->text);
	}
	return unlock(skep, name != NULL, NULL);
}
