/* Memory for machine code: regions near the library, mapped twice, filled once from the bottom. */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

#include "jit/code.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8u
#endif

enum {
	REGION_SIZE = 256 << 10,
	PAGE = 4096,
	HINTS = 64,           /* addresses to try near the library, */
	HINT_STEP = 16 << 20, /* this far apart */
};

/*
 * How far from the library code and what it calls may be: a displacement of 32 bits spans 2 GiB,
 * and the two may lie on different sides.
 */
#define REACH ((u64)HINTS * HINT_STEP - HINT_STEP)

/* Where the writable mappings lie: also what sanitizers leave to programs (design: the window). */
#define RW_LOW 0x7e8000000000ull
#define RW_MASK 0xfffffff000ull

struct region {
	struct region *next;
	u8 *rx;
	u8 *rw; /* NULL in a child: not inherited */
	u32 size, used;
	u32 blocks; /* programs in it */
};

struct code_heap {
	pthread_mutex_t lock; /* guards everything below, but near */
	struct region *regions;
	struct region *current; /* where small blocks come from, or NULL */
	pid_t pid;              /* whose regions' writable mappings these are */
	u64 hint;               /* the last address near the library that was free */
	_Atomic int near;
};

static u64 anchor(void)
{
	return (u64)(uintptr_t)&code_alloc;
}

