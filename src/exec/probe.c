/*
 * What of the kernel's primitives works here, each tried by itself in a child, and which mode that
 * makes.  A container's filter, Yama or an old kernel may be in the way of any of them.
 */
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exec/internal.h"

enum { SECONDS = 5, TRACED = 4000 /* what a call returns that reached us */ };

/* ---- children ---- */

/* Like fork; the child ends with us, and soon. */
static pid_t try_fork(void)
{
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		alarm(SECONDS);
	}
	return pid;
}

static pid_t sleeper(void)
{
	pid_t pid = try_fork();

	while (!pid)
		pause();
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, __WALL);
}

/* What fn says, 0 or an errno, of a process that may do to itself what it likes. */
static int in_child(int (*fn)(void))
{
	pid_t pid = try_fork();
	int status;

	if (!pid)
		_exit(fn());
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return EAGAIN;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
}

/* ---- the primitives ---- */

/* Under the filter, with our table of fds: say which is the listener, and then that bpf() returned.
 */
static void ask(int out)
{
	static const struct plan plan;
	int said;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	said = filter_install(&plan);
	(void)!write(out, &said, sizeof(said));
	if (said >= 0)
		said = bpf_is_served();
	(void)!write(out, &said, sizeof(said));
	_exit(0);
}

/* The child's bpf() has to arrive; a filter that refuses it wins over ours. */
static int try_notify(void)
{
	struct pollfd fds[2];
	int ends[2], listener;
	pid_t pid;

	if (pipe(ends))
		return errno;
	pid = (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, NULL, NULL, NULL, NULL);
	if (!pid)
		ask(ends[1]);
	if (pid < 0 || read(ends[0], &listener, sizeof(listener)) != sizeof(listener))
		return EAGAIN;
	if (listener < 0)
		return -listener;
	fds[0] = (struct pollfd){.fd = listener, .events = POLLIN};
	fds[1] = (struct pollfd){.fd = ends[0], .events = POLLIN};
	poll(fds, 2, SECONDS * 1000);
	end(pid);
	return fds[0].revents & POLLIN ? 0 : EACCES;
}

/* Of a filter that is not there; flags that are unknown are refused first. */
static int try_killable(void)
{
	syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, NULL);
	return errno == EFAULT ? 0 : errno;
}

static int try_ptrace(void)
{
	pid_t pid = sleeper();
	int err = ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACESECCOMP) ? errno : 0;

	end(pid);
	return err;
}

static int try_getfd(void)
{
	pid_t pid = sleeper();
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0), err = 0;

	if (pidfd < 0 || syscall(SYS_pidfd_getfd, pidfd, 2, 0) < 0)
		err = errno;
	end(pid);
	return err == EBADF ? 0 : err;
}

static int try_memory(void)
{
	static const u32 there = 1;
	u32 here = 0;
	struct iovec ours = {&here, sizeof(here)};
	struct iovec theirs = {(void *)(uintptr_t)&there, sizeof(there)};
	pid_t pid = sleeper();
	int err = process_vm_readv(pid, &ours, 1, &theirs, 1, 0) < 0 ? errno : 0;

	end(pid);
	return err;
}

enum primitive { NOTIFY, KILLABLE, PTRACE, GETFD, MEMORY, PRIMITIVES };

static const struct {
	const char *name;
	int (*try)(void);
	const char *remedy;
} primitives[PRIMITIVES] = {
	[NOTIFY] = {"seccomp user notification", try_notify,
		    "Linux 5.0, and no outer filter that refuses bpf() or has a listener"},
	[KILLABLE] = {"calls that signals do not repeat", try_killable, "Linux 5.19"},
	[PTRACE] = {"ptrace of one's own children", try_ptrace,
		    "kernel.yama.ptrace_scope below 2, a container that allows ptrace"},
	[GETFD] = {"pidfd_getfd", try_getfd,
		   "Linux 5.6, a container that allows it (--cap-add SYS_PTRACE)"},
	[MEMORY] = {"process_vm_readv", try_memory,
		    "a container that allows it (--cap-add SYS_PTRACE)"},
};

struct found {
	int err[PRIMITIVES];
};

static void try_all(struct found *found)
{
	for (u32 i = 0; i < PRIMITIVES; i++)
		found->err[i] = in_child(primitives[i].try);
}

