/*
 * Buffers that programs fill: perf_event_open, mmap and epoll for ring buffers and perf buffers.
 * The memory files behind ring buffers cannot be put into an epoll set, so the sets' waits look at
 * the positions in the buffers themselves.  The list of what is watched is process-wide, as fds
 * are.
 */
#include <errno.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "load/shim.h"
#include "map/perf.h"
#include "sys/sys.h"

/* A buffer's positions: what was read before `written` is new. */
struct positions {
	const _Atomic u64 *written, *read;
};

/* A perf buffer that was mapped. */
struct mapping {
	struct mapping *next;
	const struct os *os;
	struct obj *ring; /* a reference */
	struct perf_event_mmap_page *page;
	size_t size;
};

/* A buffer in an epoll set. */
struct watch {
	struct watch *next;
	const struct os *os;
	int epoll, fd;
	struct epoll_event event;
	struct positions at;
	void *pages; /* of a ring buffer: its two pages of positions, mapped by us; or NULL */
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

/* The perf buffer behind an fd, a strong reference; NULL when it is something else. */
static struct obj *ring_of(int fd)
{
	struct skep *skep = load_current();
	struct obj *ring;

	return skep && !sys_obj_by_fd(skep, fd, OBJ_PERF, &ring) ? ring : NULL;
}

int load_ioctl(int fd, unsigned long request, ...)
{
	struct obj *ring = ring_of(fd);
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
	struct obj *ring = skep ? ring_of(fd) : NULL;
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

static int positions_of_perf(const struct obj *ring, struct positions *out)
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

/* A ring buffer's file begins with the consumer's page, then comes the producer's. */
static int positions_of_ringbuf(int fd, struct watch *watch)
{
	long page = sysconf(_SC_PAGESIZE);
	u8 *pages = mmap(NULL, 2 * page, PROT_READ, MAP_SHARED, fd, 0);

	if (pages == MAP_FAILED)
		return -errno;
	watch->pages = pages;
	watch->at.read = (const _Atomic u64 *)pages;
	watch->at.written = (const _Atomic u64 *)(pages + page);
	return 0;
}

static void free_watch(struct watch *watch)
{
	if (watch->pages)
		munmap(watch->pages, 2 * sysconf(_SC_PAGESIZE));
	os_free(watch->os, watch);
}

/* Is the fd a buffer of ours?  Then fill in where its positions are: 0, 1 (it is not), -errno. */
static int find_positions(struct skep *skep, int fd, struct watch *watch)
{
	struct obj *obj = ring_of(fd);
	int err;

	if (obj) {
		err = positions_of_perf(obj, &watch->at);
	} else {
		if (sys_obj_by_fd(skep, fd, OBJ_MAP, &obj))
			return 1;
		err = map_of(obj)->type == BPF_MAP_TYPE_RINGBUF ? positions_of_ringbuf(fd, watch)
								: -EPERM;
	}
	obj_put(obj);
	return err;
}

static int add_watch(struct skep *skep, int epoll, int fd, const struct epoll_event *event)
{
	struct watch *watch = os_alloc(skep->os, sizeof(*watch));
	int err;

	if (!watch)
		return -ENOMEM;
	*watch = (struct watch){.os = skep->os, .epoll = epoll, .fd = fd, .event = *event};
	err = find_positions(skep, fd, watch);
	if (err) {
		os_free(skep->os, watch);
		return err;
	}
	pthread_mutex_lock(&load_process.lock);
	watch->next = load_process.watches;
	load_process.watches = watch;
	pthread_mutex_unlock(&load_process.lock);
	return 0;
}

/* Stop watching fd in this epoll set, or (epoll -1) in all, and the sets that fd itself is. */
static int drop_watches(int epoll, int fd)
{
	struct watch **link = &load_process.watches, *watch;
	int dropped = 0;

	pthread_mutex_lock(&load_process.lock);
	while ((watch = *link)) {
		int same = epoll < 0 ? watch->fd == fd || watch->epoll == fd
				     : watch->fd == fd && watch->epoll == epoll;

		if (same) {
			*link = watch->next;
			free_watch(watch);
			dropped++;
		} else {
			link = &watch->next;
		}
	}
	pthread_mutex_unlock(&load_process.lock);
	return dropped;
}

void epoll_forget(int fd)
{
	drop_watches(-1, fd);
}

int load_epoll_ctl(int epoll, int op, int fd, struct epoll_event *event)
{
	struct skep *skep = load_current();
	int err = 1;

	if (op == EPOLL_CTL_ADD && skep)
		err = add_watch(skep, epoll, fd, event);
	else if (op == EPOLL_CTL_DEL && drop_watches(epoll, fd))
		err = 0;
	if (err > 0)
		return epoll_ctl(epoll, op, fd, event);
	errno = -err;
	return err ? -1 : 0;
}

/* The watched buffers of a set that hold something new; *watched counts all of its buffers. */
static int collect(int epoll, struct epoll_event *events, int max, int *watched)
{
	int n = 0;

	*watched = 0;
	pthread_mutex_lock(&load_process.lock);
	for (struct watch *w = load_process.watches; w; w = w->next) {
		if (w->epoll != epoll)
			continue;
		(*watched)++;
		/* acquire: pairs with the writer's release of its position */
		if (n < max && atomic_load_explicit(w->at.written, memory_order_acquire) !=
				       atomic_load_explicit(w->at.read, memory_order_relaxed)) {
			events[n] = w->event;
			events[n++].events = EPOLLIN;
		}
	}
	pthread_mutex_unlock(&load_process.lock);
	return n;
}

static s64 now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ll + ts.tv_nsec / 1000000;
}

/* Milliseconds from one look at the buffers to the next. */
enum { TICK_MS = 1 };

int load_epoll_wait(int epoll, struct epoll_event *events, int max, int timeout)
{
	s64 end = timeout < 0 ? INT64_MAX : now_ms() + timeout;

	for (;;) {
		int watched, n = collect(epoll, events, max, &watched), more;
		s64 left = end - now_ms();

		if (!watched)
			return epoll_wait(epoll, events, max, timeout);
		if (n == max)
			return n;
		more = epoll_wait(epoll, events + n, max - n, n || left <= 0 ? 0 : TICK_MS);
		if (n + (more > 0 ? more : 0) || left <= 0)
			return n + (more > 0 ? more : 0);
		if (more < 0)
			return more;
	}
}
