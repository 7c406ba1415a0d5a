/*
 * Which maps a program uses: fds in instructions and in fd_array become references, each map once.
 */
#include <errno.h>

#include "base/usercopy.h"
#include "verifier/maps.h"

/* What a sleepable program may wait with: Linux's list. */
static const u8 sleepable_maps[] = {
	BPF_MAP_TYPE_HASH,          BPF_MAP_TYPE_PERCPU_HASH,   BPF_MAP_TYPE_ARRAY,
	BPF_MAP_TYPE_PERCPU_ARRAY,  BPF_MAP_TYPE_LRU_HASH,      BPF_MAP_TYPE_LRU_PERCPU_HASH,
	BPF_MAP_TYPE_ARRAY_OF_MAPS, BPF_MAP_TYPE_HASH_OF_MAPS,  BPF_MAP_TYPE_RINGBUF,
	BPF_MAP_TYPE_USER_RINGBUF,  BPF_MAP_TYPE_INODE_STORAGE, BPF_MAP_TYPE_SK_STORAGE,
	BPF_MAP_TYPE_TASK_STORAGE,  BPF_MAP_TYPE_CGRP_STORAGE,  BPF_MAP_TYPE_QUEUE,
	BPF_MAP_TYPE_STACK,         BPF_MAP_TYPE_ARENA,
};

static int check_sleepable(struct env *env, const struct map *map)
{
	if (!(env->prog->prog_flags & BPF_F_SLEEPABLE) ||
	    memchr(sleepable_maps, (int)map->type, sizeof(sleepable_maps)))
		return 0;
	return reject(
		env, -EINVAL,
		"Sleepable programs can only use array, hash, ringbuf and local storage maps");
}

static int check_usable(struct env *env, struct map *map)
{
	if (env->nr_maps >= MAX_MAPS)
		return reject(env, -E2BIG,
			      "The total number of maps per program has reached the limit of %u",
			      MAX_MAPS);
	return check_sleepable(env, map);
}

/* Takes over the reference. */
static int add_map(struct env *env, struct map *map, u32 *index)
{
	int err = 0;
	u32 i;

	for (i = 0; i < env->nr_maps && env->maps[i] != map; i++)
		;
	if (i == env->nr_maps) {
		err = check_usable(env, map);
		if (!err) {
			env->maps[env->nr_maps++] = map;
			*index = i;
			return 0;
		}
	}
	obj_put(&map->obj);
	if (!err)
		*index = i;
	return err;
}

int maps_add_fd(struct env *env, int fd, u32 *index)
{
	struct obj *obj;
	int err = env->skep->fd_get(env->skep, fd, OBJ_MAP, &obj);

	if (err)
		return reject(env, err, "fd %d is not pointing to valid bpf_map", fd);
	return add_map(env, map_of(obj), index);
}

int maps_read_fd_array(struct env *env, u32 index, int *fd)
{
	u64 addr = env->attr->fd_array + (u64)index * sizeof(*fd);

	return user_read(env->skep, fd, addr, sizeof(*fd)) ? -EFAULT : 0;
}

static int add_listed_fd(struct env *env, int fd)
{
	struct obj *obj;
	u32 index;

	if (!env->skep->fd_get(env->skep, fd, OBJ_MAP, &obj))
		return add_map(env, map_of(obj), &index);
	if (env->skep->fd_get(env->skep, fd, OBJ_BTF, &obj))
		return reject(env, -EINVAL, "fd %d is not pointing to valid bpf_map or btf", fd);
	obj_put(obj); /* types of kernel modules: nothing of ours refers to them */
	return 0;
}

/* With fd_array_cnt the whole of fd_array belongs to the program, used or not. */
int pass_fd_array(struct env *env)
{
	int fd = -1, err = 0;

	if (!env->attr->fd_array_cnt)
		return 0;
	if (env->attr->fd_array_cnt >= UINT32_MAX / sizeof(int))
		return reject(env, -EINVAL, "fd_array_cnt is too big (%u)",
			      env->attr->fd_array_cnt);
	for (u32 i = 0; i < env->attr->fd_array_cnt && !err; i++) {
		err = maps_read_fd_array(env, i, &fd);
		if (!err)
			err = add_listed_fd(env, fd);
	}
	return err;
}
