/*
 * epoll for ring buffers and perf buffers.  The files behind them cannot be put into an epoll set,
 * so a wait looks at the positions in the buffers themselves, and sleeps on the set together with
 * an eventfd that producers write to.  What is watched is process-wide, as fds are.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "load/shim.h"
#include "map/map.h"
#include "map/output.h"
#include "sys/sys.h"

/* A buffer in an epoll set. */
struct watch {
	struct watch *next;
	const struct os *os;
	int epoll, fd;
	struct epoll_event event;
	struct load_positions at;
	void *pages; /* of a ring buffer: its two pages of positions, mapped by us; or NULL */
	struct waiting *waiting; /* a reference */
};

/* An epoll set and one of the instances whose buffers are in it. */
struct waiting {
	struct waiting *next;
	const struct os *os;
	struct skep *skep; /* to compare with, no more */
	struct output_waker *waker;
	int epoll;
	u32 refs; /* watches, and waits under way; guarded by load_process.lock, as all here */
};

/* Sets with buffers of more instances than this are refused. */
enum { INSTANCES = 7 };

static struct waiting **find_waiting(int epoll, const struct skep *skep)
{
	struct waiting **at = &load_process.waitings;

	while (*at && ((*at)->epoll != epoll || (*at)->skep != skep))
		at = &(*at)->next;
	return at;
}

static u32 count_waitings(int epoll)
{
	u32 n = 0;

	for (struct waiting *w = load_process.waitings; w; w = w->next)
		n += w->epoll == epoll;
	return n;
}

/* Needs the lock. */
static int waiting_get(int epoll, struct skep *skep, struct waiting **out)
{
	struct waiting **at = find_waiting(epoll, skep), *w = *at;
	int err;

	if (!w) {
		if (count_waitings(epoll) == INSTANCES)
			return -ENOSPC;
		w = os_alloc(skep->os, sizeof(*w));
		if (!w)
			return -ENOMEM;
		*w = (struct waiting){.os = skep->os, .skep = skep, .epoll = epoll};
		err = output_waker_create(skep, &w->waker);
		if (err) {
			os_free(skep->os, w);
			return err;
		}
		*at = w;
	}
	w->refs++;
	*out = w;
	return 0;
}

/* Needs the lock. */
static void waiting_put(struct waiting *w)
{
	struct waiting **at = &load_process.waitings;

	if (--w->refs)
		return;
	while (*at != w)
		at = &(*at)->next;
	*at = w->next;
	output_waker_destroy(w->waker);
	os_free(w->os, w);
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

/* Needs the lock, unless nobody else knows it. */
static void free_watch(struct watch *watch)
{
	if (watch->pages)
		munmap(watch->pages, 2 * sysconf(_SC_PAGESIZE));
	if (watch->waiting)
		waiting_put(watch->waiting);
	os_free(watch->os, watch);
}

/* Is the fd a buffer of ours?  Then fill in where its positions are: 0, 1 (it is not), -errno. */
static int find_positions(struct skep *skep, int fd, struct watch *watch)
{
	struct obj *obj = load_ring_of(fd);
	int err;

	if (obj) {
		err = load_perf_positions(obj, &watch->at);
	} else {
		if (sys_obj_by_fd(skep, fd, OBJ_MAP, &obj))
			return 1;
		err = map_of(obj)->type == BPF_MAP_TYPE_RINGBUF ? positions_of_ringbuf(fd, watch)
								: -EPERM;
	}
	obj_put(obj);
	return err;
}

static int insert_watch(struct skep *skep, struct watch *watch)
{
	int err;

	pthread_mutex_lock(&load_process.lock);
	err = waiting_get(watch->epoll, skep, &watch->waiting);
	if (!err) {
		watch->next = load_process.watches;
		load_process.watches = watch;
		output_wake_one(watch->waiting->waker); /* who waits already looks again */
	}
	pthread_mutex_unlock(&load_process.lock);
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
	if (!err)
		err = insert_watch(skep, watch);
	if (err)
		free_watch(watch);
	return err;
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

/* The watched buffers of a set that hold something new. */
static int collect(int epoll, struct epoll_event *events, int max)
{
	int n = 0;

	pthread_mutex_lock(&load_process.lock);
	for (struct watch *w = load_process.watches; w && n < max; w = w->next) {
		/* acquire: pairs with the writer's release of its position */
		if (w->epoll == epoll &&
		    atomic_load_explicit(w->at.written, memory_order_acquire) !=
			    atomic_load_explicit(w->at.read, memory_order_relaxed)) {
			events[n] = w->event;
			events[n++].events = EPOLLIN;
		}
	}
	pthread_mutex_unlock(&load_process.lock);
	return n;
}

/* What is ready now, buffers first.  -1 with errno set when the set is none. */
static int collect_all(int epoll, struct epoll_event *events, int max)
{
	int n = collect(epoll, events, max), more;

	if (n == max)
		return n;
	more = epoll_wait(epoll, events + n, max - n, 0);
	return more < 0 && !n ? more : n + (more > 0 ? more : 0);
}

/* A wait under way: what it holds, and what it sleeps on. */
struct wait {
	struct waiting *waiting[INSTANCES];
	struct pollfd fds[INSTANCES + 1];
	u32 count;
};

/* How many instances' buffers are in the set. */
static u32 begin_wait(int epoll, struct wait *wait)
{
	wait->count = 0;
	wait->fds[INSTANCES] = (struct pollfd){.fd = epoll, .events = POLLIN};
	pthread_mutex_lock(&load_process.lock);
	for (struct waiting *w = load_process.waitings; w; w = w->next) {
		if (w->epoll != epoll)
			continue;
		w->refs++;
		wait->fds[wait->count] = (struct pollfd){.fd = w->waker->fd, .events = POLLIN};
		wait->waiting[wait->count++] = w;
	}
	pthread_mutex_unlock(&load_process.lock);
	wait->fds[wait->count] = wait->fds[INSTANCES];
	return wait->count;
}

static void end_wait(struct wait *wait)
{
	pthread_mutex_lock(&load_process.lock);
	for (u32 i = 0; i < wait->count; i++)
		waiting_put(wait->waiting[i]);
	pthread_mutex_unlock(&load_process.lock);
}

static s64 now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ll + ts.tv_nsec / 1000000;
}

/* Look once more, and sleep when there is still nothing. */
static int look_and_sleep(int epoll, struct wait *wait, struct epoll_event *events, int max,
			  int timeout)
{
	int n, slept = 0;

	for (u32 i = 0; i < wait->count; i++)
		output_arm(wait->waiting[i]->waker);
	n = collect_all(epoll, events, max);
	if (!n)
		slept = poll(wait->fds, wait->count + 1, timeout);
	for (u32 i = 0; i < wait->count; i++)
		output_disarm(wait->waiting[i]->waker);
	return slept < 0 ? slept : n;
}

int load_epoll_wait(int epoll, struct epoll_event *events, int max, int timeout)
{
	s64 end = timeout < 0 ? INT64_MAX : now_ms() + timeout, left = timeout;
	struct wait wait;
	int n = 0;

	if (max <= 0 || !begin_wait(epoll, &wait))
		return epoll_wait(epoll, events, max, timeout);
	for (;;) {
		n = collect_all(epoll, events, max);
		if (!n && left)
			n = look_and_sleep(epoll, &wait, events, max, (int)left);
		if (n || !left)
			break;
		if (timeout >= 0)
			left = end > now_ms() ? end - now_ms() : 0;
	}
	end_wait(&wait);
	return n;
}
