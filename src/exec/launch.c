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

/* Of the calls under the filter, write() here is the one that nobody serves yet. */
static void be_child(const struct exec *exec, const struct pipes *pipes, pid_t parent, char **argv)
{
	int listener;
	char end;

	close(pipes->tell[0]);
	close(pipes->go[1]);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EXEC_FAILED);
	setrlimit(RLIMIT_NOFILE, &exec->fd_limit);
	signal(SIGIO, SIG_DFL);
	sigprocmask(SIG_SETMASK, &exec->signals, NULL);
	listener = filter_install();
	tell(pipes, listener);
	if (listener < 0)
		_exit(EXEC_FAILED);
	(void)!read(pipes->go[0], &end, 1);
	execvp(argv[0], argv);
	tell(pipes, errno);
	_exit(EXEC_NOT_FOUND);
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
static int fetch_listener(const struct exec *exec, int from, struct launched *out)
{
	int number;

	if (read(from, &number, sizeof(number)) != sizeof(number)) {
		exec_say(exec, "the child ended before it began");
		return -EIO;
	}
	if (number < 0) {
		exec_say(exec, "no filter can be put on the program: %s", why_no_filter(number));
		return number;
	}
	out->pidfd = (int)syscall(SYS_pidfd_open, out->pid, 0);
	out->listener = out->pidfd < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, out->pidfd, number, 0);
	if (out->listener >= 0)
		return 0;
	number = -errno;
	exec_say(exec,
		 "the program's fds cannot be reached (pidfd_getfd: %s): Linux 5.6 is needed, and "
		 "ptrace of one's own children",
		 strerror(-number));
	return number;
}

int launch(const struct exec *exec, char **argv, struct launched *out)
{
	pid_t parent = getpid();
	struct pipes pipes;
	int err = open_pipes(&pipes);

	if (err) {
		exec_say(exec, "pipe: %s", strerror(-err));
		return err;
	}
	out->pid = fork();
	if (!out->pid)
		be_child(exec, &pipes, parent, argv);
	close(pipes.tell[1]);
	close(pipes.go[0]);
	out->go = pipes.go[1];
	out->failure = pipes.tell[0];
	if (out->pid < 0) {
		exec_say(exec, "fork: %s", strerror(errno));
		return -EAGAIN;
	}
	err = fetch_listener(exec, out->failure, out);
	if (err)
		kill(out->pid, SIGKILL);
	return err;
}
