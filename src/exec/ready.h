/* Buffers that clients wait for, for epoll.c and poll.c, which put their eventfds into the wait. */
#ifndef SKEP_EXEC_READY_H
#define SKEP_EXEC_READY_H

#include "exec/internal.h"
#include "map/map.h"

/* What stands for a client's fd in its epoll sets: the eventfd under a number of its own. */
struct watch {
	struct watch *next;
	int client_fd;
	int fd;
};

struct ready {
	struct ready *next;
	struct obj *obj; /* a reference */
	int event;       /* eventfd */
	int is_set;
	struct watch *watches;
};

/* Is there something to read?  1, 0, or -EOPNOTSUPP: no buffer. */
int ready_pending(struct obj *obj);

/* The buffer's entry, made when it is new and up to date, under the lock; NULL: no memory, no lock
 */
struct ready *ready_lock(struct exec *exec, struct obj *obj);
void ready_unlock(struct exec *exec);

#endif
