/*
 * The supervisor: an instance whose caller is the client of the call that the thread serves, and
 * the housekeeper, which is the main thread: it waits for children, closes, and forgotten calls.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exec/internal.h"

enum { CHECK_MS = 50 };

static void say(const char *fmt, va_list args)
{
	char line[1024];

	vsnprintf(line, sizeof(line), fmt, args);
	fprintf(stderr, "skep exec: %s\n", line);
}

void exec_say(const struct exec *exec, const char *fmt, ...)
{
	va_list args;

	(void)exec;
	va_start(args, fmt);
	say(fmt, args);
	va_end(args);
}

void exec_tell(const struct exec *exec, const char *fmt, ...)
{
	va_list args;

	if (!exec->options.verbose)
		return;
	va_start(args, fmt);
	say(fmt, args);
	va_end(args);
}

struct exec *exec_of(const struct skep *skep)
{
	return container_of((struct sys_caller *)(uintptr_t)skep->caller, struct exec, caller);
}

static struct notice *current_of(struct skep *skep)
{
	return notice_current(exec_of(skep));
}

/* ---- what sys/ asks about its caller ---- */

static int read_memory(struct skep *skep, void *to, u64 from, u64 size)
{
	return client_read(current_of(skep), to, from, size);
}

static int write_memory(struct skep *skep, u64 to, const void *from, u64 size)
{
	return client_write(current_of(skep), to, from, size);
}

static int borrow(struct skep *skep, int fd)
{
	return client_fd(current_of(skep), fd);
}

static void give_back(struct skep *skep, int ours)
{
	(void)skep;
	close(ours);
}

static int hand_over(struct skep *skep, int ours)
{
	return (int)notice_result_fd(current_of(skep), ours, O_CLOEXEC);
}

static pid_t caller_pid(struct skep *skep)
{
	return client_pid(current_of(skep));
}

/* Not every run is for a client: timers are not. */
static int interrupted(struct skep *skep)
{
	const struct notice *n = current_of(skep);

	return n && atomic_load_explicit(&n->gone, memory_order_relaxed);
}

static void closed(struct skep *skep, struct obj *obj)
{
	ready_forget(exec_of(skep), obj);
}

/* ---- making and unmaking ---- */

static int make_instance(struct exec *exec)
{
	struct skep_config config = {
		.ncpu = exec->options.ncpu,
		.kernel_version = exec->options.kernel_version,
		.usercopy = &exec->usercopy,
		.caller = &exec->caller,
	};
	int err = sys_create(&config, &exec->skep);

	if (err)
		return err;
	exec->skep->output_ready = ready_output;
	exec->skep->interrupted = interrupted;
	exec->closes = sys_watch_closes(exec->skep);
	if (exec->closes < 0)
		exec_tell(exec, "no inotify (%s): closes are looked for one by one",
			  strerror(-exec->closes));
	return 0;
}

static int exec_create(const struct exec_options *options, struct exec **out)
{
	struct exec *exec = calloc(1, sizeof(*exec));
	int err;

	if (!exec)
		return -ENOMEM;
	exec->options = *options;
	exec->caller = (struct sys_caller){
		.borrow = borrow,
		.give_back = give_back,
		.hand_over = hand_over,
		.pid = caller_pid,
		.closed = closed,
	};
	exec->usercopy = (struct usercopy){read_memory, write_memory, 256};
	clients_create(&exec->clients);
	pthread_mutex_init(&exec->lock, NULL);
	err = -pthread_key_create(&exec->current, NULL);
	if (err)
		goto no_key;
	exec->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (exec->wake < 0) {
		err = -errno;
		goto no_wake;
	}
	err = ready_create(&exec->readies);
	if (err)
		goto no_readies;
	err = make_instance(exec);
	if (err)
		goto no_instance;
	*out = exec;
	return 0;

no_instance:
	close(exec->readies.broken);
no_readies:
	close(exec->wake);
no_wake:
	pthread_key_delete(exec->current);
no_key:
	clients_destroy(&exec->clients);
	free(exec);
	return err;
}

static void exec_free(struct exec *exec)
{
	ready_destroy(exec);
	folders_destroy(exec);
	sys_free(exec->skep);
	close(exec->wake);
	pthread_key_delete(exec->current);
	pthread_mutex_destroy(&exec->lock);
	clients_destroy(&exec->clients);
	free(exec);
}

/* ---- the housekeeper ---- */

void exec_wake(struct exec *exec)
{
	u64 one = 1;

	if (atomic_exchange(&exec->sleeping, 0))
		(void)!write(exec->wake, &one, sizeof(one));
}

struct house {
	struct exec *exec;
	struct launched program;
	int signals;
	int status; /* of the program, as wait tells it */
	bool ended; /* the program */
	bool empty; /* the tree */
	int doubts; /* whether all closes have been seen */
};

/* Our shell is to see that its job has been stopped from the terminal; it continues both. */
static void stop_too(const struct house *h, int why)
{
	if (why != SIGTSTP && why != SIGTTIN && why != SIGTTOU)
		return;
	raise(SIGSTOP);
	kill(h->program.pid, SIGCONT);
}

