/*
 * poll, ppoll, select and pselect6 with a map or a perf buffer among their fds: a memfd is always
 * ready, so these waits are ours, with the buffers' eventfds in the fds' places.  All others are
 * the kernel's.
 *
 * A wait of ours is not interrupted by a signal; it looks for pending ones from time to time, and
 * ends as if it were.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/select.h>
#include <time.h>
#include <unistd.h>

#include "exec/ready.h"

enum { POLL_MAX = 1024, SLICE_MS = 20 };

/* One wait: what the client asked for, and what we wait for instead. */
struct wait {
	struct notice *n;
	u32 count;
	struct pollfd *asked; /* the client's numbers */
	struct pollfd *ours;  /* owned fds; -1 where there is none */
	int any;              /* one of ours is among them */
	u64 mask;             /* signals that are blocked meanwhile */
	u64 deadline;         /* CLOCK_MONOTONIC; UINT64_MAX: none */
};

static u64 now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (u64)ts.tv_sec * 1000000000ull + (u64)ts.tv_nsec;
}

static int dup_of(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

/* What stands for an object's fd; -1: its own file will do. */
static int stand_in(struct exec *exec, struct obj *obj)
{
	struct ready *r;
	int fd = -1;

	if (obj->kind != OBJ_MAP && obj->kind != OBJ_PERF)
		return -1;
	if (ready_pending(obj) < 0)
		return dup_of(exec->readies.broken);
	r = ready_lock(exec, obj);
	if (r) {
		fd = dup_of(r->event);
		ready_unlock(exec);
	}
	return fd;
}

/* A buffer that has something is readable in both of poll's words; an eventfd knows one. */
enum { READABLE = POLLIN | POLLRDNORM };

/* Our fd for one of the client's: of a buffer its eventfd, which *is_event tells. */
static int take_fd(struct wait *w, int fd, short *is_event)
{
	struct obj *obj;
	int ours = -1;

	*is_event = 0;
	if (!sys_obj_by_fd_any(w->n->exec->skep, fd, &obj)) {
		ours = stand_in(w->n->exec, obj);
		obj_put(obj);
		*is_event = ours >= 0;
		w->any |= ours >= 0;
	}
	return ours >= 0 ? ours : client_fd(w->n, fd);
}

/* Until there is an answer, asked's revents tell which are eventfds. */
static void take_fds(struct wait *w)
{
	for (u32 i = 0; i < w->count; i++) {
		struct pollfd *asked = &w->asked[i], *ours = &w->ours[i];

		*ours = (struct pollfd){.fd = -1, .events = asked->events};
		asked->revents = 0;
		if (asked->fd >= 0)
			ours->fd = take_fd(w, asked->fd, &asked->revents);
		if (asked->revents)
			ours->events = asked->events & READABLE ? POLLIN : 0;
	}
}

/* In the client's words: what its fds have. */
static void translate(struct wait *w)
{
	for (u32 i = 0; i < w->count; i++) {
		struct pollfd *asked = &w->asked[i], *ours = &w->ours[i];

		if (asked->fd >= 0 && ours->fd < 0)
			ours->revents = POLLNVAL;
		else if (asked->revents && ours->revents & POLLIN)
			ours->revents = (short)(asked->events & READABLE);
	}
}

static void drop_fds(struct wait *w)
{
	for (u32 i = 0; i < w->count; i++)
		if (w->ours[i].fd >= 0)
			close(w->ours[i].fd);
}

/* Would the kernel end the thread's wait for a signal now? */
static int has_signal(const struct wait *w)
{
	char path[32], line[128];
	unsigned long long pending = 0, bits;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)w->n->call.pid);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "SigPnd: %llx", &bits) == 1 ||
		    sscanf(line, "ShdPnd: %llx", &bits) == 1)
			pending |= bits;
	if (file)
		fclose(file);
	return (pending & ~w->mask) != 0;
}

/* The signals that the thread blocks, where the call does not say. */
static u64 blocked_now(const struct notice *n)
{
	char path[32], line[128];
	unsigned long long bits = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)n->call.pid);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "SigBlk: %llx", &bits) == 1)
			break;
	if (file)
		fclose(file);
	return bits;
}

static int slice_ms(const struct wait *w)
{
	u64 now = now_ns();

	if (now >= w->deadline)
		return 0;
	return w->deadline - now < SLICE_MS * 1000000ull ? (int)((w->deadline - now) / 1000000 + 1)
							 : SLICE_MS;
}

