/*
 * BPF_MAP_*_BATCH: key by key for most types; bucket by bucket for hashes, whose elements come and
 * go while they are read.  attr->batch.count tells how many elements were done, also when it failed
 * half-way.
 */
#include "base/usercopy.h"
#include "map/internal.h"

struct batch {
	struct map *map;
	struct skep *skep;
	u64 in, out, keys, values; /* the caller's addresses */
	u64 flags;                 /* of each element */
	u32 max, done;
	u32 value_size;
	u32 capacity; /* elements that the buffers of by_bucket hold */
};

/* A key, the one before it, and a value. */
struct buffers {
	u8 *key, *prev, *value;
};

static int buffers_create(struct buffers *bufs, const struct batch *b)
{
	const struct os *os = b->skep->os;

	bufs->key = os_alloc(os, b->map->key_size);
	bufs->prev = os_alloc(os, b->map->key_size);
	bufs->value = os_alloc(os, b->value_size);
	return bufs->key && bufs->prev && bufs->value ? 0 : -ENOMEM;
}

static void buffers_destroy(struct buffers *bufs, const struct batch *b)
{
	os_free(b->skep->os, bufs->value);
	os_free(b->skep->os, bufs->prev);
	os_free(b->skep->os, bufs->key);
}

static u64 key_addr(const struct batch *b, u64 n)
{
	return b->keys + n * b->map->key_size;
}

static u64 value_addr(const struct batch *b, u64 n)
{
	return b->values + n * b->value_size;
}

static int write_out(const struct batch *b, const void *keys, const void *values, u32 n)
{
	int err = user_write(b->skep, key_addr(b, b->done), keys, (u64)n * b->map->key_size);

	return err ? err
		   : user_write(b->skep, value_addr(b, b->done), values, (u64)n * b->value_size);
}

/* One element after bufs->prev (the first when !have_prev), which moves on. */
static int copy_next(struct batch *b, struct buffers *bufs, int have_prev)
{
	int err = map_next_key(b->map, have_prev ? bufs->prev : NULL, bufs->key);
	u8 *key = bufs->key;

	if (err)
		return err;
	err = map_user_lookup(b->map, key, bufs->value, b->flags);
	if (!err)
		err = write_out(b, key, bufs->value, 1);
	else if (err == -ENOENT)
		err = 1; /* it went, or never had a value: on to the next */
	bufs->key = bufs->prev;
	bufs->prev = key;
	return err;
}

static int lookup_by_key(struct batch *b, struct buffers *bufs)
{
	int have_prev = b->in != 0, err = 0, copied = 0;

	if (b->in)
		err = user_read(b->skep, bufs->prev, b->in, b->map->key_size);
	while (!err && (u32)copied < b->max) {
		err = copy_next(b, bufs, have_prev);
		if (err < 0)
			break;
		copied += !err;
		b->done += !err;
		have_prev = 1;
		err = 0;
	}
	if (err == -EFAULT) {
		b->done = 0;
		return err;
	}
	if (b->done && user_write(b->skep, b->out, bufs->prev, b->map->key_size))
		return -EFAULT;
	return err;
}

static int update_by_key(struct batch *b, struct buffers *bufs)
{
	int err = 0;

	for (; b->done < b->max; b->done++) {
		err = user_read(b->skep, bufs->key, key_addr(b, b->done), b->map->key_size);
		if (!err)
			err = user_read(b->skep, bufs->value, value_addr(b, b->done),
					b->value_size);
		if (!err)
			err = map_user_update(b->map, bufs->key, bufs->value, b->flags);
		if (err)
			break;
	}
	return err;
}

static int delete_by_key(struct batch *b, struct buffers *bufs)
{
	int err = 0;

	for (; b->done < b->max; b->done++) {
		err = user_read(b->skep, bufs->key, key_addr(b, b->done), b->map->key_size);
		if (!err)
			err = map_user_delete(b->map, bufs->key);
		if (err)
			break;
	}
	return err;
}

static int by_key(struct batch *b, int (*step)(struct batch *b, struct buffers *bufs))
{
	struct buffers bufs;
	int err = buffers_create(&bufs, b);

	if (!err)
		err = step(b, &bufs);
	buffers_destroy(&bufs, b);
	return err;
}

