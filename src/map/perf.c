/*
 * BPF_MAP_TYPE_PERF_EVENT_ARRAY and the buffers in it, whose memory looks like
 * perf_event_open(2)'s. The reader's position and everything else in there is the client's to
 * spoil: ours is `head`.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "map/obj_array.h"
#include "map/output.h"
#include "map/perf.h"
#include "map/usage.h"

enum { PAGE = 4096 };

struct perf_ring {
	struct obj obj;
	struct perf_event_mmap_page *page; /* NULL until it is mapped */
	u8 *data;
	int fd;           /* the file that its memory is, for readers in other processes; or -1 */
	u64 size;         /* of data, a power of two */
	_Atomic u32 lock; /* guards the next two */
	u64 head;
	u64 lost; /* records since the last that was written */
	u64 made_ns;
};

/* What is told of records that found no room. */
struct lost_record {
	struct perf_event_header header;
	u64 id, lost;
};

static struct perf_ring *perf_ring_of(struct obj *obj)
{
	return container_of(obj, struct perf_ring, obj);
}

static void perf_ring_free(struct obj *obj)
{
	struct perf_ring *r = perf_ring_of(obj);

	window_free(&obj->skep->window, r->page, PAGE + r->size);
	if (r->fd >= 0)
		close(r->fd);
	os_free(obj->skep->os, r);
}

int perf_ring_create(struct skep *skep, struct obj **out)
{
	struct perf_ring *r = os_alloc(skep->os, sizeof(*r));

	if (!r)
		return -ENOMEM;
	obj_init(&r->obj, skep, OBJ_PERF, perf_ring_free);
	r->made_ns = skep->os->clock_ns(skep->os, CLOCK_MONOTONIC);
	r->fd = -1;
	*out = &r->obj;
	return 0;
}

static int map_locked(struct perf_ring *r, u64 size, struct perf_event_mmap_page *page)
{
	if (r->page)
		return -EBUSY;
	r->size = size - PAGE;
	r->data = (u8 *)page + PAGE;
	page->data_offset = PAGE;
	page->data_size = r->size;
	r->page = page;
	return 0;
}

int perf_ring_share(struct obj *ring)
{
	int fd = memfd_create("anon_inode:[perf_event]", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return -errno;
	perf_ring_of(ring)->fd = fd;
	return 0;
}

int perf_ring_fd(const struct obj *ring)
{
	return container_of(ring, struct perf_ring, obj)->fd;
}

/* From here on nobody can take the file away from under us: others have it open too. */
static int fix_size(int fd, u64 size)
{
	struct stat st;

	if (ftruncate(fd, (off_t)size) ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) || fstat(fd, &st))
		return -EINVAL;
	return (u64)st.st_size == size ? 0 : -EINVAL;
}

static int alloc_memory(struct perf_ring *r, u64 size, void **out)
{
	struct window *w = &r->obj.skep->window;
	int err = r->fd < 0 ? 0 : fix_size(r->fd, size);

	if (err)
		return err;
	*out = r->fd < 0 ? window_alloc(w, size) : window_map_fd(w, r->fd, size, 0);
	return *out ? 0 : -ENOMEM;
}

int perf_ring_map(struct obj *ring, u64 size, void **out)
{
	struct perf_ring *r = perf_ring_of(ring);
	u64 pages = size / PAGE - 1;
	void *page;
	int err;

	if (size % PAGE || size < 2 * PAGE || pages & (pages - 1))
		return -EINVAL;
	if (r->page)
		return -EBUSY;
	err = alloc_memory(r, size, &page);
	if (err)
		return err;
	spin_lock(&r->lock);
	err = map_locked(r, size, page);
	spin_unlock(&r->lock);
	if (err)
		window_free(&ring->skep->window, page, size);
	else
		*out = page;
	return err;
}

u64 perf_ring_size(struct obj *ring)
{
	struct perf_ring *r = perf_ring_of(ring);
	u64 size;

	spin_lock(&r->lock);
	size = r->page ? PAGE + r->size : 0;
	spin_unlock(&r->lock);
	return size;
}

int perf_ring_pending(struct obj *ring)
{
	struct perf_ring *r = perf_ring_of(ring);
	int yes;

	spin_lock(&r->lock);
	yes = r->page && __atomic_load_n(&r->page->data_tail, __ATOMIC_RELAXED) != r->head;
	spin_unlock(&r->lock);
	return yes;
}

static void put(struct perf_ring *r, const void *from, u64 n)
{
	u64 off = r->head & (r->size - 1), first = r->size - off;

	if (first > n)
		first = n;
	memcpy(r->data + off, from, first);
	memcpy(r->data, (const u8 *)from + first, n - first);
	r->head += n;
}

static u64 room(const struct perf_ring *r)
{
	/* acquire: what the reader has read is read; pairs with its release */
	u64 tail = __atomic_load_n(&r->page->data_tail, __ATOMIC_ACQUIRE), used = r->head - tail;

	return used < r->size ? r->size - 1 - used : 0;
}