/* Wait.  How many have something, or -EINTR. */
static int wait_for_fds(struct wait *w)
{
	int found, slice;

	notice_yield(w->n);
	do {
		slice = slice_ms(w);
		ready_update(w->n->exec);
		found = poll(w->ours, w->count, slice);
		if (!found && (has_signal(w) || atomic_load(&w->n->gone)))
			return -EINTR;
	} while (!found && slice);
	return found;
}

static int count_ready(const struct wait *w)
{
	int count = 0;

	for (u32 i = 0; i < w->count; i++)
		count += w->ours[i].revents != 0;
	return count;
}

/* All of it for w->asked: the answers are in w->ours.  NOTICE_CONTINUE: none of ours is there. */
static long wait_for(struct wait *w)
{
	long ret = NOTICE_CONTINUE;

	w->ours = os_alloc(w->n->exec->skep->os, w->count * sizeof(*w->ours));
	if (!w->ours)
		return -ENOMEM;
	take_fds(w);
	if (w->any) {
		translate(w);
		if (count_ready(w))
			w->deadline = 0; /* an fd that is none is an answer */
		ret = wait_for_fds(w);
	}
	if (ret >= 0) {
		translate(w);
		ret = count_ready(w);
	}
	drop_fds(w);
	return ret;
}

static u64 deadline_of(const struct timespec *ts)
{
	u64 ns = (u64)ts->tv_sec * 1000000000ull + (u64)ts->tv_nsec;

	return ts->tv_sec > INT32_MAX ? UINT64_MAX : now_ns() + ns;
}

/* A map has been given out, or a perf buffer: before that nothing here is ours. */
static int may_concern(struct notice *n)
{
	return sys_has_buffers(n->exec->skep);
}

static long poll_asked(struct wait *w, u64 from)
{
	const struct os *os = w->n->exec->skep->os;
	u64 size = w->count * sizeof(*w->asked);
	long ret;

	w->asked = os_alloc(os, size);
	if (!w->asked)
		return -ENOMEM;
	ret = client_read(w->n, w->asked, from, size) ? NOTICE_CONTINUE : wait_for(w);
	if (ret >= 0) {
		for (u32 i = 0; i < w->count; i++)
			w->asked[i].revents = w->ours[i].revents;
		if (client_write(w->n, from, w->asked, size))
			ret = -EFAULT;
	}
	os_free(os, w->ours);
	os_free(os, w->asked);
	return ret;
}

long serve_poll(struct notice *n)
{
	const __u64 *args = n->call.data.args;
	s32 ms = (s32)args[2];
	struct wait w = {.n = n, .count = (u32)args[1]};

	if (!w.count || w.count > POLL_MAX || !may_concern(n))
		return NOTICE_CONTINUE;
	w.mask = blocked_now(n);
	w.deadline = ms < 0 ? UINT64_MAX : now_ns() + (u64)ms * 1000000ull;
	return poll_asked(&w, args[0]);
}

/* A timeout and a mask as ppoll and pselect6 take them; 0 or -EFAULT. */
static int read_rest(struct wait *w, u64 timeout, u64 mask)
{
	struct timespec ts;

	w->mask = mask ? 0 : blocked_now(w->n);
	w->deadline = UINT64_MAX;
	if (timeout && client_read(w->n, &ts, timeout, sizeof(ts)))
		return -EFAULT;
	if (timeout)
		w->deadline = deadline_of(&ts);
	return mask ? client_read(w->n, &w->mask, mask, sizeof(w->mask)) : 0;
}

long serve_ppoll(struct notice *n)
{
	const __u64 *args = n->call.data.args;
	struct wait w = {.n = n, .count = (u32)args[1]};

	if (!w.count || w.count > POLL_MAX || !may_concern(n) || read_rest(&w, args[2], args[3]))
		return NOTICE_CONTINUE;
	return poll_asked(&w, args[0]);
}

/* The three sets of select, in its order. */
enum { SETS = 3 };
static const short set_events[SETS] = {POLLIN, POLLOUT, POLLPRI};
/* what Linux counts for each */
static const short set_ready[SETS] = {
	POLLIN | POLLRDNORM | POLLRDBAND | POLLHUP | POLLERR,
	POLLOUT | POLLWRNORM | POLLWRBAND | POLLERR,
	POLLPRI,
};

