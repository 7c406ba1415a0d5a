/* The directory of ring buffers. */
#include <errno.h>

#include "base/spin.h"
#include "map/ring_dir.h"

struct row {
	_Atomic u64 data; /* 0: not there yet, or gone; the row is not used again */
	u64 size;
	struct map *map;
};

struct ring_dir {
	struct retired retired;
	const struct os *os;
	u32 live;          /* under skep->rings_lock, as the next */
	_Atomic u32 count; /* rows used */
	u32 room;
	struct row row[];
};

static void dir_free(struct retired *item)
{
	struct ring_dir *dir = container_of(item, struct ring_dir, retired);

	os_free(dir->os, dir);
}

static void append(struct ring_dir *dir, u64 data, u64 size, struct map *map)
{
	u32 i = atomic_load_explicit(&dir->count, memory_order_relaxed);
	struct row *row = &dir->row[i];

	row->size = size;
	row->map = map;
	/* release: who sees the row's address sees the rest; pairs with ring_dir_find */
	atomic_store_explicit(&row->data, data, memory_order_release);
	atomic_store_explicit(&dir->count, i + 1, memory_order_release);
	dir->live++;
}

static u32 used(const struct ring_dir *dir)
{
	return dir ? atomic_load_explicit(&dir->count, memory_order_relaxed) : 0;
}

/* A table with twice the room that the live rows of `old` (or NULL) need, which it has. */
static struct ring_dir *copy_of(const struct os *os, const struct ring_dir *old)
{
	u32 room = 8 + 2 * (old ? old->live : 0);
	struct ring_dir *dir = os_alloc(os, sizeof(*dir) + room * sizeof(struct row));

	if (!dir)
		return NULL;
	dir->os = os;
	dir->room = room;
	for (u32 i = 0; i < used(old); i++) {
		const struct row *row = &old->row[i];
		u64 data = atomic_load_explicit(&row->data, memory_order_relaxed);

		if (data)
			append(dir, data, row->size, row->map);
	}
	return dir;
}

int ring_dir_add(struct skep *skep, const struct ring_ref *ref)
{
	struct ring_dir *dir, *old = NULL;
	int err = 0;

	spin_lock(&skep->rings_lock);
	dir = atomic_load_explicit(&skep->rings, memory_order_relaxed);
	if (!dir || used(dir) == dir->room) {
		old = dir;
		dir = copy_of(skep->os, old);
	}
	if (dir) {
		append(dir, ref->data, ref->size, ref->map);
		atomic_store_explicit(&skep->rings, dir, memory_order_release);
	} else {
		old = NULL;
		err = -ENOMEM;
	}
	spin_unlock(&skep->rings_lock);
	if (old)
		epoch_retire(&skep->epoch, &skep->slots, &old->retired, dir_free);
	return err;
}

/* The last one takes the table along: nobody has a record, so nobody searches. */
void ring_dir_remove(struct skep *skep, const struct ring_ref *ref)
{
	struct ring_dir *dir;

	spin_lock(&skep->rings_lock);
	dir = atomic_load_explicit(&skep->rings, memory_order_relaxed);
	for (u32 i = 0; i < used(dir); i++)
		if (dir->row[i].map == ref->map)
			atomic_store_explicit(&dir->row[i].data, 0, memory_order_relaxed);
	if (--dir->live)
		dir = NULL;
	else
		atomic_store_explicit(&skep->rings, NULL, memory_order_relaxed);
	spin_unlock(&skep->rings_lock);
	if (dir)
		epoch_retire(&skep->epoch, &skep->slots, &dir->retired, dir_free);
}

struct map *ring_dir_find(struct skep *skep, u64 addr)
{
	const struct ring_dir *dir = atomic_load_explicit(&skep->rings, memory_order_acquire);
	u32 count = dir ? atomic_load_explicit(&dir->count, memory_order_acquire) : 0;

	for (u32 i = 0; i < count; i++) {
		u64 data = atomic_load_explicit(&dir->row[i].data, memory_order_acquire);

		if (data && addr - data < dir->row[i].size)
			return dir->row[i].map;
	}
	return NULL;
}
