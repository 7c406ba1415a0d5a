/*
 * Starting the program: the child puts itself under the filter, we fetch the listener out of it,
 * and only when somebody serves it the program begins.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exec/internal.h"

/* Two pipes: what the child tells, and what lets it go on. */
struct pipes {
	int tell[2], go[2];
};

static int open_pipes(struct pipes *pipes)
{
	if (pipe2(pipes->tell, O_CLOEXEC))
		return -errno;
	if (pipe2(pipes->go, O_CLOEXEC)) {
		int err = -errno;

		close(pipes->tell[0]);
		close(pipes->tell[1]);
		return err;
	}
	return 0;
}

static void tell(const struct pipes *pipes, int number)
{
	(void)!write(pipes->tell[1], &number, sizeof(number));
}

static void begin(const struct pipes *pipes, int err, char **argv)
{
	if (err < 0)
		_exit(EXEC_FAILED);
	execvp(argv[0], argv);
	tell(pipes, errno);
	_exit(EXEC_NOT_FOUND);
}

/* Of the calls under the filter, write() here is the one that nobody serves yet. */
static void be_child(const struct process *p, const struct pipes *pipes, pid_t parent, char **argv)
{
	int listener;
	char end;

	close(pipes->tell[0]);
	close(pipes->go[1]);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EXEC_FAILED);
	setrlimit(RLIMIT_NOFILE, &p->fd_limit);
	signal(SIGIO, SIG_DFL);
	sigprocmask(SIG_SETMASK, &p->mask, NULL);
	if (p->plan->traced) {
		/* a tracer has to be there first: without one its calls fail */
		tell(pipes, 0);
		(void)!read(pipes->go[0], &end, 1);
		begin(pipes, filter_install(p->plan), argv);
	}
	listener = filter_install(p->plan);
	tell(pipes, listener);
	if (listener >= 0)
		(void)!read(pipes->go[0], &end, 1);
	begin(pipes, listener, argv);
}

static const char *why_no_filter(int err)
{
	if (err == -EBUSY)
		return "it is under a supervisor with a listener already, and Linux allows one";
	if (err == -EINVAL || err == -ENOSYS)
		return "this kernel has no seccomp user notification (Linux 5.0)";
	return strerror(-err);
}

/* The number of the listener's fd in the child, or why there is none. */
static int fetch_listener(struct process *p)
{
	int number;

	if (read(p->failure, &number, sizeof(number)) != sizeof(number)) {
		exec_say("the child ended before it began");
		return -EIO;
	}
	if (number < 0) {
		exec_say("no filter can be put on the program: %s", why_no_filter(number));
		return number;
	}
	p->pidfd = (int)syscall(SYS_pidfd_open, p->pid, 0);
	p->traced = p->plan->traced;
	if (p->traced)
		return 0;
	p->listener = p->pidfd < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, p->pidfd, number, 0);
	if (p->listener >= 0)
		return 0;
	number = -errno;
	exec_say("the program's fds cannot be reached (pidfd_getfd: %s): Linux 5.6 is needed, and "
		 "ptrace of one's own children",
		 strerror(-number));
	return number;
}

int launch(struct process *p, const struct plan *plan, char **argv)
{
	pid_t parent = getpid();
	struct pipes pipes;
	int err = open_pipes(&pipes);

	if (err) {
		exec_say("pipe: %s", strerror(-err));
		return err;
	}
	p->plan = plan;
	p->pid = fork();
	if (!p->pid)
		be_child(p, &pipes, parent, argv);
	close(pipes.tell[1]);
	close(pipes.go[0]);
	p->go = pipes.go[1];
	p->failure = pipes.tell[0];
	if (p->pid < 0) {
		exec_say("fork: %s", strerror(errno));
		return -EAGAIN;
	}
	err = fetch_listener(p);
	if (err)
		kill(p->pid, SIGKILL);
	return err;
}
