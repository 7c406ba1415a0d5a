/*
 * skep serve: an instance that outlives the trees that join it.  Each sends its listener and keeps
 * the connection; when the tree has ended it is told, and when we end it sees that.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "exec/internal.h"

enum { JOINED_MAX = 1000 };

/* A tree that has joined; or (tree NULL) somebody who has not said yet what he wants. */
struct joined {
	int connection;
	struct tree *tree;
};

struct server {
	struct exec *exec;
	int socket, signals;
	bool stop;
	u32 count;
	struct joined joined[JOINED_MAX];
};

static void drop(struct server *s, u32 i)
{
	if (s->joined[i].tree)
		tree_free(s->joined[i].tree);
	if (s->joined[i].connection >= 0)
		close(s->joined[i].connection);
	s->joined[i] = s->joined[--s->count];
}

static void answer(int connection, int result)
{
	struct hello_answer a = {result};

	name_send(connection, &a, sizeof(a), -1);
}

/* May we reach its memory?  Where Yama restricts ptrace only its ancestors may. */
static int can_read(pid_t pid)
{
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return 0;
	close(fd);
	return 1;
}

static int join(struct server *s, u32 i, const struct hello *hello, int listener)
{
	int err = -EINVAL;

	if (listener < 0)
		return err;
	err = can_read(hello->program) ? tree_create(s->exec, listener, &s->joined[i].tree)
				       : -EACCES;
	if (err)
		close(listener);
	return err;
}

/* Whoever was accepted is our own user, and yet may say anything. */
static void listen_to(struct server *s, u32 i)
{
	int fd = s->joined[i].connection, listener, err;
	struct hello hello;

	if (name_receive(fd, &hello, sizeof(hello), &listener)) {
		drop(s, i);
		return;
	}
	if (hello.version == HELLO_VERSION && hello.what == HELLO_JOIN && !s->joined[i].tree) {
		err = join(s, i, &hello, listener);
	} else {
		s->stop |= hello.version == HELLO_VERSION && hello.what == HELLO_STOP;
		err = s->stop ? 0 : -EINVAL;
		if (listener >= 0)
			close(listener);
	}
	answer(fd, err);
	if (err)
		drop(s, i);
}

static void accept_one(struct server *s)
{
	struct joined *j = &s->joined[s->count];

	j->tree = NULL;
	if (!name_accept(s->socket, &j->connection))
		s->count++;
}

/* The joiner's death does not end its tree: what is left of that goes on. */
static void look(struct server *s, u32 i, const struct pollfd *connection,
		 const struct pollfd *listener)
{
	if (listener->revents) {
		answer(s->joined[i].connection, 1);
		drop(s, i);
	} else if (connection->revents & POLLIN) {
		listen_to(s, i);
	} else if (connection->revents && !s->joined[i].tree) {
		drop(s, i);
	} else if (connection->revents) {
		close(s->joined[i].connection);
		s->joined[i].connection = -1;
	}
}

enum { SERVER_FDS = EXEC_FDS + 2 };

static void serve_once(struct server *s)
{
	struct pollfd fds[SERVER_FDS + 2 * JOINED_MAX];
	u32 count = s->count;

	fds[EXEC_FDS] = (struct pollfd){.fd = s->signals, .events = POLLIN};
	fds[EXEC_FDS + 1] =
		(struct pollfd){.fd = count < JOINED_MAX ? s->socket : -1, .events = POLLIN};
	for (u32 i = 0; i < count; i++) {
		const struct joined *j = &s->joined[i];

		fds[SERVER_FDS + 2 * i] =
			(struct pollfd){.fd = j->connection, .events = j->tree ? 0 : POLLIN};
		fds[SERVER_FDS + 2 * i + 1] =
			(struct pollfd){.fd = j->tree ? j->tree->listener : -1};
	}
	exec_sleep(s->exec, fds, SERVER_FDS + 2 * count);
	/* from the end: the last takes the place of one that is dropped */
	for (u32 i = count; i-- > 0;)
		look(s, i, &fds[SERVER_FDS + 2 * i], &fds[SERVER_FDS + 2 * i + 1]);
	if (fds[EXEC_FDS + 1].revents)
		accept_one(s);
	s->stop |= fds[EXEC_FDS].revents != 0;
}

/* SIGINT, SIGTERM and SIGHUP end a server; there are no children to wait for. */
static int ending_signals(void)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaction(SIGCHLD, &ignore, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int serve(struct server *s, const char *name)
{
	struct process self;

	if (process_prepare(&self))
		return EXEC_FAILED;
	s->signals = ending_signals();
	s->socket = name_listen(name);
	if (s->socket < 0) {
		exec_say("the name \"%s\" cannot be used: %s", name,
			 s->socket == -EADDRINUSE ? "there is an instance of that name"
						  : strerror(-s->socket));
		return EXEC_FAILED;
	}
	if (s->exec->options.verbose)
		exec_say("\"%s\" is ready", name);
	while (!s->stop)
		serve_once(s);
	close(s->socket);
	if (s->exec->options.stats)
		stats_print(s->exec);
	/* calls that wait return ENOSYS when our listeners are closed, by our end */
	return 0;
}

int exec_serve(const struct exec_options *options, const char *name)
{
	struct server *s;
	struct exec *exec = NULL;
	int err = exec_create(options, &exec), status;

	if (err) {
		exec_say("an instance cannot be made: %s", strerror(-err));
		return EXEC_FAILED;
	}
	s = os_alloc(exec->skep->os, sizeof(*s));
	if (!s) {
		exec_free(exec);
		return EXEC_FAILED;
	}
	s->exec = exec;
	status = serve(s, name);
	while (s->count)
		drop(s, s->count - 1);
	os_free(exec->skep->os, s);
	exec_free(exec);
	return status;
}
