/*
 * What mmap(2) of a map's fd says.  Where the map has a file (struct map's fd), the file is what is
 * then mapped; but the file's own rules are not Linux's rules for maps, so they are asked first.
 */
#include <sys/mman.h>

#include "map/internal.h"

enum { PAGE = 4096 };

/* Of any file: the mode it was opened with, and no code from a file of the kernel's own. */
static int check_file(const struct map_mmap *ask, u32 sharing)
{
	int writes = ask->prot & PROT_WRITE;

	if (sharing == MAP_SHARED && writes && !ask->fd_writes)
		return -EACCES;
	if (!ask->fd_reads)
		return -EACCES;
	return ask->prot & PROT_EXEC ? -EPERM : 0;
}

static int check_range(const struct map_mmap *ask)
{
	u64 length = round_up_to(ask->length, PAGE);

	if (!ask->length || ask->offset % PAGE)
		return -EINVAL;
	if (length < ask->length)
		return -ENOMEM;
	return ask->offset + length < length ? -EOVERFLOW : 0;
}

/* MAP_SHARED or MAP_PRIVATE, or -errno. */
static int sharing_of(int flags)
{
	int type = flags & MAP_TYPE;

	/* maps know of no flag that only MAP_SHARED_VALIDATE would check */
	if (type == MAP_SHARED_VALIDATE)
		type = MAP_SHARED;
	return type == MAP_SHARED || type == MAP_PRIVATE ? type : -EINVAL;
}

int map_mmap_check_file(const struct map_mmap *ask)
{
	int sharing = sharing_of(ask->flags), err;

	err = check_range(ask);
	if (err)
		return err;
	return sharing < 0 ? sharing : check_file(ask, (u32)sharing);
}

int map_mmap_check(const struct map *map, const struct map_mmap *ask)
{
	int writes = ask->prot & PROT_WRITE;
	int err = map_mmap_check_file(ask);

	if (err)
		return err;
	if (!map->ops->user->mmap || map->record)
		return -ENOTSUPP;
	/* what the fd cannot write is not shared in Linux's eyes */
	if (sharing_of(ask->flags) != MAP_SHARED || !ask->fd_writes)
		return -EINVAL;
	if (writes && atomic_load_explicit(&map->frozen, memory_order_relaxed))
		return -EPERM;
	if (writes && map->flags & BPF_F_RDONLY_PROG)
		return -EACCES;
	return map->ops->user->mmap(map, ask);
}

int map_mmap_within(const struct map_mmap *ask, u64 size)
{
	u64 length = round_up_to(ask->length, PAGE);

	size = round_up_to(size, PAGE);
	return ask->offset > size || length > size - ask->offset ? -EINVAL : 0;
}