struct sets {
	u64 at[SETS]; /* the client's addresses, or 0 */
	u32 bytes;
	fd_set set[SETS];
};

static int read_sets(struct notice *n, struct sets *s)
{
	const __u64 *args = n->call.data.args;

	memset(s, 0, sizeof(*s));
	s->bytes = (u32)round_up_to(args[0], 64) / 8;
	for (u32 i = 0; i < SETS; i++) {
		s->at[i] = args[1 + i];
		if (s->at[i] && client_read(n, &s->set[i], s->at[i], s->bytes))
			return -EFAULT;
	}
	return 0;
}

static u32 sets_to_fds(const struct sets *s, int nfds, struct pollfd *fds)
{
	u32 count = 0;

	for (int fd = 0; fd < nfds; fd++) {
		short events = 0;

		for (u32 i = 0; i < SETS; i++)
			if (FD_ISSET(fd, &s->set[i]))
				events |= set_events[i];
		if (events)
			fds[count++] = (struct pollfd){.fd = fd, .events = events};
	}
	return count;
}

static long write_sets(struct wait *w, struct sets *s)
{
	struct sets out = *s;
	long bits = 0;

	memset(out.set, 0, sizeof(out.set));
	for (u32 i = 0; i < w->count; i++)
		for (u32 k = 0; k < SETS; k++)
			if (w->asked[i].events & set_events[k] &&
			    w->ours[i].revents & set_ready[k]) {
				FD_SET(w->asked[i].fd, &out.set[k]);
				bits++;
			}
	for (u32 k = 0; k < SETS; k++)
		if (s->at[k] && client_write(w->n, s->at[k], &out.set[k], s->bytes))
			return -EFAULT;
	return bits;
}

static long select_asked(struct wait *w)
{
	const struct os *os = w->n->exec->skep->os;
	int nfds = (int)w->n->call.data.args[0];
	struct sets sets;
	long ret;

	if (read_sets(w->n, &sets))
		return NOTICE_CONTINUE;
	w->asked = os_alloc(os, (u64)nfds * sizeof(*w->asked));
	if (!w->asked)
		return -ENOMEM;
	w->count = sets_to_fds(&sets, nfds, w->asked);
	ret = w->count ? wait_for(w) : NOTICE_CONTINUE;
	for (u32 i = 0; ret >= 0 && i < w->count; i++)
		if (w->ours[i].revents & POLLNVAL)
			ret = -EBADF;
	if (ret >= 0)
		ret = write_sets(w, &sets);
	os_free(os, w->ours);
	os_free(os, w->asked);
	return ret;
}

static int selectable(struct notice *n)
{
	int nfds = (int)n->call.data.args[0];

	return nfds > 0 && nfds <= FD_SETSIZE && may_concern(n);
}

/* What is left of the time is told, as Linux does. */
long serve_select(struct notice *n)
{
	u64 at = n->call.data.args[4], now;
	struct wait w = {.n = n, .deadline = UINT64_MAX};
	struct timeval tv;
	long ret;

	if (!selectable(n))
		return NOTICE_CONTINUE;
	if (at && client_read(n, &tv, at, sizeof(tv)))
		return -EFAULT;
	if (at)
		w.deadline = deadline_of(&(struct timespec){tv.tv_sec, tv.tv_usec * 1000});
	w.mask = blocked_now(n);
	ret = select_asked(&w);
	if (ret == NOTICE_CONTINUE || !at)
		return ret;
	now = now_ns();
	now = w.deadline > now ? w.deadline - now : 0;
	tv = (struct timeval){(time_t)(now / 1000000000), (suseconds_t)(now % 1000000000 / 1000)};
	return client_write(n, at, &tv, sizeof(tv)) ? -EFAULT : ret;
}

long serve_pselect6(struct notice *n)
{
	const __u64 *args = n->call.data.args;
	struct wait w = {.n = n};
	u64 mask[2] = {0}; /* its address and its size */

	if (!selectable(n))
		return NOTICE_CONTINUE;
	if ((args[5] && client_read(n, mask, args[5], sizeof(mask))) ||
	    read_rest(&w, args[4], mask[0]))
		return NOTICE_CONTINUE;
	return select_asked(&w);
}
