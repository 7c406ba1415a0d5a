/*
 * One process tree: its listener and the threads that serve it.  One thread receives, serves what
 * is quick by itself and receives again, so that a quick call costs two switches on the client's
 * own CPU and no more.  Before something slow it steps down: another thread receives meanwhile.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "exec/internal.h"

/* Linux 6.6: whom a notice wakes runs on the CPU of who sent it, at once. */
#define NOTIF_SET_FLAGS _IOW('!', 4, u64)
enum { NOTIF_SYNC_WAKE_UP = 1, THREADS_MAX = 256 };

static void *serve_tree(void *cookie);

static int start_thread(struct tree *tree)
{
	pthread_attr_t attr;
	pthread_t thread;
	int err;

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	err = pthread_create(&thread, &attr, serve_tree, tree);
	pthread_attr_destroy(&attr);
	return -err;
}

/* Make somebody else the receiver.  Needs the lock. */
static void pass_on(struct tree *tree)
{
	tree->receiving = 0;
	if (tree->idle) {
		pthread_cond_signal(&tree->turn);
		return;
	}
	if (tree->threads >= THREADS_MAX || tree->ended)
		return;
	tree->threads++;
	if (start_thread(tree))
		tree->threads--;
}

void notice_yield(struct notice *n)
{
	struct exec *exec = n->exec;

	if (n->yielded || n->tree->listener < 0)
		return;
	n->yielded = 1;
	pthread_mutex_lock(&exec->lock);
	n->next = exec->yielded;
	exec->yielded = n;
	pthread_mutex_unlock(&exec->lock);
	pthread_mutex_lock(&n->tree->lock);
	pass_on(n->tree);
	pthread_mutex_unlock(&n->tree->lock);
	exec_wake(exec);
}

static void unlist(struct notice *n)
{
	struct notice **at = &n->exec->yielded;

	pthread_mutex_lock(&n->exec->lock);
	while (*at != n)
		at = &(*at)->next;
	*at = n->next;
	pthread_mutex_unlock(&n->exec->lock);
}

static void send(struct notice *n, long ret)
{
	struct seccomp_notif_resp resp = {.id = n->call.id};

	if (ret == NOTICE_CONTINUE)
		resp.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	else if (ret < 0)
		resp.error = (s32)ret;
	else
		resp.val = ret;
	/* a client that was killed meanwhile wants no answer */
	(void)ioctl(n->tree->listener, SECCOMP_IOCTL_NOTIF_SEND, &resp);
}

/*
 * Put the fd into the client and answer with its number.  In one step, when nobody else receives:
 * by the client's next call our own fd has to be closed, which would hold the object.
 */
static void send_fd(struct notice *n)
{
	struct seccomp_notif_addfd add = {
		.id = n->call.id,
		.flags = n->yielded ? 0 : SECCOMP_ADDFD_FLAG_SEND,
		.srcfd = (u32)n->result_fd,
		.newfd_flags = n->result_flags,
	};
	int fd = ioctl(n->tree->listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add);

	if (fd < 0)
		fd = -errno;
	close(n->result_fd);
	/* a client that was killed meanwhile wants no answer */
	if ((fd < 0 || n->yielded) && fd != -ENOENT && fd != -EINPROGRESS)
		send(n, fd);
}

static void serve(struct notice *n)
{
	long ret = notice_serve(n);

	if (n->yielded)
		unlist(n);
	if (n->result_fd >= 0 && ret >= 0) {
		send_fd(n);
		return;
	}
	if (n->result_fd >= 0)
		close(n->result_fd);
	send(n, ret);
}

/* Is nobody left, or are we to leave? */
static int over(const struct tree *tree)
{
	struct pollfd fd = {.fd = tree->listener};

	return atomic_load(&tree->ended) || poll(&fd, 1, 0) > 0;
}

/* Receive and serve until this thread has stepped down (1), or the tree has ended (0). */
static int receive(struct tree *tree)
{
	struct notice n;

	do {
		memset(&n, 0, sizeof(n));
		n.exec = tree->exec;
		n.tree = tree;
		n.result_fd = -1;
		if (!ioctl(tree->listener, SECCOMP_IOCTL_NOTIF_RECV, &n.call))
			serve(&n);
		else if ((errno != EINTR && errno != ENOENT) || over(tree))
			return 0;
	} while (!n.yielded);
	return 1;
}

static void *serve_tree(void *cookie)
{
	struct tree *tree = cookie;
	int more = 1;

	pthread_mutex_lock(&tree->lock);
	while (!tree->ended) {
		if (tree->receiving) {
			tree->idle++;
			pthread_cond_wait(&tree->turn, &tree->lock);
			tree->idle--;
			continue;
		}
		tree->receiving = 1;
		tree->receiver = pthread_self();
		pthread_mutex_unlock(&tree->lock);
		more = receive(tree);
		pthread_mutex_lock(&tree->lock);
		if (!more) {
			tree->receiving = 0;
			tree->ended = 1;
		}
	}
	pthread_cond_broadcast(&tree->turn);
	tree->threads--;
	pthread_cond_broadcast(&tree->left);
	pthread_mutex_unlock(&tree->lock);
	return NULL;
}

int tree_create(struct exec *exec, int listener, struct tree **out)
{
	struct tree *tree = os_alloc(exec->skep->os, sizeof(*tree));
	int err;

	if (!tree)
		return -ENOMEM;
	tree->exec = exec;
	tree->listener = listener;
	pthread_mutex_init(&tree->lock, NULL);
	pthread_cond_init(&tree->turn, NULL);
	pthread_cond_init(&tree->left, NULL);
	/* where it is missing, calls are slower */
	(void)ioctl(listener, NOTIF_SET_FLAGS, (u64)NOTIF_SYNC_WAKE_UP);
	tree->threads = 1;
	err = start_thread(tree);
	if (err)
		os_free(exec->skep->os, tree);
	else
		*out = tree;
	return err;
}

/* Runs that are under way have nobody to tell. */
static void forget_calls(struct tree *tree)
{
	pthread_mutex_lock(&tree->exec->lock);
	for (struct notice *n = tree->exec->yielded; n; n = n->next)
		if (n->tree == tree)
			atomic_store_explicit(&n->gone, 1, memory_order_relaxed);
	pthread_mutex_unlock(&tree->exec->lock);
}

/* Before Linux 6.6 a receiver does not notice that nobody is left: a signal tells it. */
static void wait_for_threads(struct tree *tree)
{
	struct timespec soon;

	pthread_mutex_lock(&tree->lock);
	tree->ended = 1;
	pthread_cond_broadcast(&tree->turn);
	while (tree->threads) {
		forget_calls(tree);
		if (tree->receiving)
			pthread_kill(tree->receiver, TREE_SIGNAL);
		clock_gettime(CLOCK_REALTIME, &soon);
		soon.tv_nsec += 10000000;
		soon.tv_sec += soon.tv_nsec / 1000000000;
		soon.tv_nsec %= 1000000000;
		pthread_cond_timedwait(&tree->left, &tree->lock, &soon);
	}
	pthread_mutex_unlock(&tree->lock);
}

void tree_free(struct tree *tree)
{
	wait_for_threads(tree);
	close(tree->listener);
	pthread_cond_destroy(&tree->left);
	pthread_cond_destroy(&tree->turn);
	pthread_mutex_destroy(&tree->lock);
	os_free(tree->exec->skep->os, tree);
}
