/*
 * Which buffers of programs have something to read, as the kernel's epoll can see it: an eventfd
 * for each buffer that a client waits for, set while there is something.
 *
 * It is set by the program that writes, under Linux's rule of whom to wake, and brought up to date
 * whenever a client is about to wait.  Nothing is missed: what was written before a client waits is
 * seen then, and what is written later to a reader that has read everything is told.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "exec/ready.h"
#include "map/perf.h"

int ready_pending(struct obj *obj)
{
	if (obj->kind == OBJ_PERF)
		return perf_ring_pending(obj);
	return obj->kind == OBJ_MAP ? map_pending(map_of(obj)) : -EOPNOTSUPP;
}

static struct ready *find(struct readies *all, const struct obj *obj)
{
	struct ready *r = all->first;

	while (r && r->obj != obj)
		r = r->next;
	return r;
}

static void set(struct ready *r)
{
	u64 one = 1;

	if (!r->is_set)
		(void)!write(r->event, &one, sizeof(one));
	r->is_set = 1;
}

static void update(struct ready *r)
{
	u64 count;

	if (ready_pending(r->obj) > 0) {
		set(r);
	} else if (r->is_set) {
		(void)!read(r->event, &count, sizeof(count));
		r->is_set = 0;
		/* what came between the two looks */
		if (ready_pending(r->obj) > 0)
			set(r);
	}
}

void ready_update(struct exec *exec)
{
	if (!atomic_load_explicit(&exec->readies.count, memory_order_acquire))
		return;
	pthread_mutex_lock(&exec->readies.lock);
	for (struct ready *r = exec->readies.first; r; r = r->next)
		update(r);
	pthread_mutex_unlock(&exec->readies.lock);
}

void ready_output(struct skep *skep, struct obj *obj)
{
	struct readies *all = &exec_of(skep)->readies;
	struct ready *r;

	/* acquire: a buffer that is waited for has been counted before its reader last looked */
	if (likely(!atomic_load_explicit(&all->count, memory_order_acquire)))
		return;
	pthread_mutex_lock(&all->lock);
	r = find(all, obj);
	if (r)
		set(r);
	pthread_mutex_unlock(&all->lock);
}

static struct ready *add(struct exec *exec, struct obj *obj)
{
	struct ready *r = os_alloc(exec->skep->os, sizeof(*r));

	if (!r)
		return NULL;
	r->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (r->event < 0) {
		os_free(exec->skep->os, r);
		return NULL;
	}
	obj_get(obj);
	r->obj = obj;
	r->next = exec->readies.first;
	exec->readies.first = r;
	atomic_fetch_add_explicit(&exec->readies.count, 1, memory_order_release);
	return r;
}

struct ready *ready_lock(struct exec *exec, struct obj *obj)
{
	struct ready *r;

	pthread_mutex_lock(&exec->readies.lock);
	r = find(&exec->readies, obj);
	if (!r)
		r = add(exec, obj);
	if (r)
		update(r);
	else
		pthread_mutex_unlock(&exec->readies.lock);
	return r;
}

void ready_unlock(struct exec *exec)
{
	pthread_mutex_unlock(&exec->readies.lock);
}

static void free_ready(struct exec *exec, struct ready *r)
{
	while (r->watches) {
		struct watch *w = r->watches;

		r->watches = w->next;
		close(w->fd);
		os_free(exec->skep->os, w);
	}
	close(r->event); /* the last of the file: epoll sets forget it */
	obj_put(r->obj);
	os_free(exec->skep->os, r);
}

void ready_forget(struct exec *exec, const struct obj *obj)
{
	struct ready **at = &exec->readies.first, *r;

	if (!atomic_load_explicit(&exec->readies.count, memory_order_acquire))
		return;
	pthread_mutex_lock(&exec->readies.lock);
	while (*at && (*at)->obj != obj)
		at = &(*at)->next;
	r = *at;
	if (r) {
		*at = r->next;
		atomic_fetch_sub_explicit(&exec->readies.count, 1, memory_order_release);
	}
	pthread_mutex_unlock(&exec->readies.lock);
	if (r)
		free_ready(exec, r);
}

int ready_create(struct readies *all)
{
	int ends[2];

	pthread_mutex_init(&all->lock, NULL);
	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	close(ends[0]);
	all->broken = ends[1];
	return 0;
}

void ready_destroy(struct exec *exec)
{
	while (exec->readies.first)
		ready_forget(exec, exec->readies.first->obj);
	close(exec->readies.broken);
	pthread_mutex_destroy(&exec->readies.lock);
}
