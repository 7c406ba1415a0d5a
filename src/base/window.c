/*
 * The window: reserved once, handed out region by region, first fit by address.  Small regions
 * share slabs, so that a process that makes ten thousand maps stays below its limit of mappings.
 */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/os.h"
#include "base/window.h"

/* Address and thread sanitizers leave the range from here up alone. */
#define WINDOW_LOWEST 0x7e8000000000ull
#define WINDOW_SPAN 0x007000000000ull

enum { PAGE = 4096, SLAB = 1 << 20, HUGE = 2 << 20, TRIES = 64 };

/* A stretch of the window that is in use; the list is sorted by address. */
struct window_region {
	struct window_region *next;
	u8 *at;
	u64 size;
	struct chunk *chunks; /* of a slab, sorted by address; NULL for a region of its own */
	u8 is_slab;
};

struct chunk {
	struct chunk *next;
	u32 off, size;
};

int window_create(struct window *w, const struct os *os, u64 size)
{
	*w = (struct window){.os = os, .size = size};
	for (int i = 0; i < TRIES; i++) {
		u64 r, at;

		os->random(os, &r, sizeof(r));
		at = WINDOW_LOWEST + r % (WINDOW_SPAN - size % WINDOW_SPAN) / HUGE * HUGE;
		w->base = mmap(u64_to_ptr(at), size, PROT_NONE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE,
			       -1, 0);
		if (w->base == u64_to_ptr(at)) {
			pthread_mutex_init(&w->lock, NULL);
			return 0;
		}
		if (w->base != MAP_FAILED) /* a kernel before 4.17 takes the flag for a hint */
			munmap(w->base, size);
	}
	return -ENOMEM;
}

void window_destroy(struct window *w)
{
	while (w->regions) {
		struct window_region *r = w->regions;

		w->regions = r->next;
		while (r->chunks) {
			struct chunk *c = r->chunks;

			r->chunks = c->next;
			os_free(w->os, c);
		}
		os_free(w->os, r);
	}
	munmap(w->base, w->size);
	pthread_mutex_destroy(&w->lock);
}

/* A region of `size` bytes (whole pages), still PROT_NONE.  Needs the lock. */
static struct window_region *add_region(struct window *w, u64 size)
{
	struct window_region **at = &w->regions, *r;
	u64 align = size >= HUGE ? HUGE : PAGE;
	u8 *free = w->base;

	for (; *at; at = &(*at)->next) {
		free = u64_to_ptr(round_up_to(ptr_to_u64(free), align));
		if (free <= (*at)->at && (u64)((*at)->at - free) >= size)
			break;
		free = (*at)->at + (*at)->size;
	}
	free = u64_to_ptr(round_up_to(ptr_to_u64(free), align));
	if (free > w->base + w->size || (u64)(w->base + w->size - free) < size)
		return NULL;
	r = os_alloc(w->os, sizeof(*r));
	if (!r)
		return NULL;
	*r = (struct window_region){.next = *at, .at = free, .size = size};
	*at = r;
	w->used += size;
	return r;
}

/* Give the pages back to the kernel and the addresses to the reserve.  Needs the lock. */
static void drop_region(struct window *w, struct window_region **at)
{
	struct window_region *r = *at;

	mmap(r->at, r->size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1,
	     0);
	*at = r->next;
	w->used -= r->size;
	os_free(w->os, r);
}

static struct window_region **find_region(struct window *w, const u8 *p)
{
	struct window_region **at = &w->regions;

	while (*at && !(p >= (*at)->at && p < (*at)->at + (*at)->size))
		at = &(*at)->next;
	return at;
}

/* Readable and writable pages of nobody else's. */
static struct window_region *add_memory(struct window *w, u64 size)
{
	struct window_region *r = add_region(w, size);

	if (!r)
		return NULL;
	if (mprotect(r->at, r->size, PROT_READ | PROT_WRITE)) {
		drop_region(w, find_region(w, r->at));
		return NULL;
	}
	if (size >= HUGE)
		madvise(r->at, r->size, MADV_HUGEPAGE);
	return r;
}

static void *take_chunk(struct window *w, struct window_region *slab, u32 size)
{
	struct chunk **at = &slab->chunks, *c;
	u32 off = 0;

	for (; *at && (*at)->off - off < size; at = &(*at)->next)
		off = (*at)->off + (*at)->size;
	if (slab->size - off < size)
		return NULL;
	c = os_alloc(w->os, sizeof(*c));
	if (!c)
		return NULL;
	*c = (struct chunk){.next = *at, .off = off, .size = size};
	*at = c;
	return slab->at + off;
}

static void *alloc_small(struct window *w, u32 size)
{
	struct window_region *r;

	for (r = w->regions; r; r = r->next) {
		void *p = r->is_slab ? take_chunk(w, r, size) : NULL;

		if (p)
			return p;
	}
	r = add_memory(w, SLAB);
	if (!r)
		return NULL;
	r->is_slab = 1;
	return take_chunk(w, r, size);
}

void *window_alloc(struct window *w, u64 size)
{
	struct window_region *r;
	void *p;

	if (!size || size > w->size)
		return NULL;
	pthread_mutex_lock(&w->lock);
	if (size < PAGE) {
		p = alloc_small(w, (u32)round_up_to(size, CACHE_LINE));
	} else {
		r = add_memory(w, round_up_to(size, PAGE));
		p = r ? r->at : NULL;
	}
	pthread_mutex_unlock(&w->lock);
	return p;
}

void *window_reserve(struct window *w, u64 size)
{
	struct window_region *r;

	if (!size || size > w->size)
		return NULL;
	pthread_mutex_lock(&w->lock);
	r = add_region(w, round_up_to(size, PAGE));
	pthread_mutex_unlock(&w->lock);
	return r ? r->at : NULL;
}

int window_map_fd_at(struct window *w, void *at, int fd, u64 size, u64 file_offset)
{
	(void)w;
	if (mmap(at, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd,
		 (off_t)file_offset) == MAP_FAILED)
		return -errno;
	return 0;
}

void *window_map_fd(struct window *w, int fd, u64 size, u64 file_offset)
{
	void *at = window_reserve(w, size);

	if (at && window_map_fd_at(w, at, fd, round_up_to(size, PAGE), file_offset)) {
		window_free(w, at, size);
		return NULL;
	}
	return at;
}

/* A freed chunk is zeroed here, so that every chunk that is handed out is. */
static void free_chunk(struct window *w, struct window_region *slab, u8 *p)
{
	struct chunk **at = &slab->chunks, *c;

	while (*at && slab->at + (*at)->off != p)
		at = &(*at)->next;
	if (!*at)
		return;
	c = *at;
	memset(p, 0, c->size);
	*at = c->next;
	os_free(w->os, c);
}

void window_free(struct window *w, void *p, u64 size)
{
	struct window_region **at;

	(void)size;
	if (!p)
		return;
	pthread_mutex_lock(&w->lock);
	at = find_region(w, p);
	if (*at && (*at)->is_slab) {
		free_chunk(w, *at, p);
		if (!(*at)->chunks)
			drop_region(w, at);
	} else if (*at) {
		drop_region(w, at);
	}
	pthread_mutex_unlock(&w->lock);
}