static void say_all(const struct found *found)
{
	for (u32 i = 0; i < PRIMITIVES; i++)
		if (found->err[i])
			exec_say("%s: %s (it takes %s)", primitives[i].name,
				 strerror(found->err[i]), primitives[i].remedy);
		else
			exec_say("%s: works", primitives[i].name);
}

/* ---- which of our rows another filter refuses ---- */

/* A call that meets the row's conditions and can do nothing: what else is in it is no address. */
static int call_row(const struct row *row)
{
	long a[6] = {-1, -1, -1, -1, -1, -1};

	for (u32 i = 0; i < ROW_CONDS; i++)
		if (row->when[i].op == COND_EQ)
			a[row->when[i].arg] = row->when[i].value;
	return syscall(row->nr, a[0], a[1], a[2], a[3], a[4], a[5]) < 0 ? errno : 0;
}

/* Before the tracer is there nothing may be called that has a row. */
static void call_rows(const int *go, u8 *denied)
{
	static const struct plan plan = {.as_root = true, .traced = true};
	int failed = filter_install(&plan) < 0;
	char byte;

	close(go[1]);
	(void)!read(go[0], &byte, 1);
	for (u32 i = 0; i < nr_rows && !failed; i++) {
		int err = call_row(&rows[i]);

		denied[i] = err == TRACED ? 0 : (u8)err;
	}
	_exit(failed);
}

static int answer_rows(pid_t pid)
{
	struct user_regs_struct regs;
	int status;

	while (waitpid(pid, &status, __WALL) == pid) {
		if (!WIFSTOPPED(status))
			return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -EPERM;
		if (status >> 16 == PTRACE_EVENT_SECCOMP &&
		    !ptrace(PTRACE_GETREGS, pid, 0, &regs)) {
			regs.orig_rax = ~0ul;
			regs.rax = (unsigned long)-TRACED;
			ptrace(PTRACE_SETREGS, pid, 0, &regs);
		}
		ptrace(PTRACE_CONT, pid, 0, 0);
	}
	return -ECHILD;
}

static int find_denied_into(u8 *denied)
{
	int go[2], err;
	pid_t pid;

	if (pipe(go))
		return -errno;
	pid = try_fork();
	if (!pid)
		call_rows(go, denied);
	err = ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACESECCOMP) ? -errno : 0;
	close(go[0]);
	close(go[1]);
	if (!err)
		return answer_rows(pid);
	end(pid);
	return err;
}

static int find_denied(struct plan *plan)
{
	u8 *shared = mmap(NULL, sizeof(plan->denied), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int err;

	if (shared == MAP_FAILED)
		return -errno;
	err = find_denied_into(shared);
	memcpy(plan->denied, shared, sizeof(plan->denied));
	munmap(shared, sizeof(plan->denied));
	return err;
}

/* ---- the choice ---- */

static bool can_notify(const struct found *found)
{
	return !found->err[NOTIFY] && !found->err[GETFD] && !found->err[MEMORY];
}

static bool can_trace(const struct found *found)
{
	return !found->err[PTRACE] && !found->err[MEMORY];
}

/* 0 or -errno: nothing works. */
static int choose(const struct exec_options *options, struct plan *plan)
{
	struct found found;
	int err;

	try_all(&found);
	plan->traced = options->mode ? !strcmp(options->mode, "ptrace") : !can_notify(&found);
	err = (plan->traced ? can_trace(&found) : can_notify(&found)) ? 0 : -EPERM;
	if (err || options->verbose)
		say_all(&found);
	if (err && options->mode)
		exec_say("--mode %s does not work here", options->mode);
	else if (err)
		exec_say("there is no way to serve a program: the kernel lets us see no calls");
	else if (options->verbose)
		exec_say("calls are served by %s", plan->traced ? "ptrace" : "notification");
	return err;
}

int plan_make(const struct exec_options *options, struct plan *plan)
{
	int err;

	memset(plan, 0, sizeof(*plan));
	plan->as_root = options->as_root;
	err = choose(options, plan);
	if (err || !plan->traced)
		return err;
	err = find_denied(plan);
	if (err)
		exec_say("a child cannot be traced: %s", strerror(-err));
	return err;
}
