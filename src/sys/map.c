/* The map commands: keys and values come in and go out, the map does the rest. */
#include <errno.h>

#include "btf/btf.h"
#include "sys/internal.h"

/* Keys and values up to this size need no allocation. */
enum { BUFFER_INLINE = 256 };

struct buffer {
	u8 *at;
	u8 room[BUFFER_INLINE];
};

static int buffer_make(struct buffer *b, const struct skep *skep, u64 size)
{
	b->at = size <= sizeof(b->room) ? b->room : os_alloc(skep->os, size);
	if (b->at == b->room)
		memset(b->room, 0, sizeof(b->room));
	return b->at ? 0 : -ENOMEM;
}

static void buffer_free(struct buffer *b, const struct skep *skep)
{
	if (b->at != b->room)
		os_free(skep->os, b->at);
}

/* One element command: the map, held, and its key. */
struct elem {
	struct map *map;
	struct buffer key, value;
	u32 value_size;
};

static int map_get(struct call *call, u32 need, struct map **out)
{
	struct obj *obj;
	u32 mode;
	int err = file_get(call->skep, (int)call->attr.map_fd, OBJ_MAP, &obj, &mode);

	if (err)
		return err;
	if (atomic_load_explicit(&map_of(obj)->frozen, memory_order_relaxed))
		mode &= ~(u32)MODE_WRITE;
	if (need & ~mode) {
		obj_put(obj);
		return -EPERM;
	}
	*out = map_of(obj);
	return 0;
}

/* Only a value that has a bpf_spin_lock can be copied under it. */
static int check_lock_flag(const struct map *map, u64 flags)
{
	if (!(flags & BPF_F_LOCK))
		return 0;
	return map->record && btf_record_has(map->record, BTF_FIELD_SPIN_LOCK) ? 0 : -EINVAL;
}

/* Types without keys take none; the others read one, where its address is bad: -EFAULT. */
static int read_key(struct call *call, struct elem *e)
{
	if (!e->map->key_size)
		return call->attr.key ? -EINVAL : 0;
	return user_read(call->skep, e->key.at, call->attr.key, e->map->key_size);
}

static void elem_end(struct call *call, struct elem *e)
{
	buffer_free(&e->value, call->skep);
	buffer_free(&e->key, call->skep);
	obj_put(&e->map->obj);
}

/* Hold the map and make room.  Nothing is held when it fails. */
static int elem_begin(struct call *call, u32 need, struct elem *e)
{
	int err = map_get(call, need, &e->map);

	if (err)
		return err;
	e->value_size = map_user_value_size(e->map);
	err = buffer_make(&e->key, call->skep, e->map->key_size);
	if (err)
		goto no_key;
	err = buffer_make(&e->value, call->skep, e->value_size);
	if (err)
		goto no_value;
	return 0;

no_value:
	buffer_free(&e->key, call->skep);
no_key:
	obj_put(&e->map->obj);
	return err;
}

long cmd_map_lookup(struct call *call)
{
	struct elem e;
	int err;

	if (call->attr.flags & ~(u64)BPF_F_LOCK)
		return -EINVAL;
	err = elem_begin(call, MODE_READ, &e);
	if (err)
		return err;
	err = check_lock_flag(e.map, call->attr.flags);
	if (!err)
		err = read_key(call, &e);
	if (!err)
		err = map_user_lookup(e.map, e.key.at, e.value.at, call->attr.flags);
	if (!err)
		err = user_write(call->skep, call->attr.value, e.value.at, e.value_size);
	elem_end(call, &e);
	return err;
}

long cmd_map_update(struct call *call)
{
	struct elem e;
	int err = elem_begin(call, MODE_WRITE, &e);

	if (err)
		return err;
	err = check_lock_flag(e.map, call->attr.flags);
	if (!err)
		err = read_key(call, &e);
	if (!err)
		err = user_read(call->skep, e.value.at, call->attr.value, e.value_size);
	if (!err)
		err = map_user_update(e.map, e.key.at, e.value.at, call->attr.flags);
	elem_end(call, &e);
	return err;
}

long cmd_map_delete(struct call *call)
{
	struct elem e;
	int err = elem_begin(call, MODE_WRITE, &e);

	if (err)
		return err;
	err = read_key(call, &e);
	if (!err)
		err = map_user_delete(e.map, e.key.at);
	elem_end(call, &e);
	return err;
}

long cmd_map_next_key(struct call *call)
{
	struct buffer next;
	struct elem e;
	int err = elem_begin(call, MODE_READ, &e);

	if (err)
		return err;
	err = buffer_make(&next, call->skep, e.map->key_size);
	if (err)
		goto out;
	if (call->attr.key)
		err = read_key(call, &e);
	if (!err)
		err = map_next_key(e.map, call->attr.key ? e.key.at : NULL, next.at);
	if (!err)
		err = user_write(call->skep, call->attr.next_key, next.at, e.map->key_size);
	buffer_free(&next, call->skep);
out:
	elem_end(call, &e);
	return err;
}

long cmd_map_lookup_and_delete(struct call *call)
{
	struct elem e;
	int err;

	if (call->attr.flags & ~(u64)BPF_F_LOCK)
		return -EINVAL;
	err = elem_begin(call, MODE_BOTH, &e);
	if (err)
		return err;
	err = check_lock_flag(e.map, call->attr.flags);
	if (!err)
		err = read_key(call, &e);
	if (!err)
		err = map_user_lookup_and_delete(e.map, e.key.at, e.value.at, call->attr.flags);
	if (!err)
		err = user_write(call->skep, call->attr.value, e.value.at, e.value_size);
	elem_end(call, &e);
	return err;
}

long cmd_map_freeze(struct call *call)
{
	struct map *map;
	int err = map_get(call, MODE_WRITE, &map);

	if (err)
		return err;
	err = freeze(map);
	obj_put(&map->obj);
	return err;
}

static long batch(struct call *call, enum map_batch what, u32 need)
{
	union bpf_attr *attr = &call->attr;
	struct obj *obj;
	struct map *map;
	u32 mode, asked = attr->batch.count;
	int err = file_get(call->skep, (int)attr->batch.map_fd, OBJ_MAP, &obj, &mode);

	if (err)
		return err;
	map = map_of(obj);
	if (atomic_load_explicit(&map->frozen, memory_order_relaxed))
		mode &= ~(u32)MODE_WRITE;
	err = need & ~mode ? -EPERM : map_batch(map, what, attr);
	obj_put(obj);
	if (attr->batch.count != asked && CALL_PUT(call, batch.count))
		err = -EFAULT;
	return err;
}

long cmd_map_lookup_batch(struct call *call)
{
	return batch(call, MAP_BATCH_LOOKUP, MODE_READ);
}

long cmd_map_lookup_and_delete_batch(struct call *call)
{
	return batch(call, MAP_BATCH_LOOKUP_AND_DELETE, MODE_BOTH);
}

long cmd_map_update_batch(struct call *call)
{
	return batch(call, MAP_BATCH_UPDATE, MODE_WRITE);
}

long cmd_map_delete_batch(struct call *call)
{
	return batch(call, MAP_BATCH_DELETE, MODE_WRITE);
}
