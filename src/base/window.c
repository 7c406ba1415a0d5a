/*
 * The window: reserved once, handed out extent by extent.  Small regions share slabs, so that a
 * process that makes ten thousand maps stays below its limit of mappings.
 */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/os.h"
#include "base/window.h"

/* Address and thread sanitizers leave the range from here up alone. */
#define WINDOW_LOWEST 0x7e8000000000ull
#define WINDOW_SPAN 0x007000000000ull

enum { PAGE = 4096, HUGE = 2 << 20, TRIES = 64 };

/*
 * Chunks of one size.  A slab begins at a multiple of its size: so the slab is found by the address
 * of a chunk.
 */
enum { SLAB = 64 << 10, SLAB_WORDS = SLAB / CACHE_LINE / 64 };

struct slab {
	struct extent *extent;
	struct slab *next, **link; /* in with_room; link NULL when it is full */
	u32 chunk, chunks, used;
	u64 taken[SLAB_WORDS]; /* a bit a chunk; kept out of the memory that others can write */
};

static int begin(struct window *w)
{
	int err = extents_create(&w->extents, w->os, ptr_to_u64(w->base), w->size);

	if (err)
		munmap(w->base, w->size);
	else
		pthread_mutex_init(&w->lock, NULL);
	return err;
}

static void *reserve(u64 at, u64 size, int flags)
{
	return mmap(u64_to_ptr(at), size, PROT_NONE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | flags, -1, 0);
}

/* At a place of our choice in the span: 1 when it was free. */
static int reserve_in_span(struct window *w)
{
	u64 r, at;

	w->os->random(w->os, &r, sizeof(r));
	at = WINDOW_LOWEST + r % (WINDOW_SPAN - w->size % WINDOW_SPAN) / HUGE * HUGE;
	w->base = reserve(at, w->size, MAP_FIXED_NOREPLACE);
	if (w->base == u64_to_ptr(at))
		return 1;
	if (w->base != MAP_FAILED) /* a kernel before 4.17 takes the flag for a hint */
		munmap(w->base, w->size);
	return 0;
}

/* The span holds half a dozen windows; those of more instances lie wherever there is room. */
int window_create(struct window *w, const struct os *os, u64 size)
{
	*w = (struct window){.os = os, .size = round_up_to(size, PAGE)};
	for (int i = 0; i < TRIES; i++)
		if (reserve_in_span(w))
			return begin(w);
	w->base = reserve(0, w->size, 0);
	return w->base == MAP_FAILED ? -ENOMEM : begin(w);
}

void window_destroy(struct window *w)
{
	for (struct extent *e = w->extents.first; e; e = e->after)
		os_free(w->os, e->owner);
	extents_destroy(&w->extents);
	munmap(w->base, w->size);
	pthread_mutex_destroy(&w->lock);
}

/* Addresses that are still PROT_NONE.  Needs the lock. */
static struct extent *add_region(struct window *w, u64 size, u64 align)
{
	struct extent *e = extents_take(&w->extents, size, align);

	if (e)
		w->used += size;
	return e;
}

