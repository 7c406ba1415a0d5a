/*
 * epoll on fds of ours.  The set is the client's and in the kernel; for a ring buffer we put an
 * eventfd in it, with the client's data.  Waiting is the kernel's too: at its beginning the
 * eventfds are brought up to date.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "exec/ready.h"

long serve_epoll_wait(struct notice *n)
{
	ready_update(n->exec);
	return NOTICE_CONTINUE;
}

static int control(int epoll, int op, int fd, struct epoll_event *event)
{
	return epoll_ctl(epoll, op, fd, event) ? -errno : 0;
}

/* The same eventfd under a number of its own: what a set tells its members apart by. */
static struct watch *add_watch(struct exec *exec, struct ready *r, int client_fd)
{
	struct watch *w = os_alloc(exec->skep->os, sizeof(*w));

	if (!w)
		return NULL;
	w->client_fd = client_fd;
	w->fd = fcntl(r->event, F_DUPFD_CLOEXEC, 0);
	if (w->fd < 0) {
		os_free(exec->skep->os, w);
		return NULL;
	}
	w->next = r->watches;
	r->watches = w;
	return w;
}

static int add(struct exec *exec, struct ready *r, int epoll, int client_fd,
	       struct epoll_event *event)
{
	struct watch *w = r->watches;

	while (w && w->client_fd != client_fd)
		w = w->next;
	if (!w)
		w = add_watch(exec, r, client_fd);
	return w ? control(epoll, EPOLL_CTL_ADD, w->fd, event) : -ENOMEM;
}

/* The set knows whether this one is in it. */
static int change(struct ready *r, int epoll, int op, int client_fd, struct epoll_event *event)
{
	int err = -ENOENT;

	for (struct watch *w = r->watches; w && err == -ENOENT; w = w->next)
		if (w->client_fd == client_fd)
			err = control(epoll, op, w->fd, event);
	return err;
}

static long control_buffer(struct notice *n, struct obj *obj, int epoll, struct epoll_event *event)
{
	int op = (int)n->call.data.args[1], fd = (int)n->call.data.args[2], err;
	struct ready *r = ready_lock(n->exec, obj);

	if (!r)
		return -ENOMEM;
	event->events &= ~(u32)EPOLLOUT; /* nobody writes to these */
	if (op == EPOLL_CTL_ADD)
		err = add(n->exec, r, epoll, fd, event);
	else
		err = change(r, epoll, op, fd, event);
	ready_unlock(n->exec);
	return err;
}

/* Other maps can be waited for as well, and are always in error: a pipe without a reader is. */
static long control_map(struct notice *n, int epoll, struct epoll_event *event)
{
	event->events &= ~(u32)EPOLLOUT;
	return control(epoll, (int)n->call.data.args[1], n->exec->readies.broken, event);
}

static long control_obj(struct notice *n, struct obj *obj)
{
	struct epoll_event event = {0};
	int epoll = client_fd(n, (int)n->call.data.args[0]);
	long err;

	if (epoll < 0)
		return -EBADF;
	if ((int)n->call.data.args[1] != EPOLL_CTL_DEL &&
	    client_read(n, &event, n->call.data.args[3], sizeof(event)))
		err = -EFAULT;
	else if (ready_pending(obj) >= 0)
		err = control_buffer(n, obj, epoll, &event);
	else
		err = control_map(n, epoll, &event);
	close(epoll);
	return err;
}

/* Programs, links and BTF cannot be waited for; the kernel says so of their files too. */
long serve_epoll_ctl(struct notice *n)
{
	struct obj *obj;
	long ret = NOTICE_CONTINUE;

	if (sys_obj_by_fd_any(n->exec->skep, (int)n->call.data.args[2], &obj))
		return NOTICE_CONTINUE;
	if (obj->kind == OBJ_MAP || obj->kind == OBJ_PERF)
		ret = control_obj(n, obj);
	obj_put(obj);
	return ret;
}
