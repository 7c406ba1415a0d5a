/* The hash table: groups, their overflow, and the order in which it is walked. */
#include "map/table.h"

/* 1 << 27 buckets of 16 bytes are what Linux can count in 32 bits. */
enum { ENTRIES_MAX = 1 << 27, ELEM_OVERHEAD = 48, GROUP_SHIFT = 2, LINE_ELEM = 64 };

int table_check_sizes(const struct map_attr *attr)
{
	if (!attr->max_entries || !attr->key_size || !attr->value_size)
		return -EINVAL;
	if ((u64)attr->key_size + attr->value_size >= KMALLOC_MAX - ELEM_OVERHEAD)
		return -E2BIG;
	return attr->max_entries > ENTRIES_MAX ? -E2BIG : 0;
}

static enum key_kind kind_of(const struct map_attr *attr)
{
	if (attr->flags & BPF_F_ZERO_SEED)
		return KEY_ZERO_SEED;
	switch (attr->key_size) {
	case 4:
		return KEY_4;
	case 8:
		return KEY_8;
	case 12:
		return KEY_12;
	case 16:
		return KEY_16;
	default:
		return KEY_ANY;
	}
}

/* Small elements do not straddle cache lines; for bigger ones whole lines. */
static u32 elem_stride(u64 size)
{
	u32 stride = 8;

	if (size > LINE_ELEM)
		return (u32)round_up_to(size, LINE_ELEM);
	while (stride < size)
		stride *= 2;
	return stride;
}

static u32 buckets_for(u32 entries)
{
	u32 n = 1;

	while (n < entries)
		n *= 2;
	return n;
}

static int alloc_groups(struct table *t, u32 entries)
{
	const struct os *os = t->map.obj.skep->os;
	u32 buckets = buckets_for(entries), main;

	t->bucket_mask = buckets - 1;
	while (t->shift < GROUP_SHIFT && buckets >> t->shift > 1)
		t->shift++;
	main = buckets >> t->shift;
	/*
	 * A chain of m elements has ceil(m / 8) - 1 < m / 8 overflow groups, so all chains together
	 * have less than total / 8.
	 */
	t->overflow_fresh = main;
	t->overflow_end = main + t->total / GROUP_SLOTS + 1;
	t->groups_memory = os_alloc(os, (t->overflow_end + 1ull) * sizeof(struct group));
	t->groups = u64_to_ptr(round_up_to(ptr_to_u64(t->groups_memory), CACHE_LINE));
	return t->groups_memory ? 0 : -ENOMEM;
}

static int alloc_elems(struct table *t, u32 value_size)
{
	struct skep *skep = t->map.obj.skep;

	t->value_off = (u32)round_up_to(t->map.key_size, 8);
	t->elem_size = elem_stride(t->value_off + round_up_to(value_size, 8));
	t->elems = window_alloc(&skep->window, (u64)t->total * t->elem_size);
	if (!t->elems)
		return -ENOMEM;
	if (!(t->map.flags & BPF_F_ZERO_SEED))
		return 0;
	t->stamps = os_alloc(skep->os, (t->total + 1ull) * sizeof(u32));
	return t->stamps ? 0 : -ENOMEM;
}

int table_create(struct skep *skep, const struct map_attr *attr, size_t size, u32 value_size,
		 u32 spares, struct table **out)
{
	struct table *t;
	struct map *map;
	int err = map_alloc(skep, attr, size, &map);

	if (err)
		return err;
	t = table_of(map);
	t->key_kind = (u8)kind_of(attr);
	t->total = attr->max_entries + spares;
	skep->os->random(skep->os, &t->seed, sizeof(t->seed));
	t->seed.b |= 1;
	err = alloc_groups(t, attr->max_entries);
	if (!err)
		err = alloc_elems(t, value_size);
	if (err) {
		table_destroy(t);
		map_dealloc(map);
		return err;
	}
	*out = t;
	return 0;
}

void table_destroy(struct table *t)
{
	struct skep *skep = t->map.obj.skep;

	os_free(skep->os, t->stamps);
	os_free(skep->os, t->groups_memory);
	window_free(&skep->window, t->elems, (u64)t->total * t->elem_size);
}

struct place table_place_of(const struct table *t, const void *key)
{
	const struct key_view view = table_view_as(key, t->key_kind);

	return table_place(t, table_hash_as(t, &view, t->key_kind));
}

/*
 * What follows holds the lock of the chain, so plain-looking loads of what only lock holders write
 * are relaxed.
 */
static u32 slot_get(const struct group *g, u32 slot)
{
	return atomic_load_explicit(&g->slot[slot], memory_order_relaxed);
}

/* release: who sees the number sees the element; pairs with table_find_as */
static void slot_set(struct group *g, u32 slot, u32 element)
{
	atomic_store_explicit(&g->slot[slot], element, memory_order_release);
}

static u64 tags_get(const struct group *g)
{
	return atomic_load_explicit(&g->tags, memory_order_relaxed);
}

static u8 tag_get(const struct group *g, u32 slot)
{
	return (u8)(tags_get(g) >> slot * 8);
}

