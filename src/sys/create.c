/* BPF_MAP_CREATE: attr's fds become objects, the map is made, its name and BTF are checked. */
#include <errno.h>
#include <fcntl.h>

#include "base/since.h"
#include "btf/btf.h"
#include "sys/internal.h"

enum { HASH_SIZE = 32 };

int mode_of_flags(u32 flags, u32 *mode)
{
	u32 only = flags & (BPF_F_RDONLY | BPF_F_WRONLY);

	if (only == (BPF_F_RDONLY | BPF_F_WRONLY))
		return -EINVAL;
	*mode = only == BPF_F_RDONLY ? MODE_READ : only == BPF_F_WRONLY ? MODE_WRITE : MODE_BOTH;
	return 0;
}

int token_error(struct skep *skep, int fd)
{
	return file_check(skep, fd) ? -EBADF : -EINVAL;
}

/* A map for one program alone, which is named by the SHA-256 of its instructions. */
static int check_exclusive(struct call *call)
{
	const union bpf_attr *attr = &call->attr;
	u8 hash[HASH_SIZE];

	if (!attr->excl_prog_hash)
		return attr->excl_prog_hash_size ? -EINVAL : 0;
	if (attr->excl_prog_hash_size != sizeof(hash))
		return -EINVAL;
	return user_read(call->skep, hash, attr->excl_prog_hash, sizeof(hash));
}

static int check_attr(struct call *call, u32 *mode)
{
	const union bpf_attr *attr = &call->attr;
	const struct map_type *type;

	if (attr->btf_vmlinux_value_type_id ||
	    (attr->btf_key_type_id && !attr->btf_value_type_id) ||
	    mode_of_flags(attr->map_flags, mode))
		return -EINVAL;
	type = map_type_by_id(attr->map_type);
	return type && since_visible(call->skep, type->since) ? 0 : -EINVAL;
}

static int make(struct call *call, struct map **out)
{
	const union bpf_attr *attr = &call->attr;
	struct map_attr to = {
		.type = attr->map_type,
		.key_size = attr->key_size,
		.value_size = attr->value_size,
		.max_entries = attr->max_entries,
		.flags = attr->map_flags & ~(u32)BPF_F_TOKEN_FD,
		.numa_node = attr->numa_node,
		.ifindex = attr->map_ifindex,
		.extra = attr->map_extra,
		.lacks = caller_lacks(call->skep),
	};
	struct obj *inner = NULL;
	int err;

	/* Whether there has to be one is for the type to say. */
	to.inner_error = sys_obj_by_fd(call->skep, (int)attr->inner_map_fd, OBJ_MAP, &inner);
	if (inner)
		to.inner = map_of(inner);
	err = map_create(call->skep, &to, out);
	if (inner)
		obj_put(inner);
	return err;
}

static int take_btf(struct call *call, struct map *map)
{
	const union bpf_attr *attr = &call->attr;
	struct obj *obj;
	int err;

	if (!attr->btf_key_type_id && !attr->btf_value_type_id)
		return 0;
	err = sys_obj_by_fd(call->skep, (int)attr->btf_fd, OBJ_BTF, &obj);
	if (err)
		return err;
	if (btf_of(obj)->kernel)
		err = -EACCES;
	if (!err && attr->btf_value_type_id)
		err = map_set_btf(map, btf_of(obj), attr->btf_key_type_id, attr->btf_value_type_id);
	obj_put(obj);
	return err;
}

/* What Linux looks at once the map is there. */
static int finish(struct call *call, struct map *map)
{
	const union bpf_attr *attr = &call->attr;
	int err = 0;

	if (attr->map_flags & BPF_F_TOKEN_FD)
		err = token_error(call->skep, attr->map_token_fd);
	if (!err)
		err = name_copy(map->name, attr->map_name);
	if (!err)
		err = take_btf(call, map);
	if (!err)
		err = check_exclusive(call);
	return err;
}

long cmd_map_create(struct call *call)
{
	struct map *map;
	u32 mode;
	int err = check_attr(call, &mode);

	if (!err)
		err = make(call, &map);
	if (err)
		return err;
	err = finish(call, map);
	if (err) {
		obj_put(&map->obj);
		return err;
	}
	/* what programs may take for constant, users may not map writable */
	if (map->flags & BPF_F_RDONLY_PROG && map->fd >= 0)
		fcntl(map->fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE);
	return publish(call->skep, &map->obj, mode);
}