/* Room for `room` elements, in place of what was there. */
static int grow(struct batch *b, struct map_bucket *bucket, u32 room)
{
	const struct os *os = b->skep->os;

	os_free(os, bucket->keys);
	os_free(os, bucket->values);
	bucket->keys = os_alloc(os, (u64)room * b->map->key_size);
	bucket->values = os_alloc(os, (u64)room * b->value_size);
	b->capacity = room;
	return bucket->keys && bucket->values ? 0 : -ENOMEM;
}

/* 0 or -ENOENT past the last bucket, -ENOSPC when the caller has no room for it, -EFAULT, ... */
static int copy_bucket(struct batch *b, struct map_bucket *bucket)
{
	u32 left = b->max - b->done;
	int err;

	for (;;) {
		bucket->room = left < b->capacity ? left : b->capacity;
		err = b->map->ops->user->bucket(b->map, bucket);
		if (err != -ENOSPC || bucket->count > left)
			break;
		err = grow(b, bucket, bucket->count);
		if (err)
			break;
	}
	if (!err)
		err = write_out(b, bucket->keys, bucket->values, bucket->count);
	if (!err)
		b->done += bucket->count;
	return err;
}

static int buckets(struct batch *b, struct map_bucket *bucket)
{
	enum { FIRST_ROOM = 8 };
	int err = 0;

	if (b->in)
		err = user_read(b->skep, &bucket->index, b->in, sizeof(bucket->index));
	if (!err)
		err = grow(b, bucket, b->max < FIRST_ROOM ? b->max : FIRST_ROOM);
	for (; !err; bucket->index++) {
		err = copy_bucket(b, bucket);
		if (err)
			break;
	}
	if (err == -ENOSPC && b->done)
		err = 0;
	if (err && err != -ENOENT && err != -ENOSPC) {
		b->done = 0;
		return err;
	}
	if (user_write(b->skep, b->out, &bucket->index, sizeof(bucket->index))) {
		b->done = 0;
		return -EFAULT;
	}
	return err;
}

static int by_bucket(struct batch *b, u8 remove)
{
	struct map_bucket bucket = {.remove = remove};
	int err = buckets(b, &bucket);

	os_free(b->skep->os, bucket.keys);
	os_free(b->skep->os, bucket.values);
	return err;
}

static int run_batch(struct batch *b, enum map_batch what)
{
	switch (what) {
	case MAP_BATCH_UPDATE:
		return by_key(b, update_by_key);
	case MAP_BATCH_DELETE:
		return by_key(b, delete_by_key);
	case MAP_BATCH_LOOKUP_AND_DELETE:
		return by_bucket(b, 1);
	default:
		return b->map->ops->user->bucket ? by_bucket(b, 0) : by_key(b, lookup_by_key);
	}
}

static int check(const struct map *map, enum map_batch what, const union bpf_attr *attr)
{
	u64 flags = attr->batch.elem_flags;

	if (!(map->ops->user->batches & what))
		return -ENOTSUPP;
	if (flags & ~(u64)BPF_F_LOCK || (flags & BPF_F_LOCK && !map_value_has_lock(map)))
		return -EINVAL;
	/* Buckets have flags of their own, of which there are none yet. */
	if (map->ops->user->bucket && attr->batch.flags &&
	    what & (MAP_BATCH_LOOKUP | MAP_BATCH_LOOKUP_AND_DELETE))
		return -EINVAL;
	return 0;
}

int map_batch(struct map *map, enum map_batch what, union bpf_attr *attr)
{
	struct batch b = {
		.map = map,
		.skep = map->obj.skep,
		.in = attr->batch.in_batch,
		.out = attr->batch.out_batch,
		.keys = attr->batch.keys,
		.values = attr->batch.values,
		.flags = attr->batch.elem_flags,
		.max = attr->batch.count,
		.value_size = map_user_value_size(map),
	};
	int err = check(map, what, attr);

	if (err || !b.max)
		return err;
	err = run_batch(&b, what);
	attr->batch.count = b.done;
	return err;
}