/* Before slot_set: a reader that misses the tag comes before the element. */
static void tag_set(struct group *g, u32 slot, u8 tag)
{
	u64 tags = (tags_get(g) & ~(0xffull << slot * 8)) | (u64)tag << slot * 8;

	atomic_store_explicit(&g->tags, tags, memory_order_release);
}

static u32 next_version(struct group *first)
{
	u32 version = atomic_load_explicit(&first->version, memory_order_relaxed) + 1;

	/* release: pairs with table_find_as, which sees what was changed before or tries again */
	atomic_store_explicit(&first->version, version, memory_order_release);
	return version;
}

static struct group *next_group(const struct table *t, const struct group *g)
{
	u32 next = atomic_load_explicit(&g->next, memory_order_relaxed);

	return next ? &t->groups[next] : NULL;
}

struct entry table_entry(const struct table *t, const struct place *p, const void *key)
{
	const struct key_view view = table_view_as(key, t->key_kind);

	for (struct group *g = p->group; g; g = next_group(t, g)) {
		for (u64 match = tags_match(tags_get(g), p->tag); match; match &= match - 1) {
			u32 slot = tags_first(match), element = slot_get(g, slot);

			if (element &&
			    table_equal_as(t, table_elem(t, element), &view, t->key_kind))
				return (struct entry){g, slot, element};
		}
	}
	return (struct entry){0};
}

struct entry table_entry_of(const struct table *t, u32 bucket, u32 element)
{
	for (struct group *g = table_group(t, bucket); g; g = next_group(t, g))
		for (u32 slot = 0; slot < GROUP_SLOTS; slot++)
			if (slot_get(g, slot) == element)
				return (struct entry){g, slot, element};
	return (struct entry){0};
}

/* Overflow groups that wait are linked by their version, which in a chain only the first uses. */
static u32 take_overflow(struct table *t)
{
	u32 index;

	spin_lock(&t->overflow_lock);
	index = t->overflow_head;
	if (index)
		t->overflow_head =
			atomic_load_explicit(&t->groups[index].version, memory_order_relaxed);
	else
		index = t->overflow_fresh++;
	spin_unlock(&t->overflow_lock);
	return index;
}

static void give_overflow(struct table *t, struct group *g)
{
	spin_lock(&t->overflow_lock);
	atomic_store_explicit(&g->version, t->overflow_head, memory_order_relaxed);
	t->overflow_head = (u32)(g - t->groups);
	spin_unlock(&t->overflow_lock);
}

/* A free slot of the chain, which grows when there is none. */
static struct entry free_slot(struct table *t, struct group *g)
{
	for (;;) {
		u32 index;

		for (u32 slot = 0; slot < GROUP_SLOTS; slot++)
			if (!slot_get(g, slot))
				return (struct entry){g, slot, 0};
		index = atomic_load_explicit(&g->next, memory_order_relaxed);
		if (!index) {
			index = take_overflow(t);
			atomic_store_explicit(&g->next, index, memory_order_release);
		}
		g = &t->groups[index];
	}
}

static void stamp(struct table *t, const struct place *p, u32 element)
{
	u32 version = next_version(p->group);

	if (t->stamps)
		t->stamps[element] = version;
}

void table_insert(struct table *t, const struct place *p, u32 element)
{
	struct entry e = free_slot(t, p->group);

	stamp(t, p, element);
	tag_set(e.group, e.slot, p->tag);
	slot_set(e.group, e.slot, element);
}

void table_replace(struct table *t, const struct place *p, const struct entry *e, u32 element)
{
	slot_set(e->group, e->slot, element);
	stamp(t, p, element);
}

/* The last group of a chain, and the one before it. */
static struct group *last_group(const struct table *t, struct group *first, struct group **before)
{
	struct group *g = first, *next;

	*before = NULL;
	while ((next = next_group(t, g))) {
		*before = g;
		g = next;
	}
	return g;
}

static u32 last_used_slot(const struct group *g)
{
	u32 slot = GROUP_SLOTS - 1;

	while (slot && !slot_get(g, slot))
		slot--;
	return slot;
}

/*
 * The hole is filled from the end of the chain, so that all groups but the last stay full.  Sound
 * because readers who missed the entry in both places see a new version (table.h).
 */
static void fill_hole(struct table *t, struct group *first, const struct entry *hole)
{
	struct group *before, *last = last_group(t, first, &before);
	u32 slot;

	if (last == first)
		return;
	slot = last_used_slot(last);
	if (slot_get(last, slot)) {
		tag_set(hole->group, hole->slot, tag_get(last, slot));
		slot_set(hole->group, hole->slot, slot_get(last, slot));
		next_version(first);
		slot_set(last, slot, 0);
	}
	if (!slot_get(last, last_used_slot(last))) {
		atomic_store_explicit(&before->next, 0, memory_order_release);
		next_version(first);
		give_overflow(t, last);
	}
}

void table_remove(struct table *t, struct group *first, const struct entry *e)
{
	slot_set(e->group, e->slot, 0);
	next_version(first);
	fill_hole(t, first, e);
}

