/* Small commands: statistics, binding maps to programs, streams, tokens. */
#include <errno.h>
#include <linux/magic.h>
#include <sys/vfs.h>

#include "sys/internal.h"

enum { STREAM_STDOUT = 1, STREAM_STDERR = 2 };

/* While its fd is open, runs are counted. */
static void stats_free(struct obj *obj)
{
	atomic_fetch_sub_explicit(&obj->skep->stats_users, 1, memory_order_relaxed);
	os_free(obj->skep->os, obj);
}

long cmd_enable_stats(struct call *call)
{
	struct obj *obj;
	long fd;

	if (caller_needs(call->skep, CAP_FLAG_SYS_ADMIN))
		return -EPERM;
	if (call->attr.enable_stats.type != BPF_STATS_RUN_TIME)
		return -EINVAL;
	obj = os_alloc(call->skep->os, sizeof(*obj));
	if (!obj)
		return -ENOMEM;
	obj_init(obj, call->skep, OBJ_STATS, stats_free);
	atomic_fetch_add_explicit(&call->skep->stats_users, 1, memory_order_relaxed);
	fd = file_open(call->skep, obj, MODE_BOTH);
	obj_put(obj);
	return fd;
}

/* One more map that lives as long as the program; takes the reference. */
static int bind(struct prog *prog, struct map *map)
{
	const struct os *os = prog->obj.skep->os;
	struct map **maps;

	for (u32 i = 0; i < prog->nr_maps; i++)
		if (prog->maps[i] == map) {
			obj_put(&map->obj);
			return 0;
		}
	maps = os_alloc(os, (prog->nr_maps + 1) * sizeof(*maps));
	if (!maps) {
		obj_put(&map->obj);
		return -ENOMEM;
	}
	if (prog->nr_maps)
		memcpy(maps, prog->maps, prog->nr_maps * sizeof(*maps));
	maps[prog->nr_maps] = map;
	os_free(os, prog->maps);
	prog->maps = maps;
	prog->nr_maps++;
	return 0;
}

long cmd_prog_bind_map(struct call *call)
{
	const union bpf_attr *attr = &call->attr;
	struct obj *prog, *map;
	int err;

	if (attr->prog_bind_map.flags)
		return -EINVAL;
	err = sys_obj_by_fd(call->skep, (int)attr->prog_bind_map.prog_fd, OBJ_PROG, &prog);
	if (err)
		return err;
	err = sys_obj_by_fd(call->skep, (int)attr->prog_bind_map.map_fd, OBJ_MAP, &map);
	if (!err) {
		pthread_mutex_lock(&call->skep->sys->bind_lock);
		err = bind(prog_of(prog), map_of(map));
		pthread_mutex_unlock(&call->skep->sys->bind_lock);
	}
	obj_put(prog);
	return err;
}

/* Programs have two streams; no kfunc of ours writes to them yet, so they are empty. */
long cmd_stream_read(struct call *call)
{
	const union bpf_attr *attr = &call->attr;
	u32 stream = attr->prog_stream_read.stream_id;
	struct obj *obj;
	int err = sys_obj_by_fd(call->skep, (int)attr->prog_stream_read.prog_fd, OBJ_PROG, &obj);

	if (err)
		return err;
	obj_put(obj);
	return stream == STREAM_STDOUT || stream == STREAM_STDERR ? 0 : -ENOENT;
}

static int is_bpffs(struct skep *skep, int fd)
{
	int ours = skep->caller->borrow(skep, fd), yes;
	struct statfs fs;

	if (ours < 0)
		return 0;
	yes = !fstatfs(ours, &fs) && fs.f_type == BPF_FS_MAGIC;
	skep->caller->give_back(skep, ours);
	return yes;
}

/* Tokens delegate what the caller may not do by itself: here it may do everything. */
long cmd_token_create(struct call *call)
{
	int fd = (int)call->attr.token_create.bpffs_fd;

	if (call->attr.token_create.flags)
		return -EINVAL;
	return is_bpffs(call->skep, fd) ? -EOPNOTSUPP : token_error(call->skep, fd);
}