static int open_memory(u32 size)
{
	/* The file need not be executable to be mapped so; since 6.3 kernels may insist. */
	int fd = memfd_create("skep-code", MFD_CLOEXEC | MFD_NOEXEC_SEAL);

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("skep-code", MFD_CLOEXEC);
	if (fd >= 0 && ftruncate(fd, size)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Read-execute, at an address that is free and near the library.  NULL when there is none. */
static u8 *map_near(struct code_heap *heap, int fd, u32 size)
{
	u64 library = anchor() & ~(u64)(PAGE - 1);

	for (int i = -1; i < 2 * HINTS; i++) {
		u64 step = (u64)HINT_STEP * (u64)(1 + i % HINTS);
		u64 at = i < 0 ? heap->hint - size : i < HINTS ? library - step : library + step;
		void *p;

		if (!code_reaches(at) || !code_reaches(at + size))
			continue;
		p = mmap(u64_to_ptr(at), size, PROT_READ | PROT_EXEC,
			 MAP_SHARED | MAP_FIXED_NOREPLACE, fd, 0);
		if (p == MAP_FAILED)
			continue;
		if (p == u64_to_ptr(at)) {
			heap->hint = at;
			return p;
		}
		munmap(p, size); /* a kernel that does not know NOREPLACE */
	}
	return NULL;
}

static u8 *map_run(struct code_heap *heap, int fd, u32 size)
{
	void *p = map_near(heap, fd, size);

	if (p)
		return p;
	atomic_store(&heap->near, 0);
	p = mmap(NULL, size, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
	return p == MAP_FAILED ? NULL : p;
}

static u8 *map_write(const struct os *os, int fd, u32 size)
{
	u64 where;
	void *p;

	os->random(os, &where, sizeof(where));
	where = RW_LOW + (where & RW_MASK);
	p = mmap(u64_to_ptr(where), size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return NULL;
	if (madvise(p, size, MADV_DONTFORK)) {
		munmap(p, size);
		return NULL;
	}
	return p;
}

static struct region *region_create(struct code_heap *heap, const struct os *os, u32 size)
{
	struct region *r = os_alloc(os, sizeof(*r));
	int fd = r ? open_memory(size) : -1;

	if (fd < 0)
		goto no_memory;
	r->size = size;
	r->rw = map_write(os, fd, size);
	if (!r->rw)
		goto no_write;
	r->rx = map_run(heap, fd, size);
	if (!r->rx)
		goto no_run;
	close(fd);
	r->next = heap->regions;
	heap->regions = r;
	return r;

no_run:
	munmap(r->rw, size);
no_write:
	close(fd);
no_memory:
	os_free(os, r);
	return NULL;
}

static void region_free(struct code_heap *heap, const struct os *os, struct region *r)
{
	struct region **link = &heap->regions;

	while (*link != r)
		link = &(*link)->next;
	*link = r->next;
	if (heap->current == r)
		heap->current = NULL;
	munmap(r->rx, r->size);
	if (r->rw)
		munmap(r->rw, r->size);
	os_free(os, r);
}

/* In a child of fork, what the parent wrote may be run and freed, but nothing added to it. */
static void leave_parent(struct code_heap *heap)
{
	pid_t pid = getpid();

	if (likely(heap->pid == pid))
		return;
	heap->pid = pid;
	heap->current = NULL;
	for (struct region *r = heap->regions; r; r = r->next)
		r->rw = NULL;
}

static void heap_destroy(struct skep *skep, struct code_heap *heap)
{
	leave_parent(heap);
	while (heap->regions)
		region_free(heap, skep->os, heap->regions);
	pthread_mutex_destroy(&heap->lock);
	os_free(skep->os, heap);
}

/* The instance's heap, made by whoever comes first. */
static struct code_heap *heap_of(struct skep *skep)
{
	struct code_heap *heap = atomic_load(&skep->code), *first = NULL;

	if (likely(heap))
		return heap;
	heap = os_alloc(skep->os, sizeof(*heap));
	if (!heap)
		return NULL;
	pthread_mutex_init(&heap->lock, NULL);
	heap->pid = getpid();
	heap->near = 1;
	if (!atomic_compare_exchange_strong(&skep->code, &first, heap)) {
		heap_destroy(skep, heap);
		return first;
	}
	skep->code_destroy = heap_destroy;
	return heap;
}

/* A region with room for `size` bytes; a large block gets one of its own. */
static struct region *region_for(struct code_heap *heap, const struct os *os, u32 size)
{
	struct region *r = heap->current;

	if (size > REGION_SIZE / 4)
		return region_create(heap, os, (u32)round_up_to(size, PAGE));
	if (r && r->size - r->used >= size)
		return r;
	r = region_create(heap, os, REGION_SIZE);
	if (!r)
		return NULL;
	if (heap->current && !heap->current->blocks)
		region_free(heap, os, heap->current);
	heap->current = r;
	return r;
}

int code_alloc(struct skep *skep, u32 size, int near, struct code_block *out)
{
	struct code_heap *heap = heap_of(skep);
	struct region *r;
	int err = 0;

	if (!heap || size > INT32_MAX)
		return -ENOMEM;
	size = (u32)round_up_to(size, CACHE_LINE);
	pthread_mutex_lock(&heap->lock);
	leave_parent(heap);
	r = region_for(heap, skep->os, size);
	if (!r) {
		err = -ENOMEM;
	} else if (near && !heap->near) {
		if (r != heap->current)
			region_free(heap, skep->os, r);
		err = -ERANGE;
	} else {
		*out = (struct code_block){.rw = r->rw + r->used, .rx = r->rx + r->used};
		r->used += size;
		r->blocks++;
	}
	pthread_mutex_unlock(&heap->lock);
	return err;
}

void code_free(struct skep *skep, void *rx)
{
	struct code_heap *heap = atomic_load(&skep->code);
	struct region *r;

	pthread_mutex_lock(&heap->lock);
	leave_parent(heap);
	for (r = heap->regions; (u64)((u8 *)rx - r->rx) >= r->size; r = r->next)
		;
	if (!--r->blocks && r != heap->current)
		region_free(heap, skep->os, r);
	pthread_mutex_unlock(&heap->lock);
}

int code_reaches(u64 function)
{
	return function + REACH - anchor() <= 2 * REACH;
}

int code_is_near(struct skep *skep)
{
	struct code_heap *heap = heap_of(skep);

	return !heap || heap->near;
}
