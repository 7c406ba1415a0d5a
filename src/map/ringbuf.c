/*
 * BPF_MAP_TYPE_RINGBUF: many producers, one consumer.  What a client can write to (its position,
 * and in truth all of the file) is never trusted: positions live here and are only copied there,
 * lengths are bounded before they are used.
 */
#include <sys/mman.h>

#include "map/internal.h"
#include "map/output.h"
#include "map/ring_dir.h"
#include "map/ringbuf.h"
#include "map/usage.h"

enum { PAGE = 4096, HEADER = BPF_RINGBUF_HDR_SZ };
#define LENGTH_MASK (~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT))
#define RECORD_MAX (UINT32_MAX / 4)

struct header {
	_Atomic u32 length; /* the last word a producer writes: release */
	u32 page_off;       /* from here back to the consumer's page, as Linux has it */
};
_Static_assert(sizeof(struct header) == HEADER, "what clients read");

struct ringbuf {
	struct map map;
	u8 *pages; /* the file */
	u8 *data;
	u64 size;            /* of data, a power of two */
	_Atomic u32 lock;    /* guards the next two */
	u64 produced;        /* position of the next record */
	u64 pending;         /* of the first that was reserved and not committed */
	struct ring_ref ref; /* finds us by the address of a record */
};

static struct ringbuf *ringbuf_of(const struct map *map)
{
	return container_of(map, struct ringbuf, map);
}

static _Atomic u64 *consumer_pos(const struct ringbuf *r)
{
	return (_Atomic u64 *)r->pages;
}

static _Atomic u64 *producer_pos(const struct ringbuf *r)
{
	return (_Atomic u64 *)(r->pages + PAGE);
}

static struct header *header_at(const struct ringbuf *r, u64 pos)
{
	return (struct header *)(r->data + (pos & (r->size - 1)));
}

static u64 record_space(u64 length)
{
	return round_up_to(length + HEADER, 8);
}

static int ringbuf_check(const struct map_attr *attr)
{
	if (attr->flags & ~(u32)BPF_F_NUMA_NODE || attr->key_size || attr->value_size)
		return -EINVAL;
	if (!attr->max_entries || attr->max_entries & (attr->max_entries - 1) ||
	    attr->max_entries % PAGE)
		return -EINVAL;
	return 0;
}

static u64 file_size(const struct ringbuf *r)
{
	return 2 * PAGE + 2 * r->size;
}

static int make(struct ringbuf *r)
{
	struct skep *skep = r->map.obj.skep;

	r->map.fd = map_file_create(file_size(r));
	if (r->map.fd < 0)
		return r->map.fd;
	r->pages = window_map_fd(&skep->window, r->map.fd, file_size(r), 0);
	if (!r->pages)
		return -ENOMEM;
	r->data = r->pages + 2 * PAGE;
	r->ref = (struct ring_ref){ptr_to_u64(r->data), r->size, &r->map};
	return ring_dir_add(skep, &r->ref);
}

static int ringbuf_create(struct skep *skep, const struct map_attr *attr, struct map **out)
{
	struct ringbuf *r;
	struct map *map;
	int err = map_alloc(skep, attr, sizeof(*r), &map);

	if (err)
		return err;
	r = ringbuf_of(map);
	r->size = attr->max_entries;
	err = make(r);
	if (err) {
		window_free(&skep->window, r->pages, file_size(r));
		map_dealloc(map);
		return err;
	}
	*out = map;
	return 0;
}

static void ringbuf_free(struct map *map)
{
	struct ringbuf *r = ringbuf_of(map);

	ring_dir_remove(map->obj.skep, &r->ref);
	window_free(&map->obj.skep->window, r->pages, file_size(r));
}

/* Past the records that were committed meanwhile.  Needs the lock. */
static void move_pending(struct ringbuf *r)
{
	while (r->pending < r->produced) {
		u32 length = atomic_load_explicit(&header_at(r, r->pending)->length,
						  memory_order_acquire);

		if (length & BPF_RINGBUF_BUSY_BIT)
			return;
		r->pending += record_space(length & LENGTH_MASK);
	}
	r->pending = r->produced; /* whatever a client made of the lengths */
}

/* Needs the lock. */
static struct header *reserve_locked(struct ringbuf *r, u64 size)
{
	/* acquire: what the consumer read is read; pairs with its release */
	u64 consumed = atomic_load_explicit(consumer_pos(r), memory_order_acquire);
	u64 end = r->produced + record_space(size);
	struct header *header;

	move_pending(r);
	/* Linux keeps one byte free, so that full and empty differ */
	if (end - consumed > r->size - 1 || end - r->pending > r->size - 1)
		return NULL;
	header = header_at(r, r->produced);
	atomic_store_explicit(&header->length, (u32)size | BPF_RINGBUF_BUSY_BIT,
			      memory_order_relaxed);
	header->page_off = (u32)(((u8 *)header - r->pages) / PAGE);
	r->produced = end;
	/* release: who sees the position sees the busy bit */
	atomic_store_explicit(producer_pos(r), end, memory_order_release);
	return header;
}