/* Give the pages back to the kernel and the addresses to the reserve.  Needs the lock. */
static void drop_region(struct window *w, struct extent *e)
{
	mmap(u64_to_ptr(e->at), e->size, PROT_NONE,
	     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
	w->used -= e->size;
	extents_give(&w->extents, e);
}

/* Readable and writable pages of nobody else's. */
static struct extent *add_memory(struct window *w, u64 size, u64 align)
{
	struct extent *e = add_region(w, size, align);

	if (!e)
		return NULL;
	if (mprotect(u64_to_ptr(e->at), size, PROT_READ | PROT_WRITE)) {
		drop_region(w, e);
		return NULL;
	}
	if (size >= HUGE)
		madvise(u64_to_ptr(e->at), size, MADV_HUGEPAGE);
	return e;
}

static struct slab **class_of(struct window *w, u32 chunk)
{
	return &w->with_room[chunk / CACHE_LINE];
}

static void show_room(struct window *w, struct slab *slab)
{
	struct slab **list = class_of(w, slab->chunk);

	slab->next = *list;
	slab->link = list;
	if (slab->next)
		slab->next->link = &slab->next;
	*list = slab;
}

static void hide_room(struct slab *slab)
{
	*slab->link = slab->next;
	if (slab->next)
		slab->next->link = slab->link;
	slab->link = NULL;
}

static struct slab *add_slab(struct window *w, u32 chunk)
{
	struct slab *slab = os_alloc(w->os, sizeof(*slab));

	if (!slab)
		return NULL;
	slab->extent = add_memory(w, SLAB, SLAB);
	if (!slab->extent) {
		os_free(w->os, slab);
		return NULL;
	}
	slab->extent->owner = slab;
	slab->chunk = chunk;
	slab->chunks = SLAB / chunk;
	/* bits past the end are never free */
	for (u32 i = slab->chunks; i < SLAB_WORDS * 64; i++)
		slab->taken[i / 64] |= 1ull << i % 64;
	show_room(w, slab);
	return slab;
}

static void drop_slab(struct window *w, struct slab *slab)
{
	hide_room(slab);
	drop_region(w, slab->extent);
	os_free(w->os, slab);
}

static void *take_chunk(struct slab *slab)
{
	u32 i = 0, bit;

	while (!~slab->taken[i])
		i++;
	bit = (u32)__builtin_ctzll(~slab->taken[i]);
	slab->taken[i] |= 1ull << bit;
	if (++slab->used == slab->chunks)
		hide_room(slab);
	return u64_to_ptr(slab->extent->at + (u64)(i * 64 + bit) * slab->chunk);
}

static void *alloc_small(struct window *w, u32 chunk)
{
	struct slab *slab = *class_of(w, chunk);

	if (!slab)
		slab = add_slab(w, chunk);
	return slab ? take_chunk(slab) : NULL;
}

/* Larger ones begin where the kernel can give them huge pages. */
static u64 align_of(u64 size)
{
	return size >= HUGE ? HUGE : PAGE;
}

static void *alloc_large(struct window *w, u64 size)
{
	struct extent *e = add_memory(w, size, align_of(size));

	return e ? u64_to_ptr(e->at) : NULL;
}

void *window_alloc(struct window *w, u64 size)
{
	u32 chunk = (u32)round_up_to(size, CACHE_LINE);
	void *p;

	if (!size || size > w->size)
		return NULL;
	pthread_mutex_lock(&w->lock);
	if (size <= PAGE - CACHE_LINE)
		p = alloc_small(w, chunk);
	else
		p = alloc_large(w, round_up_to(size, PAGE));
	pthread_mutex_unlock(&w->lock);
	return p;
}

void *window_reserve(struct window *w, u64 size)
{
	struct extent *e;

	if (!size || size > w->size)
		return NULL;
	size = round_up_to(size, PAGE);
	pthread_mutex_lock(&w->lock);
	e = add_region(w, size, align_of(size));
	pthread_mutex_unlock(&w->lock);
	return e ? u64_to_ptr(e->at) : NULL;
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

/* The slab that a chunk is in, or NULL. */
static struct slab *slab_of(const struct window *w, u64 at)
{
	struct extent *e = extents_find(&w->extents, at / SLAB * SLAB);

	return e ? e->owner : NULL;
}

/* A freed chunk is zeroed here, so that every chunk that is handed out is. */
static void free_chunk(struct window *w, struct slab *slab, void *p)
{
	u32 i = (u32)(ptr_to_u64(p) - slab->extent->at) / slab->chunk;

	memset(p, 0, slab->chunk);
	slab->taken[i / 64] &= ~(1ull << i % 64);
	slab->used--;
	if (!slab->link)
		show_room(w, slab);
	if (!slab->used)
		drop_slab(w, slab);
}

void window_free(struct window *w, void *p, u64 size)
{
	struct slab *slab;
	struct extent *e;

	(void)size;
	if (!p)
		return;
	pthread_mutex_lock(&w->lock);
	slab = slab_of(w, ptr_to_u64(p));
	if (slab) {
		free_chunk(w, slab, p);
	} else {
		e = extents_find(&w->extents, ptr_to_u64(p));
		if (e)
			drop_region(w, e);
	}
	pthread_mutex_unlock(&w->lock);
}
