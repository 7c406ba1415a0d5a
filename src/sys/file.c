/*
 * fds.  An object that has been given to a caller has one file: a memfd that holds what the caller
 * may mmap, or nothing.  We keep an fd of it that nobody else has; the caller gets the same inode
 * opened anew.  So
 *   - what an fd means is its inode, however it was dup'ed, passed on or inherited;
 *   - the caller's last close is seen by asking for a write lease on our own fd: the kernel grants
 *     it only when no other open file or mapping of the inode is left.
 * A file holds one reference to its object.  Objects whose fds differ in what they may do have a
 * file for each.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "map/perf.h"
#include "sys/file.h"

enum { FIRST_BUCKETS = 64, FIRST_SWEEP = 64 };

static const char *const memfd_names[OBJ_KINDS] = {
	[OBJ_MAP] = "anon_inode:bpf-map",     [OBJ_PROG] = "anon_inode:bpf-prog",
	[OBJ_BTF] = "anon_inode:btf",         [OBJ_LINK] = "anon_inode:bpf_link",
	[OBJ_STATS] = "anon_inode:bpf-stats", [OBJ_PERF] = "anon_inode:[perf_event]",
};

int files_create(struct skep *skep)
{
	struct sys *sys = skep->sys;

	sys->bucket = os_alloc(skep->os, FIRST_BUCKETS * sizeof(*sys->bucket));
	if (!sys->bucket)
		return -ENOMEM;
	sys->nr_buckets = FIRST_BUCKETS;
	sys->inotify = -1;
	sys->sweep_at = FIRST_SWEEP;
	return 0;
}

static struct sys_file **bucket_of(struct sys *sys, ino_t ino)
{
	return &sys->bucket[ino & (sys->nr_buckets - 1)];
}

static struct sys_file *find(struct sys *sys, int fd)
{
	struct sys_file *file;
	struct stat st;

	if (fstat(fd, &st))
		return NULL;
	file = *bucket_of(sys, st.st_ino);
	while (file && (file->ino != st.st_ino || file->dev != st.st_dev))
		file = file->next;
	return file;
}

/* More buckets, when there is memory for them; without it chains only become longer. */
static void spread(struct skep *skep)
{
	struct sys *sys = skep->sys;
	struct sys_file **old = sys->bucket;
	u32 nr_old = sys->nr_buckets;
	struct sys_file **bucket = os_alloc(skep->os, 2 * nr_old * sizeof(*bucket));

	if (!bucket)
		return;
	sys->bucket = bucket;
	sys->nr_buckets = 2 * nr_old;
	for (u32 i = 0; i < nr_old; i++)
		while (old[i]) {
			struct sys_file *file = old[i];

			old[i] = file->next;
			file->next = *bucket_of(sys, file->ino);
			*bucket_of(sys, file->ino) = file;
		}
	os_free(skep->os, old);
}

static int is_buffer(const struct obj *obj)
{
	return obj->kind == OBJ_MAP || obj->kind == OBJ_PERF;
}

static void insert(struct skep *skep, struct sys_file *file)
{
	struct sys *sys = skep->sys;

	if (sys->nr_files >= sys->nr_buckets)
		spread(skep);
	file->next = *bucket_of(sys, file->ino);
	*bucket_of(sys, file->ino) = file;
	file->next_mode = file->obj->file;
	file->obj->file = file;
	atomic_fetch_add(&file->obj->users, 1);
	file_watch(sys, file);
	sys->nr_files++;
	sys->nr_buffers += is_buffer(file->obj);
}

void file_detach(struct sys *sys, struct sys_file *file)
{
	struct sys_file **at = bucket_of(sys, file->ino);

	while (*at != file)
		at = &(*at)->next;
	*at = file->next;
	at = &file->obj->file;
	while (*at != file)
		at = &(*at)->next_mode;
	*at = file->next_mode;
	atomic_fetch_sub(&file->obj->users, 1);
	file_unwatch(sys, file);
	file->was_only = !file->obj->file;
	file->last = file->was_only && !file->obj->pins;
	sys->nr_files--;
	sys->nr_buffers -= is_buffer(file->obj);
}

void users_gone(struct obj *obj)
{
	if (obj->kind == OBJ_MAP)
		map_user_gone(map_of(obj));
}

void pin_gone(struct obj *obj)
{
	pthread_mutex_t *lock = &obj->skep->sys->lock;
	int last;

	pthread_mutex_lock(lock);
	last = !--obj->pins && !obj->file;
	atomic_fetch_sub(&obj->users, 1);
	pthread_mutex_unlock(lock);
	if (last)
		users_gone(obj);
	obj_put(obj);
}

