/*
 * Closes that nobody tells us of: a caller's fd is gone when the kernel grants a write lease on our
 * own fd of the inode, which it does when no other open file or mapping of it is left.
 *
 * Asking for each file in turn is enough for a caller in our own process, whose closes come through
 * sys_close.  Where they do not (exec/), inotify names the inodes of which a file was closed; its
 * events coalesce, so they only say where to ask.  And they come when the kernel begins to close,
 * a moment before the lease can be had: a file that is not free yet is asked again for a while.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

#include "sys/file.h"

enum { FIRST_SWEEP = 64, EVENTS_BUFFER = 4096, DOUBT_NS = 20000000 };

int file_alone(const struct sys_file *file)
{
	if (fcntl(file->fd, F_SETLEASE, F_WRLCK))
		return errno == EAGAIN ? 0 : -1;
	fcntl(file->fd, F_SETLEASE, F_UNLCK);
	return 1;
}

static void stop_doubting(struct sys *sys, struct sys_file *file)
{
	struct sys_file **at = &sys->doubts;

	if (!file->doubt_until)
		return;
	while (*at != file)
		at = &(*at)->next_doubt;
	*at = file->next_doubt;
	file->doubt_until = 0;
}

static void doubt(struct sys *sys, struct sys_file *file, u64 now)
{
	if (!file->doubt_until) {
		file->next_doubt = sys->doubts;
		sys->doubts = file;
	}
	file->doubt_until = now + DOUBT_NS;
}

static struct sys_file **watch_bucket(struct sys *sys, int watch)
{
	return &sys->watched[(u32)watch % WATCH_BUCKETS];
}

void file_watch(struct sys *sys, struct sys_file *file)
{
	char path[32];

	file->watch = -1;
	if (sys->inotify < 0)
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file->fd);
	file->watch = inotify_add_watch(sys->inotify, path, IN_CLOSE);
	if (file->watch < 0) {
		sys->nr_unwatched++;
		return;
	}
	file->next_watch = *watch_bucket(sys, file->watch);
	*watch_bucket(sys, file->watch) = file;
}

void file_unwatch(struct sys *sys, struct sys_file *file)
{
	struct sys_file **at;

	if (sys->inotify < 0)
		return;
	stop_doubting(sys, file);
	if (file->watch < 0) {
		sys->nr_unwatched--;
		return;
	}
	at = watch_bucket(sys, file->watch);
	while (*at != file)
		at = &(*at)->next_watch;
	*at = file->next_watch;
	inotify_rm_watch(sys->inotify, file->watch);
}

static struct sys_file *find_watched(struct sys *sys, int watch)
{
	struct sys_file *file = *watch_bucket(sys, watch);

	while (file && file->watch != watch)
		file = file->next_watch;
	return file;
}

static void take_if_closed(struct sys *sys, struct sys_file *file, struct sys_file **dead)
{
	if (file_alone(file) != 1)
		return;
	file_detach(sys, file);
	file->next = *dead;
	*dead = file;
}

/* Those that are still not free after all that time have another user. */
static void ask_doubts(struct sys *sys, struct sys_file **dead, u64 now)
{
	struct sys_file *next;

	for (struct sys_file *file = sys->doubts; file; file = next) {
		u64 until = file->doubt_until;

		next = file->next_doubt;
		take_if_closed(sys, file, dead);
		if (now > until)
			stop_doubting(sys, file);
	}
}

static void ask_all(struct sys *sys, struct sys_file **dead)
{
	struct sys_file *next;

	for (u32 i = 0; i < sys->nr_buckets; i++)
		for (struct sys_file *file = sys->bucket[i]; file; file = next) {
			next = file->next;
			take_if_closed(sys, file, dead);
		}
}

/* Read what inotify has.  1: it told of everything; 0: more happened than it could hold. */
static int ask_told(struct sys *sys, struct sys_file **dead, u64 now)
{
	char buffer[EVENTS_BUFFER] __attribute__((aligned(8)));
	int whole = 1;
	ssize_t n;

	while ((n = read(sys->inotify, buffer, sizeof(buffer))) > 0) {
		const struct inotify_event *event;

		for (ssize_t at = 0; at < n; at += (ssize_t)(sizeof(*event) + event->len)) {
			struct sys_file *file;

			event = (const struct inotify_event *)(buffer + at);
			file = find_watched(sys, event->wd);
			if (file)
				doubt(sys, file, now);
			whole &= !(event->mask & IN_Q_OVERFLOW);
		}
	}
	ask_doubts(sys, dead, now);
	return whole;
}

static struct sys_file *take_closed(struct skep *skep)
{
	u64 now = skep->os->clock_ns(skep->os, CLOCK_MONOTONIC);
	struct sys_file *dead = NULL;
	struct sys *sys = skep->sys;

	if (sys->inotify < 0 || !ask_told(sys, &dead, now) || sys->nr_unwatched)
		ask_all(sys, &dead);
	sys->sweep_at = sys->nr_files < FIRST_SWEEP / 2 ? FIRST_SWEEP : 2 * sys->nr_files;
	return dead;
}

/*
 * One sweeps at a time, to the end: what another has already taken is not seen any more when this
 * returns.
 */
void files_sweep(struct skep *skep)
{
	struct sys *sys = skep->sys;
	struct sys_file *dead;

	pthread_mutex_lock(&sys->sweep_lock);
	pthread_mutex_lock(&sys->lock);
	dead = take_closed(skep);
	pthread_mutex_unlock(&sys->lock);
	files_free(skep, dead);
	pthread_mutex_unlock(&sys->sweep_lock);
}

int sys_sweep(struct skep *skep)
{
	int doubts;

	files_sweep(skep);
	pthread_mutex_lock(&skep->sys->lock);
	doubts = skep->sys->doubts != NULL;
	pthread_mutex_unlock(&skep->sys->lock);
	return doubts;
}

int sys_watch_closes(struct skep *skep)
{
	struct sys *sys = skep->sys;
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	if (fd < 0)
		return -errno;
	sys->inotify = fd;
	return fd;
}