static void put_lost(struct perf_ring *r)
{
	struct lost_record lost = {
		.header = {.type = PERF_RECORD_LOST, .size = sizeof(lost)},
		.lost = r->lost,
	};

	put(r, &lost, sizeof(lost));
	r->lost = 0;
}

static int write_locked(struct perf_ring *r, const struct perf_chunk *chunks, u32 n, u64 bytes)
{
	static const u8 zeroes[8];
	u32 raw = (u32)(round_up_to(bytes + sizeof(u32), 8) - sizeof(u32));
	struct perf_event_header header = {
		.type = PERF_RECORD_SAMPLE,
		.misc = PERF_RECORD_MISC_KERNEL,
		.size = (u16)(sizeof(header) + sizeof(raw) + raw),
	};
	u64 need = header.size + (r->lost ? sizeof(struct lost_record) : 0);

	if (!r->page || room(r) < need) {
		r->lost++;
		return -ENOSPC;
	}
	if (r->lost)
		put_lost(r);
	put(r, &header, sizeof(header));
	put(r, &raw, sizeof(raw));
	for (u32 i = 0; i < n; i++)
		put(r, chunks[i].data, chunks[i].size);
	put(r, zeroes, raw - bytes);
	/*
	 * Release: the record is complete; pairs with the reader's acquire.  And a full barrier
	 * before the look for those who wait: map/output.h.
	 */
	__atomic_exchange_n(&r->page->data_head, r->head, __ATOMIC_SEQ_CST);
	return 0;
}

/* A record's size has 16 bits. */
static int check_size(const struct perf_chunk *chunks, u32 n, u64 *bytes)
{
	enum { BYTES_MAX = UINT16_MAX - 8 - sizeof(struct perf_event_header) - sizeof(u32) };

	*bytes = 0;
	for (u32 i = 0; i < n; i++) {
		if (chunks[i].size > BYTES_MAX - *bytes)
			return -E2BIG;
		*bytes += chunks[i].size;
	}
	return 0;
}

/* The buffer that flags name, for the CPU that the run is on: a buffer is one CPU's. */
static int choose(struct map *map, u64 flags, const struct run *run, struct perf_ring **out)
{
	u64 index = flags & BPF_F_INDEX_MASK;
	struct obj *obj;

	if (index == BPF_F_CURRENT_CPU)
		index = run->cpu;
	if (index >= map->max_entries)
		return -E2BIG;
	obj = obj_array_get(map, (u32)index);
	if (!obj)
		return -ENOENT;
	if (index != run->cpu)
		return -EOPNOTSUPP;
	*out = perf_ring_of(obj);
	return 0;
}

long perf_output(struct map *map, u64 flags, const struct perf_chunk *chunks, u32 n,
		 struct run *run)
{
	struct perf_ring *r;
	u64 bytes;
	int err = choose(map, flags, run, &r);

	if (!err)
		err = check_size(chunks, n, &bytes);
	if (err)
		return err;
	spin_lock(&r->lock);
	err = write_locked(r, chunks, n, bytes);
	spin_unlock(&r->lock);
	if (!err)
		output_wake(run->skep, &r->obj);
	return err;
}

long perf_read(struct map *map, u64 flags, struct bpf_perf_event_value *out, const struct run *run)
{
	const struct os *os = run->skep->os;
	struct perf_ring *r;
	int err = flags & ~(u64)BPF_F_INDEX_MASK ? -EINVAL : choose(map, flags, run, &r);

	if (err)
		return err == -EOPNOTSUPP ? -EINVAL : err;
	out->counter = 0;
	out->enabled = out->running = os->clock_ns(os, CLOCK_MONOTONIC) - r->made_ns;
	return 0;
}

static int perf_event_array_check(const struct map_attr *attr)
{
	return obj_array_check(attr, BPF_F_PRESERVE_ELEMS);
}

static int perf_event_array_user_update(struct map *map, const void *key, const void *value,
					u64 flags)
{
	struct obj *ring;
	int err = obj_array_resolve(map, key, value, flags, OBJ_PERF, &ring);

	/* Linux tells all that is no perf event, flags and index apart, EBADF. */
	if (err == -EINVAL && flags == BPF_ANY)
		err = -EBADF;
	if (!err)
		obj_array_set(map, map_index(key), ring);
	return err;
}

/* Linux lets the events of each open file go with that; we know when the last one goes. */
static void perf_event_array_user_gone(struct map *map)
{
	if (!(map->flags & BPF_F_PRESERVE_ELEMS))
		obj_array_user_gone(map);
}

static const struct map_user_ops perf_event_array_user = {
	.update = perf_event_array_user_update,
	.delete = obj_array_user_delete,
	.value_size = map_value_size_id,
	.gone = perf_event_array_user_gone,
};

static const struct map_more_ops perf_more = {
	.usage = usage_of_pointers,
};

const struct map_ops map_perf_event_array_ops = {
	.more = &perf_more,
	.check = perf_event_array_check,
	.create = obj_array_create,
	.free = obj_array_free,
	.next_key = map_index_next_key,
	.user = &perf_event_array_user,
};