/* Orphans of the tree become our children: they are reaped, and otherwise left alone. */
static void reap(struct house *h)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0) {
		if (pid != h->program.pid)
			continue;
		if (WIFSTOPPED(status)) {
			stop_too(h, WSTOPSIG(status));
			continue;
		}
		h->status = status;
		h->ended = true;
	}
}

/* What the terminal sends reaches the program without us; what was sent to us is meant for it. */
static void pass_signals(struct house *h)
{
	struct signalfd_siginfo info;

	while (read(h->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			reap(h);
		else if (info.ssi_code <= 0 && !h->ended)
			syscall(SYS_pidfd_send_signal, h->program.pidfd, info.ssi_signo, NULL, 0);
	}
}

static void sleep_and_look(struct house *h, int listener)
{
	struct exec *exec = h->exec;
	struct pollfd fds[] = {
		{.fd = h->signals, .events = POLLIN},
		{.fd = exec->closes, .events = POLLIN},
		{.fd = exec->wake, .events = POLLIN},
		{.fd = listener},
	};
	int timeout = CHECK_MS;
	u64 count;

	atomic_store(&exec->sleeping, 1);
	if (!notices_check(exec) && !h->doubts)
		timeout = -1;
	poll(fds, ARRAY_SIZE(fds), timeout);
	atomic_store(&exec->sleeping, 0);
	(void)!read(exec->wake, &count, sizeof(count));
	if (fds[0].revents)
		pass_signals(h);
	if (fds[1].revents || h->doubts)
		h->doubts = sys_sweep(exec->skep);
	if (fds[3].revents)
		h->empty = true;
}

/* The exit status; or we end by the signal that ended the program. */
static int conclude(struct house *h, char **argv)
{
	static const struct rlimit no_core;
	int reason;

	if (read(h->program.failure, &reason, sizeof(reason)) == sizeof(reason)) {
		fprintf(stderr, "skep exec: %s: %s\n", argv[0], strerror(reason));
		return reason == ENOENT ? EXEC_NOT_FOUND : EXEC_NOT_EXECUTABLE;
	}
	if (WIFEXITED(h->status))
		return WEXITSTATUS(h->status);
	setrlimit(RLIMIT_CORE, &no_core);
	signal(WTERMSIG(h->status), SIG_DFL);
	kill(getpid(), WTERMSIG(h->status));
	return 128 + WTERMSIG(h->status);
}

static int serve_until_empty(struct house *h)
{
	struct tree *tree;
	int err = tree_create(h->exec, h->program.listener, &tree);

	if (err) {
		exec_say(h->exec, "cannot start a thread: %s", strerror(-err));
		kill(h->program.pid, SIGKILL);
		return err;
	}
	close(h->program.go);
	while (!h->ended || !h->empty) {
		sleep_and_look(h, h->empty ? -1 : h->program.listener);
		if (h->empty)
			reap(h);
	}
	tree_free(tree);
	return 0;
}

static void nothing(int signal)
{
	(void)signal;
}

/* Those that a terminal or a session manager sends must not end us before the tree. */
static int catch_signals(sigset_t *before)
{
	static const int caught[] = {SIGCHLD, SIGINT,  SIGTERM, SIGHUP, SIGQUIT,
				     SIGUSR1, SIGUSR2, SIGTSTP, SIGPIPE};
	struct sigaction quiet = {.sa_handler = nothing};
	sigset_t set;

	sigemptyset(&set);
	for (u32 i = 0; i < ARRAY_SIZE(caught); i++)
		sigaddset(&set, caught[i]);
	sigprocmask(SIG_BLOCK, &set, before);
	sigaction(TREE_SIGNAL, &quiet, NULL);
	quiet.sa_handler = SIG_IGN;
	sigaction(SIGIO, &quiet, NULL); /* a broken lease would send it */
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Every object takes an fd of ours. */
static void raise_fd_limit(struct rlimit *before)
{
	struct rlimit all;

	getrlimit(RLIMIT_NOFILE, before);
	all = *before;
	all.rlim_cur = all.rlim_max;
	setrlimit(RLIMIT_NOFILE, &all);
}

static int run(struct exec *exec, char **argv)
{
	struct house h = {.exec = exec};
	int err;

	raise_fd_limit(&exec->fd_limit);
	h.signals = catch_signals(&exec->signals);
	if (h.signals < 0) {
		exec_say(exec, "signalfd: %s", strerror(errno));
		return EXEC_FAILED;
	}
	/* orphans stay below us, where Yama lets us reach their memory */
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	err = launch(exec, argv, &h.program);
	if (!err)
		err = serve_until_empty(&h);
	if (err)
		return EXEC_FAILED;
	if (exec->options.stats)
		stats_print(exec);
	exec_free(exec);
	return conclude(&h, argv);
}

int exec_run(const struct exec_options *options, char **argv)
{
	struct exec *exec = NULL;
	int err = exec_create(options, &exec);

	if (!err)
		return run(exec, argv);
	fprintf(stderr, "skep exec: an instance cannot be made: %s\n", strerror(-err));
	return EXEC_FAILED;
}
