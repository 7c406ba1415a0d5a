/* bpffs: inodes, names, the walk along a path. */
#include <errno.h>
#include <string.h>

#include "sys/bpffs_tree.h"

enum { MAX_SYMLINKS = 40 }; /* Linux's */

static struct timespec now(const struct skep *skep)
{
	u64 ns = skep->os->clock_ns(skep->os, CLOCK_REALTIME);

	return (struct timespec){(time_t)(ns / 1000000000), (long)(ns % 1000000000)};
}

void bpffs_touch(struct skep *skep, struct bpffs_inode *folder)
{
	folder->mtime = folder->ctime = now(skep);
}

struct bpffs_inode *bpffs_inode_new(struct skep *skep, u32 mode, const struct bpffs_owner *owner)
{
	struct bpffs_inode *inode = os_alloc(skep->os, sizeof(*inode));

	if (!inode)
		return NULL;
	inode->ino = ++skep->sys->bpffs->inodes;
	inode->mode = mode;
	inode->uid = owner->uid;
	inode->gid = owner->gid;
	inode->last = &inode->names;
	inode->atime = inode->mtime = inode->ctime = now(skep);
	return inode;
}

static void inode_free(struct skep *skep, struct bpffs_inode *inode)
{
	os_free(skep->os, inode->target);
	os_free(skep->os, inode);
}

void bpffs_inode_put(struct skep *skep, struct bpffs_inode *inode, struct obj **loose)
{
	if (--inode->refs)
		return;
	*loose = inode->obj;
	inode_free(skep, inode);
}

struct bpffs_name *bpffs_name_find(struct bpffs_inode *folder, const char *text)
{
	struct bpffs_name *name = folder->names;

	while (name && strcmp(name->text, text))
		name = name->next;
	return name;
}

int bpffs_name_add(struct skep *skep, struct bpffs_inode *folder, const char *text,
		   struct bpffs_inode *inode)
{
	size_t len = strlen(text) + 1;
	struct bpffs_name *name = os_alloc(skep->os, sizeof(*name) + len);

	if (!name)
		return -ENOMEM;
	memcpy(name->text, text, len);
	name->inode = inode;
	name->position = ++folder->positions;
	*folder->last = name;
	folder->last = &name->next;
	inode->refs++;
	inode->links++;
	if (S_ISDIR(inode->mode)) {
		inode->parent = folder;
		folder->links++;
	}
	bpffs_touch(skep, folder);
	return 0;
}

void bpffs_name_remove(struct skep *skep, struct bpffs_inode *folder, const char *text,
		       struct obj **loose)
{
	struct bpffs_name **at = &folder->names, *name;

	while (strcmp((*at)->text, text))
		at = &(*at)->next;
	name = *at;
	*at = name->next;
	if (folder->last == &name->next)
		folder->last = at;
	name->inode->links--;
	if (S_ISDIR(name->inode->mode)) {
		name->inode->parent = NULL;
		folder->links--;
	}
	bpffs_inode_put(skep, name->inode, loose);
	os_free(skep->os, name);
	bpffs_touch(skep, folder);
}

struct bpffs_mount *bpffs_mount_of(struct bpffs *fs, const char *path, const char **rest)
{
	struct bpffs_mount *mount = fs->mounts;

	for (; mount; mount = mount->next) {
		if (strncmp(path, mount->path, mount->len))
			continue;
		*rest = path + mount->len;
		if (!**rest || **rest == '/')
			break;
	}
	return mount;
}

/* A walk under way: the folder that was reached, and the text of what comes behind it. */
struct walk {
	struct skep *skep;
	struct bpffs_place *at;
	u32 symlinks;
	char rest[2 * PATH_MAX];
};

static int start(struct walk *w, const char *path)
{
	const char *rest;
	struct bpffs_mount *mount = bpffs_mount_of(w->skep->sys->bpffs, path, &rest);

	if (!mount)
		return -EXDEV;
	*w->at = (struct bpffs_place){.inode = mount->root};
	memmove(w->rest, rest, strlen(rest) + 1);
	return 0;
}

/* Take the first part off rest.  0, -ENAMETOOLONG, or 1 at the end. */
static int next_part(struct walk *w, char part[NAME_MAX + 1])
{
	const char *from = w->rest + strspn(w->rest, "/");
	size_t n = strcspn(from, "/");

	if (!n)
		return 1;
	if (n > NAME_MAX)
		return -ENAMETOOLONG;
	memcpy(part, from, n);
	part[n] = 0;
	memmove(w->rest, from + n, strlen(from + n) + 1);
	return 0;
}

/* The link's text takes the place of its name; what it leads out of here is not ours to see. */
static int enter_symlink(struct walk *w, struct bpffs_inode *folder, const char *target)
{
	size_t len = strlen(target), behind = strlen(w->rest);
	int err;

	if (++w->symlinks > MAX_SYMLINKS)
		return -ELOOP;
	if (len + 1 + behind >= sizeof(w->rest))
		return -ENAMETOOLONG;
	memmove(w->rest + len + 1, w->rest, behind + 1);
	memcpy(w->rest, target, len);
	w->rest[len] = '/';
	if (*target == '/') {
		err = start(w, w->rest);
		return err == -EXDEV ? -EACCES : err;
	}
	w->at->inode = folder;
	return 0;
}

static int at_end(const struct walk *w)
{
	return !w->rest[strspn(w->rest, "/")];
}

/* One part down: at->inode is the folder where we are. */
static int step(struct walk *w, const char *part, enum bpffs_follow follow)
{
	struct bpffs_inode *folder = w->at->inode;
	struct bpffs_name *name;

	if (!folder)
		return -ENOENT;
	if (!S_ISDIR(folder->mode))
		return -ENOTDIR;
	if (!strcmp(part, "."))
		return 0;
	if (!strcmp(part, "..")) {
		w->at->inode = folder->parent;
		return folder->parent ? 0 : -ENOENT;
	}
	if (strchr(part, '.'))
		return -EPERM;
	name = bpffs_name_find(folder, part);
	if (name && name->inode->target && (follow == BPFFS_FOLLOW || !at_end(w)))
		return enter_symlink(w, folder, name->inode->target);
	w->at->folder = folder;
	w->at->inode = name ? name->inode : NULL;
	strcpy(w->at->name, part);
	return 0;
}

int bpffs_walk(struct skep *skep, const char *path, enum bpffs_follow follow,
	       struct bpffs_place *out)
{
	struct walk w = {.skep = skep, .at = out};
	char part[NAME_MAX + 1];
	int err = start(&w, path);

	while (!err) {
		err = next_part(&w, part);
		if (!err)
			err = step(&w, part, follow);
	}
	return err == 1 ? 0 : err;
}