void *ringbuf_reserve(struct map *map, u64 size, u64 flags)
{
	struct ringbuf *r = ringbuf_of(map);
	struct header *header;

	if (flags || size > RECORD_MAX || record_space(size) > r->size)
		return NULL;
	spin_lock(&r->lock);
	header = reserve_locked(r, size);
	spin_unlock(&r->lock);
	return header ? header + 1 : NULL;
}

/* What lies behind the end goes to the beginning too. */
static void copy_overhang(struct ringbuf *r, u64 off, u32 length)
{
	u64 end = off + HEADER + length;

	if (end > r->size && end <= 2 * r->size)
		memcpy(r->data, r->data + r->size, end - r->size);
}

/* Linux's rule: wake the consumer when this record is the one it waits for. */
static void wake(struct ringbuf *r, u64 off, u64 flags)
{
	u64 consumed = atomic_load_explicit(consumer_pos(r), memory_order_acquire);

	if (flags & BPF_RB_FORCE_WAKEUP ||
	    ((consumed & (r->size - 1)) == off && !(flags & BPF_RB_NO_WAKEUP)))
		output_wake(r->map.obj.skep, &r->map.obj);
}

static void commit(struct ringbuf *r, struct header *header, u64 flags, enum ringbuf_fate fate)
{
	u64 off = (u64)((u8 *)header - r->data);
	u32 length = atomic_load_explicit(&header->length, memory_order_relaxed) & LENGTH_MASK;

	copy_overhang(r, off, length);
	if (fate == RINGBUF_DISCARD)
		length |= BPF_RINGBUF_DISCARD_BIT;
	/*
	 * Release: the record is complete; pairs with the consumer's acquire.  And a full barrier
	 * before the look at the consumer's position and for those who wait: map/output.h.
	 */
	atomic_exchange(&header->length, length);
	wake(r, off, flags);
}

void ringbuf_commit(void *record, u64 flags, enum ringbuf_fate fate, struct run *run)
{
	struct header *header = (struct header *)record - 1;
	struct map *map = ring_dir_find(run->skep, ptr_to_u64(header));

	if (map)
		commit(ringbuf_of(map), header, flags, fate);
}

long ringbuf_output(struct map *map, const void *data, u64 size, u64 flags)
{
	void *record;

	if (flags & ~(u64)(BPF_RB_NO_WAKEUP | BPF_RB_FORCE_WAKEUP))
		return -EINVAL;
	record = ringbuf_reserve(map, size, 0);
	if (!record)
		return -EAGAIN;
	memcpy(record, data, size);
	commit(ringbuf_of(map), (struct header *)record - 1, flags, RINGBUF_SUBMIT);
	return 0;
}

u64 ringbuf_query(struct map *map, u64 what)
{
	struct ringbuf *r = ringbuf_of(map);
	u64 consumed = atomic_load_explicit(consumer_pos(r), memory_order_acquire);
	u64 produced = atomic_load_explicit(producer_pos(r), memory_order_acquire);

	switch (what) {
	case BPF_RB_AVAIL_DATA:
		return produced - consumed;
	case BPF_RB_RING_SIZE:
		return r->size;
	case BPF_RB_CONS_POS:
		return consumed;
	case BPF_RB_PROD_POS:
		return produced;
	default:
		return 0;
	}
}

/* Anywhere in the records: a record's bounds are the verifier's to keep. */
static int ringbuf_contains(struct map *map, u64 addr, u32 size)
{
	const struct ringbuf *r = ringbuf_of(map);
	u64 off = addr - ptr_to_u64(r->data);

	return off <= 2 * r->size && size <= 2 * r->size - off;
}

/* Clients write their position, which has the first page to itself, and nothing else. */
static int ringbuf_mmap(const struct map *map, const struct map_mmap *ask)
{
	if (ask->prot & PROT_WRITE && (ask->offset || ask->length > PAGE))
		return -EPERM;
	return map_mmap_within(ask, file_size(ringbuf_of(map)));
}

static int ringbuf_pending(struct map *map)
{
	return ringbuf_query(map, BPF_RB_AVAIL_DATA) != 0;
}

static const struct map_user_ops ringbuf_user = {
	.pending = ringbuf_pending,
	.value_size = map_value_size_plain,
	.mmap = ringbuf_mmap,
};

static const struct map_more_ops ringbuf_more = {
	.usage = usage_of_ring,
};

const struct map_ops map_ringbuf_ops = {
	.more = &ringbuf_more,
	.check = ringbuf_check,
	.create = ringbuf_create,
	.free = ringbuf_free,
	.user = &ringbuf_user,
	.contains = ringbuf_contains,
};
