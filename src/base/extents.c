/* Extents of addresses: see extents.h. */
#include "base/extents.h"

#include <errno.h>

#include "base/os.h"

enum { FIRST_BUCKETS = 64, GLANCES = 8 };

static u32 bin_of(u64 size)
{
	return 63 - (u32)__builtin_clzll(size >> EXTENT_PAGE_SHIFT);
}

static struct extent **bucket_of(const struct extents *x, u64 at)
{
	u64 mixed = (at >> EXTENT_PAGE_SHIFT) * 0x9e3779b97f4a7c15ull;

	return &x->bucket[mixed >> 32 & (x->nr_buckets - 1)];
}

static void push(struct extent **list, struct extent *e)
{
	e->next = *list;
	e->link = list;
	if (e->next)
		e->next->link = &e->next;
	*list = e;
}

static void unlink_extent(struct extent *e)
{
	*e->link = e->next;
	if (e->next)
		e->next->link = e->link;
}

static struct extent *new_extent(struct extents *x, u64 at, u64 size)
{
	struct extent *e = os_alloc(x->os, sizeof(*e));

	if (e) {
		e->at = at;
		e->size = size;
	}
	return e;
}

static void join(struct extent *before, struct extent *after)
{
	before->after = after;
	if (after)
		after->before = before;
}

int extents_create(struct extents *x, const struct os *os, u64 at, u64 size)
{
	*x = (struct extents){.os = os, .nr_buckets = FIRST_BUCKETS};
	x->bucket = os_alloc(os, FIRST_BUCKETS * sizeof(*x->bucket));
	x->first = x->bucket ? new_extent(x, at, size) : NULL;
	if (!x->first) {
		os_free(os, x->bucket);
		return -ENOMEM;
	}
	push(&x->bin[bin_of(size)], x->first);
	return 0;
}

void extents_destroy(struct extents *x)
{
	while (x->first) {
		struct extent *e = x->first;

		x->first = e->after;
		os_free(x->os, e);
	}
	os_free(x->os, x->bucket);
}

/* More buckets, when there is memory for them; without it chains only become longer. */
static void spread(struct extents *x)
{
	struct extent **bucket = os_alloc(x->os, 2ull * x->nr_buckets * sizeof(*bucket));

	if (!bucket)
		return;
	os_free(x->os, x->bucket);
	x->bucket = bucket;
	x->nr_buckets *= 2;
	for (struct extent *e = x->first; e; e = e->after)
		if (e->taken)
			push(bucket_of(x, e->at), e);
}

static u64 gap_before(const struct extent *e, u64 align)
{
	return round_up_to(e->at, align) - e->at;
}

static int fits(const struct extent *e, u64 size, u64 align)
{
	u64 gap = gap_before(e, align);

	return gap <= e->size && e->size - gap >= size;
}

static struct extent *look_into(struct extent *bin, u64 size, u64 align, u32 glances)
{
	for (; bin && glances; bin = bin->next, glances--)
		if (fits(bin, size, align))
			return bin;
	return NULL;
}

/*
 * First what is about as large, a few of them; then anything larger; and only when that fails all
 * that is about as large.
 */
static struct extent *find_free(const struct extents *x, u64 size, u64 align)
{
	u32 own = bin_of(size);
	struct extent *e = look_into(x->bin[own], size, align, GLANCES);

	for (u32 i = own + 1; !e && i < EXTENT_BINS; i++)
		e = look_into(x->bin[i], size, align, UINT32_MAX);
	return e ? e : look_into(x->bin[own], size, align, UINT32_MAX);
}

/* Cut a free extent in two; the second part is free and in no bin yet.  NULL without memory. */
static struct extent *cut(struct extents *x, struct extent *e, u64 size)
{
	struct extent *rest = new_extent(x, e->at + size, e->size - size);

	if (!rest)
		return NULL;
	join(rest, e->after);
	join(e, rest);
	e->size = size;
	return rest;
}

static void put_free(struct extents *x, struct extent *e)
{
	push(&x->bin[bin_of(e->size)], e);
}

struct extent *extents_take(struct extents *x, u64 size, u64 align)
{
	struct extent *e = find_free(x, size, align), *rest;
	u64 gap = e ? gap_before(e, align) : 0;

	if (!e)
		return NULL;
	unlink_extent(e);
	if (gap) {
		rest = cut(x, e, gap);
		put_free(x, e);
		if (!rest)
			return NULL;
		e = rest;
	}
	if (e->size > size) {
		rest = cut(x, e, size);
		put_free(x, rest ? rest : e);
		if (!rest)
			return NULL;
	}
	if (x->nr_taken >= x->nr_buckets)
		spread(x);
	e->taken = 1;
	e->owner = NULL;
	x->nr_taken++;
	push(bucket_of(x, e->at), e);
	return e;
}

/* Both are free; the first is in no bin. */
static void swallow(struct extents *x, struct extent *e, struct extent *after)
{
	e->size += after->size;
	join(e, after->after);
	os_free(x->os, after);
}

void extents_give(struct extents *x, struct extent *e)
{
	unlink_extent(e);
	e->taken = 0;
	e->owner = NULL;
	x->nr_taken--;
	if (e->after && !e->after->taken) {
		unlink_extent(e->after);
		swallow(x, e, e->after);
	}
	if (e->before && !e->before->taken) {
		struct extent *before = e->before;

		unlink_extent(before);
		swallow(x, before, e);
		e = before;
	}
	put_free(x, e);
}

struct extent *extents_find(const struct extents *x, u64 at)
{
	struct extent *e = *bucket_of(x, at);

	while (e && e->at != at)
		e = e->next;
	return e;
}
