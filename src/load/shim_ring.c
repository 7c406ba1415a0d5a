/* Perf buffers: perf_event_open, ioctl, mmap. */
#include <errno.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "load/shim.h"
#include "map/perf.h"
#include "sys/sys.h"

/* A perf buffer that was mapped. */
struct mapping {
	struct mapping *next;
	const struct os *os;
	struct obj *ring; /* a reference */
	struct perf_event_mmap_page *page;
	size_t size;
};

long perf_open(const struct perf_event_attr *attr)
{
	struct skep *skep = load_current();
	struct obj *ring;
	int fd;

	if (!skep)
		return -ENOMEM;
	if (attr->type != PERF_TYPE_SOFTWARE || attr->config != PERF_COUNT_SW_BPF_OUTPUT)
		return -EOPNOTSUPP;
	fd = perf_ring_create(skep, &ring);
	if (fd)
		return fd;
	fd = sys_fd_for_obj(skep, ring);
	obj_put(ring);
	return fd;
}

struct obj *load_ring_of(int fd)
{
	struct skep *skep = load_current();
	struct obj *ring;

	return skep && !sys_obj_by_fd(skep, fd, OBJ_PERF, &ring) ? ring : NULL;
}

int load_ioctl(int fd, unsigned long request, ...)
{
	struct obj *ring = load_ring_of(fd);
	va_list list;
	void *arg;

	va_start(list, request);
	arg = va_arg(list, void *);
	va_end(list);
	if (!ring)
		return ioctl(fd, request, arg);
	obj_put(ring);
	if (request == PERF_EVENT_IOC_ENABLE || request == PERF_EVENT_IOC_DISABLE)
		return 0;
	errno = EOPNOTSUPP;
	return -1;
}

/* Takes the reference over. */
static int map_ring(struct obj *ring, size_t size, void **out)
{
	const struct os *os = ring->skep->os;
	struct mapping *m = os_alloc(os, sizeof(*m));
	int err = m ? perf_ring_map(ring, size, out) : -ENOMEM;

	if (err) {
		obj_put(ring);
		os_free(os, m);
		return err;
	}
	*m = (struct mapping){.os = os, .ring = ring, .page = *out, .size = size};
	pthread_mutex_lock(&load_process.lock);
	m->next = load_process.mappings;
	load_process.mappings = m;
	pthread_mutex_unlock(&load_process.lock);
	return 0;
}

void *load_mmap(void *at, size_t size, int prot, int flags, int fd, off_t off)
{
	struct map_mmap ask = {.length = size, .offset = (u64)off, .prot = prot, .flags = flags};
	struct skep *skep = fd >= 0 && !(flags & MAP_ANONYMOUS) ? load_current() : NULL;
	struct obj *ring = skep ? load_ring_of(fd) : NULL;
	int err = 1;

	if (ring) {
		err = map_ring(ring, size, &at);
		if (!err)
			return at;
	} else if (skep) {
		err = sys_mmap_check(skep, fd, &ask);
	}
	if (err >= 0)
		return mmap(at, size, prot, flags, fd, off);
	errno = -err;
	return MAP_FAILED;
}

/* A perf buffer's memory goes with its object. */
int load_munmap(void *at, size_t size)
{
	struct mapping **link = &load_process.mappings, *m;

	pthread_mutex_lock(&load_process.lock);
	while (*link && (*link)->page != at)
		link = &(*link)->next;
	m = *link;
	if (m)
		*link = m->next;
	pthread_mutex_unlock(&load_process.lock);
	if (!m)
		return munmap(at, size);
	obj_put(m->ring);
	os_free(m->os, m);
	return 0;
}

int load_perf_positions(const struct obj *ring, struct load_positions *out)
{
	struct mapping *m;

	pthread_mutex_lock(&load_process.lock);
	for (m = load_process.mappings; m && m->ring != ring; m = m->next)
		;
	if (m) {
		out->written = (const _Atomic u64 *)&m->page->data_head;
		out->read = (const _Atomic u64 *)&m->page->data_tail;
	}
	pthread_mutex_unlock(&load_process.lock);
	return m ? 0 : -EINVAL;
}
