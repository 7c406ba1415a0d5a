/*
 * Our own process and the program that it started: signals, limits, children, the exit status.
 */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exec/internal.h"

void exec_say(const char *fmt, ...)
{
	char line[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	fprintf(stderr, "skep: %s\n", line);
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

int process_prepare(struct process *p)
{
	*p = (struct process){.pid = -1};
	raise_fd_limit(&p->fd_limit);
	p->signals = catch_signals(&p->mask);
	if (p->signals < 0) {
		exec_say("signalfd: %s", strerror(errno));
		return -1;
	}
	/* orphans stay below us, where Yama lets us reach their memory */
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	return 0;
}

void process_stopped(struct process *p, int signal)
{
	if (signal != SIGTSTP && signal != SIGTTIN && signal != SIGTTOU)
		return;
	raise(SIGSTOP);
	kill(p->pid, SIGCONT);
}

void process_reap(struct process *p)
{
	int status;
	pid_t pid;

	if (p->traced)
		return;
	while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0) {
		if (pid != p->pid)
			continue;
		if (WIFSTOPPED(status)) {
			process_stopped(p, WSTOPSIG(status));
			continue;
		}
		p->status = status;
		p->ended = true;
	}
}

void process_signals(struct process *p)
{
	struct signalfd_siginfo info;

	while (read(p->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			process_reap(p);
		else if (info.ssi_code <= 0 && !p->ended)
			syscall(SYS_pidfd_send_signal, p->pidfd, info.ssi_signo, NULL, 0);
	}
}

void process_kill(struct process *p)
{
	if (!p->ended)
		syscall(SYS_pidfd_send_signal, p->pidfd, SIGKILL, NULL, 0);
}

int process_conclude(struct process *p, char **argv)
{
	static const struct rlimit no_core;
	int reason;

	if (read(p->failure, &reason, sizeof(reason)) == sizeof(reason)) {
		exec_say("%s: %s", argv[0], strerror(reason));
		return reason == ENOENT ? EXEC_NOT_FOUND : EXEC_NOT_EXECUTABLE;
	}
	if (WIFEXITED(p->status))
		return WEXITSTATUS(p->status);
	setrlimit(RLIMIT_CORE, &no_core);
	signal(WTERMSIG(p->status), SIG_DFL);
	sigprocmask(SIG_SETMASK, &p->mask, NULL);
	kill(getpid(), WTERMSIG(p->status));
	return 128 + WTERMSIG(p->status);
}
