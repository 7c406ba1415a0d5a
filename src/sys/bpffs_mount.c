/* bpffs: where they are mounted, how the first comes and all of them go. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "sys/bpffs_tree.h"

static int add_mount(struct skep *skep, const char *path, u32 mode, const struct bpffs_owner *owner)
{
	struct bpffs *fs = skep->sys->bpffs;
	size_t len = strlen(path) + 1;
	struct bpffs_mount *mount = os_alloc(skep->os, sizeof(*mount) + len);

	if (!mount)
		return -ENOMEM;
	mount->root = bpffs_inode_new(skep, S_IFDIR | mode, owner);
	if (!mount->root) {
		os_free(skep->os, mount);
		return -ENOMEM;
	}
	mount->root->refs = 1;
	mount->root->links = 2;
	mount->root->parent = mount->root;
	memcpy(mount->path, path, len);
	mount->len = len - 1;
	mount->next = fs->mounts;
	fs->mounts = mount;
	return 0;
}

int bpffs_mount(struct skep *skep, const char *path, u32 mode, const struct bpffs_owner *owner)
{
	int err;

	pthread_mutex_lock(&skep->sys->lock);
	err = add_mount(skep, path, mode, owner);
	pthread_mutex_unlock(&skep->sys->lock);
	return err;
}

/* Some file of the tree below `folder`, folders of its own last, or NULL when it is empty. */
static struct bpffs_inode *deepest(struct bpffs_inode *folder)
{
	while (folder->names && S_ISDIR(folder->names->inode->mode) && folder->names->inode->names)
		folder = folder->names->inode;
	return folder;
}

/* One name less in the tree of root; 0 when there was none left. */
static int prune(struct skep *skep, struct bpffs_inode *root, struct obj **loose)
{
	struct bpffs_inode *folder = deepest(root);

	if (!folder->names)
		return 0;
	bpffs_name_remove(skep, folder, folder->names->text, loose);
	return 1;
}

/* The mount is out of the list already: nobody walks into it any more. */
static void clear(struct skep *skep, struct bpffs_mount *mount)
{
	struct obj *loose;
	int more;

	do {
		loose = NULL;
		pthread_mutex_lock(&skep->sys->lock);
		more = prune(skep, mount->root, &loose);
		pthread_mutex_unlock(&skep->sys->lock);
		if (loose)
			pin_gone(loose);
	} while (more);
	mount->root->parent = NULL;
	bpffs_close(skep, mount->root);
	os_free(skep->os, mount);
}

int bpffs_umount(struct skep *skep, const char *path)
{
	struct bpffs_mount **at = &skep->sys->bpffs->mounts, *mount;

	pthread_mutex_lock(&skep->sys->lock);
	while (*at && strcmp((*at)->path, path))
		at = &(*at)->next;
	mount = *at;
	if (mount)
		*at = mount->next;
	pthread_mutex_unlock(&skep->sys->lock);
	if (!mount)
		return -EINVAL;
	clear(skep, mount);
	return 0;
}

static void tell(const struct bpffs_mount *mount, void (*fn)(const char *path, void *cookie),
		 void *cookie)
{
	if (!mount)
		return;
	tell(mount->next, fn, cookie);
	fn(mount->path, cookie);
}

void bpffs_mounts(struct skep *skep, void (*fn)(const char *path, void *cookie), void *cookie)
{
	pthread_mutex_lock(&skep->sys->lock);
	tell(skep->sys->bpffs->mounts, fn, cookie);
	pthread_mutex_unlock(&skep->sys->lock);
}

int bpffs_create(struct skep *skep)
{
	struct bpffs_owner owner = {geteuid(), getegid()};
	int err;

	skep->sys->bpffs = os_alloc(skep->os, sizeof(*skep->sys->bpffs));
	if (!skep->sys->bpffs)
		return -ENOMEM;
	err = add_mount(skep, BPFFS_ROOT, 01777, &owner);
	if (err) {
		os_free(skep->os, skep->sys->bpffs);
		skep->sys->bpffs = NULL;
	}
	return err;
}

void bpffs_destroy(struct skep *skep)
{
	struct bpffs *fs = skep->sys->bpffs;

	while (fs && fs->mounts) {
		struct bpffs_mount *mount = fs->mounts;

		fs->mounts = mount->next;
		clear(skep, mount);
	}
	os_free(skep->os, fs);
}