/* Not under the lock: freeing an object may free others. */
static void destroy(struct skep *skep, struct sys_file *file)
{
	if (skep->caller->closed && file->was_only)
		skep->caller->closed(skep, file->obj);
	close(file->fd);
	if (file->last)
		users_gone(file->obj);
	obj_put(file->obj);
	os_free(skep->os, file);
}

/* An empty file that nobody can fill. */
static int empty_memfd(const char *name)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return -errno;
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)) {
		int err = -errno;

		close(fd);
		return err;
	}
	return fd;
}

/* The same inode opened once more. */
static int reopen(int fd, int flags)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* The file of what its users may mmap, or -1. */
static int content_fd(const struct obj *obj)
{
	if (obj->kind == OBJ_MAP)
		return container_of(obj, struct map, obj)->fd;
	return obj->kind == OBJ_PERF ? perf_ring_fd(obj) : -1;
}

/* The fd to keep: of the map's own file, where it has one that its users may mmap. */
static int own_fd(struct obj *obj)
{
	int first, fd;

	if (content_fd(obj) >= 0)
		return reopen(content_fd(obj), O_RDONLY);
	first = empty_memfd(memfd_names[obj->kind]);
	if (first < 0)
		return first;
	fd = reopen(first, O_RDONLY);
	close(first);
	return fd;
}

static int make(struct skep *skep, struct obj *obj, u32 mode, struct sys_file **out)
{
	struct sys_file *file = os_alloc(skep->os, sizeof(*file));
	struct stat st;

	if (!file)
		return -ENOMEM;
	file->obj = obj;
	file->mode = content_fd(obj) >= 0 ? 0 : mode;
	file->fd = own_fd(obj);
	if (file->fd < 0) {
		int err = file->fd;

		os_free(skep->os, file);
		return err;
	}
	fstat(file->fd, &st);
	file->dev = st.st_dev;
	file->ino = st.st_ino;
	obj_get(obj);
	insert(skep, file);
	*out = file;
	return 0;
}

/* The object's file for such fds, if there is one. */
static struct sys_file *of_mode(const struct obj *obj, u32 mode)
{
	struct sys_file *file = obj->file;

	while (file && file->mode && file->mode != mode)
		file = file->next_mode;
	return file;
}

static int open_anew(struct sys_file *file, u32 mode)
{
	static const int flags[] = {
		[MODE_READ] = O_RDONLY, [MODE_WRITE] = O_WRONLY, [MODE_BOTH] = O_RDWR};
	int fd = reopen(file->fd, flags[mode]);

	if (fd < 0)
		return fd;
	file->given++;
	file->restricted |= mode != MODE_BOTH;
	return fd;
}

void files_free(struct skep *skep, struct sys_file *file)
{
	while (file) {
		struct sys_file *next = file->next;

		destroy(skep, file);
		file = next;
	}
}

int file_open(struct skep *skep, struct obj *obj, u32 mode)
{
	struct sys *sys = skep->sys;
	struct sys_file *dead = NULL, *file;
	int fd = 0;

	if (atomic_load_explicit(&sys->nr_files, memory_order_relaxed) >= sys->sweep_at)
		files_sweep(skep);
	pthread_mutex_lock(&sys->lock);
	file = of_mode(obj, mode);
	if (!file)
		fd = make(skep, obj, mode, &file);
	if (!fd) {
		fd = open_anew(file, mode);
		if (fd < 0 && !file->given) {
			file_detach(sys, file);
			file->next = NULL;
			dead = file;
		}
	}
	pthread_mutex_unlock(&sys->lock);
	files_free(skep, dead);
	return fd < 0 ? fd : skep->caller->hand_over(skep, fd);
}

/*
 * What the fd may do.  An open mode is no wall: the fd can be opened again through /proc.  So each
 * mode has a file of its own, whose inode tells; where they have to share one, because it has what
 * may be mapped, the open mode is what there is.
 */
static u32 mode_of(const struct sys_file *file, int fd)
{
	static const u32 modes[] = {
		[O_RDONLY] = MODE_READ, [O_WRONLY] = MODE_WRITE, [O_RDWR] = MODE_BOTH};

	if (file->mode)
		return file->mode;
	return file->restricted ? modes[fcntl(fd, F_GETFL) & O_ACCMODE] : MODE_BOTH;
}