/* Where an element stands among those of its bucket: newest first with a zero seed. */
static u32 rank_of(const struct table *t, u32 element)
{
	return t->stamps ? ~t->stamps[element] : element;
}

u32 table_next_in_bucket(const struct table *t, u32 bucket, u32 *rank)
{
	const struct group *g = table_group(t, bucket);
	u32 bits = tag_bucket_bits(t, bucket), mask = (1u << t->shift) - 1, best = 0;
	u32 best_rank = UINT32_MAX;

	for (; g; g = next_group(t, g)) {
		for (u32 slot = 0; slot < GROUP_SLOTS; slot++) {
			u32 element = slot_get(g, slot);

			if (!element || (tag_get(g, slot) & mask) != bits)
				continue;
			if (rank_of(t, element) > *rank && rank_of(t, element) <= best_rank) {
				best = element;
				best_rank = rank_of(t, element);
			}
		}
	}
	*rank = best_rank;
	return best;
}

/* The first element of a bucket from `bucket` on, its key copied out while the lock holds. */
static int first_key_from(struct table *t, u64 bucket, void *next)
{
	for (; bucket <= t->bucket_mask; bucket++) {
		struct group *g = table_group(t, (u32)bucket);
		u32 rank = 0, element;

		spin_lock(&g->lock);
		element = table_next_in_bucket(t, (u32)bucket, &rank);
		if (element)
			key_load(next, table_elem(t, element), t->map.key_size);
		spin_unlock(&g->lock);
		if (element)
			return 0;
	}
	return -ENOENT;
}

int table_next_key(struct map *map, const void *key, void *next)
{
	struct table *t = table_of(map);
	struct place p;
	struct entry e;
	u32 rank, element = 0;

	if (!key)
		return first_key_from(t, 0, next);
	p = table_place_of(t, key);
	spin_lock(&p.group->lock);
	e = table_entry(t, &p, key);
	if (e.element) {
		rank = rank_of(t, e.element);
		element = table_next_in_bucket(t, p.bucket, &rank);
	}
	if (element)
		key_load(next, table_elem(t, element), map->key_size);
	spin_unlock(&p.group->lock);
	if (element)
		return 0;
	return first_key_from(t, e.element ? p.bucket + 1ull : 0, next);
}

int table_contains(struct map *map, u64 addr, u32 size)
{
	const struct table *t = table_of(map);
	u64 off = addr - ptr_to_u64(t->elems), in_value;

	if (off >= (u64)t->total * t->elem_size)
		return 0;
	in_value = off % t->elem_size - t->value_off;
	return in_value <= map->value_size && size <= map->value_size - in_value;
}

static u32 count_bucket(const struct table *t, u32 bucket)
{
	u32 rank = 0, count = 0;

	while (table_next_in_bucket(t, bucket, &rank))
		count++;
	return count;
}

static void read_elem(struct table *t, struct map_bucket *b, u32 element, table_read read)
{
	u64 at = b->count++;

	key_load(b->keys + at * t->map.key_size, table_elem(t, element), t->map.key_size);
	read(t, element, b->values + at * map_user_value_size(&t->map));
}

/* With the bucket locked. */
static int read_all(struct table *t, struct map_bucket *b, table_read read)
{
	u32 rank = 0, element, count = count_bucket(t, b->index);

	b->count = count;
	if (count > b->room)
		return -ENOSPC;
	b->count = 0;
	while (!b->remove && (element = table_next_in_bucket(t, b->index, &rank)))
		read_elem(t, b, element, read);
	return 0;
}

/* One by one, for what becomes of an element is not to be done under a lock. */
static u32 take_first(struct table *t, struct map_bucket *b, table_read read)
{
	struct group *g = table_group(t, b->index);
	u32 rank = 0, element;

	spin_lock(&g->lock);
	element = table_next_in_bucket(t, b->index, &rank);
	if (element) {
		struct entry e = table_entry_of(t, b->index, element);

		read_elem(t, b, element, read);
		table_remove(t, g, &e);
	}
	spin_unlock(&g->lock);
	return element;
}

int table_bucket(struct table *t, struct map_bucket *b, table_read read, table_gone gone)
{
	struct group *g;
	u32 element;
	int err;

	if (b->index > t->bucket_mask)
		return -ENOENT;
	g = table_group(t, b->index);
	spin_lock(&g->lock);
	err = read_all(t, b, read);
	spin_unlock(&g->lock);
	if (err || !b->remove)
		return err;
	while (b->count < b->room && (element = take_first(t, b, read)))
		gone(t, element);
	return 0;
}

long table_for_each(struct table *t, table_visit visit, void *cookie)
{
	long seen = 0;

	for (u64 bucket = 0; bucket <= t->bucket_mask; bucket++) {
		struct group *g = table_group(t, (u32)bucket);
		u32 rank = 0, element;

		for (;;) {
			spin_lock(&g->lock);
			element = table_next_in_bucket(t, (u32)bucket, &rank);
			spin_unlock(&g->lock);
			if (!element)
				break;
			seen++;
			if (visit(t, element, cookie))
				return seen;
		}
	}
	return seen;
}
