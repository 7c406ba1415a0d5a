/* BPF_OBJ_GET_INFO_BY_FD: what is known of an object, by kind. */
#include <errno.h>

#include "btf/btf.h"
#include "sys/internal.h"

int info_read(struct info_dest *dest, void *to, u32 known)
{
	int err = user_tail_zero(dest->skep, dest->at, known, dest->size);

	if (err)
		return err;
	if (dest->size > known)
		dest->size = known;
	memset(to, 0, known);
	return user_read(dest->skep, to, dest->at, dest->size);
}

int info_write(struct info_dest *dest, const void *from)
{
	dest->written = 1;
	return user_write(dest->skep, dest->at, from, dest->size);
}

int info_array(struct info_dest *dest, u64 to, u32 room, const void *from, u32 count, u32 size)
{
	u32 n = room < count ? room : count;

	return user_write(dest->skep, to, from, (u64)n * size);
}

static int info_of_map(struct info_dest *dest, struct map *map)
{
	struct bpf_map_info info;
	int err = info_read(dest, &info, sizeof(info));

	if (err)
		return err;
	/* no type of ours has a hash over its contents to tell */
	if (info.hash || info.hash_size)
		return -EINVAL;
	info.type = map->type;
	info.id = map->obj.id;
	info.key_size = map->key_size;
	info.value_size = map->value_size;
	info.max_entries = map->max_entries;
	info.map_flags = map->flags;
	info.map_extra = map->extra;
	memcpy(info.name, map->name, sizeof(info.name));
	if (map->btf) {
		info.btf_id = map->btf->obj.id;
		info.btf_key_type_id = map->btf_key_type_id;
		info.btf_value_type_id = map->btf_value_type_id;
	}
	return info_write(dest, &info);
}

int info_name(struct info_dest *dest, const char *name, u64 to, u32 room)
{
	u32 len = (u32)strlen(name) + 1;

	if (!to)
		return 0;
	if (room >= len)
		return user_write(dest->skep, to, name, len);
	if (user_write(dest->skep, to, name, room - 1) ||
	    user_write(dest->skep, to + room - 1, "", 1))
		return -EFAULT;
	return -ENOSPC;
}

static int info_of_btf(struct info_dest *dest, struct btf *btf)
{
	struct bpf_btf_info info;
	int err = info_read(dest, &info, sizeof(info)), named;
	u32 room;

	if (err)
		return err;
	if (info_array(dest, info.btf, info.btf_size, btf->data, btf->size, 1))
		return -EFAULT;
	info.id = btf->obj.id;
	info.btf_size = btf->size;
	info.kernel_btf = btf->kernel;
	if (!info.name != !info.name_len)
		return -EINVAL;
	room = info.name_len;
	info.name_len = (u32)strlen(btf->name);
	named = info_name(dest, btf->name, info.name, room);
	if (named == -EFAULT)
		return named;
	err = info_write(dest, &info);
	return err ? err : named;
}

static int info_of(struct info_dest *dest, struct obj *obj)
{
	switch (obj->kind) {
	case OBJ_MAP:
		return info_of_map(dest, map_of(obj));
	case OBJ_PROG:
		return info_of_prog(dest, prog_of(obj));
	case OBJ_BTF:
		return info_of_btf(dest, btf_of(obj));
	case OBJ_LINK:
		return info_of_link(dest, obj);
	default:
		return -EINVAL;
	}
}

long cmd_obj_info(struct call *call)
{
	struct info_dest dest = {
		.skep = call->skep,
		.at = call->attr.info.info,
		.size = call->attr.info.info_len,
	};
	struct obj *obj;
	u32 mode;
	int err = file_get_any(call->skep, (int)call->attr.info.bpf_fd, &obj, &mode);

	if (err)
		return err == -EBADF ? -EBADFD : err;
	err = info_of(&dest, obj);
	obj_put(obj);
	if (dest.written && err != -EFAULT) {
		call->attr.info.info_len = dest.size;
		if (CALL_PUT(call, info.info_len))
			err = -EFAULT;
	}
	return err;
}