int file_check(struct skep *skep, int fd)
{
	int ours = skep->caller->borrow(skep, fd), err;

	if (ours < 0)
		return ours;
	err = fcntl(ours, F_GETFD) < 0 ? -EBADF : 0;
	skep->caller->give_back(skep, ours);
	return err;
}

static int get_locked(struct skep *skep, int fd, struct obj **out, u32 *mode)
{
	struct sys_file *file = find(skep->sys, fd);

	if (!file)
		return fcntl(fd, F_GETFD) < 0 ? -EBADF : -EINVAL;
	obj_get(file->obj);
	*out = file->obj;
	*mode = mode_of(file, fd);
	return 0;
}

int file_get_any(struct skep *skep, int fd, struct obj **out, u32 *mode)
{
	int ours = skep->caller->borrow(skep, fd), err;

	if (ours < 0)
		return ours;
	pthread_mutex_lock(&skep->sys->lock);
	err = get_locked(skep, ours, out, mode);
	pthread_mutex_unlock(&skep->sys->lock);
	skep->caller->give_back(skep, ours);
	return err;
}

int file_get(struct skep *skep, int fd, enum obj_kind kind, struct obj **out, u32 *mode)
{
	struct obj *obj;
	int err = file_get_any(skep, fd, &obj, mode);

	if (err)
		return err;
	if (obj->kind != kind) {
		obj_put(obj);
		return -EINVAL;
	}
	*out = obj;
	return 0;
}

int sys_obj_by_fd(struct skep *skep, int fd, enum obj_kind kind, struct obj **out)
{
	u32 mode;

	return file_get(skep, fd, kind, out, &mode);
}

int sys_obj_by_fd_any(struct skep *skep, int fd, struct obj **out)
{
	u32 mode;

	return file_get_any(skep, fd, out, &mode);
}

int sys_has_buffers(struct skep *skep)
{
	return atomic_load(&skep->sys->nr_buffers) != 0;
}

int sys_mmap_check(struct skep *skep, int fd, struct map_mmap *ask)
{
	struct obj *obj;
	u32 mode;
	int err;

	if (file_get_any(skep, fd, &obj, &mode))
		return 1;
	ask->fd_reads = !!(mode & MODE_READ);
	ask->fd_writes = !!(mode & MODE_WRITE);
	if (obj->kind == OBJ_MAP) {
		err = map_mmap_check(map_of(obj), ask);
	} else {
		err = map_mmap_check_file(ask);
		if (!err)
			err = -ENODEV;
	}
	obj_put(obj);
	return err;
}

int sys_fd_for_obj(struct skep *skep, struct obj *obj)
{
	return file_open(skep, obj, MODE_BOTH);
}

int sys_dup(struct skep *skep, int fd, int min)
{
	struct sys_file *file;
	int copy = -EBADF;

	pthread_mutex_lock(&skep->sys->lock);
	file = find(skep->sys, fd);
	if (file) {
		copy = fcntl(fd, F_DUPFD_CLOEXEC, min);
		if (copy < 0)
			copy = -errno;
		else
			file->given++;
	}
	pthread_mutex_unlock(&skep->sys->lock);
	return copy;
}

/* Where leases do not tell, the count of fds that we gave and saw closed has to do. */
static int is_last(const struct sys_file *file)
{
	int said;

	if (file->given)
		return 0;
	said = file_alone(file);
	return said < 0 || said;
}

int sys_close(struct skep *skep, int fd)
{
	struct sys_file *file;
	int err = 0;

	pthread_mutex_lock(&skep->sys->lock);
	file = find(skep->sys, fd);
	if (close(fd))
		err = -errno;
	if (file && file->given)
		file->given--;
	if (file && is_last(file))
		file_detach(skep->sys, file);
	else
		file = NULL;
	pthread_mutex_unlock(&skep->sys->lock);
	if (file)
		destroy(skep, file);
	return err;
}

void files_destroy(struct skep *skep)
{
	struct sys *sys = skep->sys;

	for (u32 i = 0; i < sys->nr_buckets; i++)
		while (sys->bucket[i]) {
			struct sys_file *file = sys->bucket[i];

			file_detach(sys, file);
			destroy(skep, file);
		}
	os_free(skep->os, sys->bucket);
	if (sys->inotify >= 0)
		close(sys->inotify);
}

long publish(struct skep *skep, struct obj *obj, u32 mode)
{
	long ret = obj_publish(obj);

	if (!ret)
		ret = file_open(skep, obj, mode);
	obj_put(obj);
	return ret;
}
