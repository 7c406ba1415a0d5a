/*
 * skep exec --name: the program is our child, its listener the server's.  We hold no copy of that:
 * when the server is gone, calls that wait end, and we end the program.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "exec/internal.h"

enum { TRIES = 100, TRY_US = 20000 };

/* A server that was started a moment ago may not listen yet. */
static int connect_soon(const char *name)
{
	int fd = name_connect(name);

	for (int i = 0; i < TRIES && fd == -ECONNREFUSED; i++) {
		usleep(TRY_US);
		fd = name_connect(name);
	}
	if (fd == -ECONNREFUSED)
		exec_say("no instance is called \"%s\"; start one: skep serve --name %s", name,
			 name);
	else if (fd < 0)
		exec_say("\"%s\" cannot be joined: %s%s", name, strerror(-fd),
			 fd == -EPERM ? " (it is another user's)" : "");
	return fd;
}

static int hand_over(int connection, struct process *p, const char *name)
{
	struct hello hello = {HELLO_VERSION, HELLO_JOIN, p->pid};
	struct hello_answer answer = {-EIO};
	int err = name_send(connection, &hello, sizeof(hello), p->listener);

	close(p->listener);
	if (!err)
		err = name_receive(connection, &answer, sizeof(answer), NULL);
	if (!err)
		err = answer.result;
	if (err == -EACCES)
		exec_say("\"%s\" cannot read the program's memory: kernel.yama.ptrace_scope has to "
			 "be 0",
			 name);
	else if (err)
		exec_say("\"%s\" refused: %s", name, strerror(-err));
	return err;
}

/* 0 when the tree has ended, -EIO when the server has. */
static int wait_for_end(int connection, struct process *p)
{
	struct hello_answer answer = {0};
	bool empty = false;
	int err = 0;

	while (!p->ended || !empty) {
		struct pollfd fds[] = {
			{.fd = p->signals, .events = POLLIN},
			{.fd = empty ? -1 : connection, .events = POLLIN},
		};

		poll(fds, ARRAY_SIZE(fds), -1);
		if (fds[0].revents)
			process_signals(p);
		if (!fds[1].revents)
			continue;
		empty = true;
		err = name_receive(connection, &answer, sizeof(answer), NULL);
		if (err && !p->ended)
			process_kill(p);
	}
	return err;
}

static int join(int connection, const char *name, bool as_root, char **argv)
{
	struct plan plan = {.as_root = as_root};
	struct process p;
	int err = process_prepare(&p);

	if (!err)
		err = launch(&p, &plan, argv);
	if (err)
		return EXEC_FAILED;
	err = hand_over(connection, &p, name);
	if (err) {
		process_kill(&p);
		return EXEC_FAILED;
	}
	close(p.go);
	if (!wait_for_end(connection, &p))
		return process_conclude(&p, argv);
	exec_say("the server \"%s\" has ended, and the program with it", name);
	return EXEC_FAILED;
}

int exec_join(const struct exec_options *options, const char *name, char **argv)
{
	int connection;

	if (bpf_is_served()) {
		exec_say("this is a skep exec already, which has an instance: \"%s\" cannot be "
			 "joined",
			 name);
		return EXEC_FAILED;
	}
	if (cache_prepare(options))
		return EXEC_FAILED;
	connection = connect_soon(name);
	return connection < 0 ? EXEC_FAILED : join(connection, name, options->as_root, argv);
}

int exec_stop(const char *name)
{
	struct hello hello = {HELLO_VERSION, HELLO_STOP, 0};
	struct hello_answer answer = {-EIO};
	int connection = name_connect(name), err;

	if (connection < 0) {
		exec_say("\"%s\" cannot be stopped: %s", name,
			 connection == -ECONNREFUSED ? "there is no such instance"
						     : strerror(-connection));
		return EXEC_FAILED;
	}
	err = name_send(connection, &hello, sizeof(hello), -1);
	if (!err)
		err = name_receive(connection, &answer, sizeof(answer), NULL);
	close(connection);
	return err || answer.result ? EXEC_FAILED : 0;
}
