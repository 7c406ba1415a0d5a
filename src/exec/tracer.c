/*
 * Serving a tree by ptrace, where a filter around us answers bpf(2) by itself: SECCOMP_RET_TRAP is
 * stronger than that, and what it sends, a SIGSYS, a tracer sees before the client does.  The other
 * calls of the table stop by SECCOMP_RET_TRACE.  Slower than notification, and no second tracer
 * (strace, gdb) can be in the tree; all else is the same.
 *
 * One thread traces and waits for everybody; what may take long runs on a thread of its own, which
 * wakes the tracer when it is done.  A fd gets into the client by a call that the client makes:
 * it opens ours through /proc.
 *
 * Sound because: a stopped thread's number is its own until the tracer has waited for its end.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "exec/internal.h"

enum {
	OPTIONS = PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
		  PTRACE_O_TRACEEXEC | PTRACE_O_TRACESECCOMP | PTRACE_O_TRACESYSGOOD |
		  PTRACE_O_EXITKILL,
	SYSCALL_STOP = SIGTRAP | 0x80,
	SYSCALL_INSN = 2, /* bytes of the instruction */
	RED_ZONE = 128,   /* below the stack pointer, the program's */
	TRAP_CODE = 1,    /* SYS_SECCOMP */
	PATH_ROOM = 64,
};

/* A call that is under way for longer than its stop: on a thread, or opening an fd. */
struct traced {
	struct traced *next;
	struct traced *next_finished;
	struct tracer *tracer;
	struct notice n;
	bool trapped; /* by SIGSYS: not in the call any more */
	bool opening; /* in the call that opens */
	bool running; /* on a thread */
	bool dead;
	int held; /* a SIGSTOP that came while it opened */
	long ret;
	struct user_regs_struct regs; /* as the client shall find them */
	u64 blocked;                  /* its signal mask, while it opens */
	u64 path_at;                  /* where its path lies in the client, and what was there */
	u8 before[PATH_ROOM];
};

struct tracer {
	struct tree tree; /* its listener is -1 */
	struct process *p;
	pthread_t thread;
	struct traced *under_way;
	int done;                /* eventfd: nobody is left; the tracer's last word */
	pthread_mutex_t lock;    /* guards the rest */
	pthread_cond_t turn;     /* something of it has changed */
	int seized;              /* 1, or -errno */
	struct traced *finished; /* by their threads */
	u32 threads;
};

static void go_on(pid_t tid, int signal)
{
	/* a thread that was killed meanwhile is waited for */
	(void)ptrace(PTRACE_CONT, tid, NULL, (void *)(long)signal);
}

static void regs_to_call(const struct user_regs_struct *regs, bool trapped, struct notice *n)
{
	struct seccomp_data *d = &n->call.data;

	d->nr = (int)(trapped ? regs->rax : regs->orig_rax);
	d->instruction_pointer = regs->rip;
	d->args[0] = regs->rdi;
	d->args[1] = regs->rsi;
	d->args[2] = regs->rdx;
	d->args[3] = regs->r10;
	d->args[4] = regs->r8;
	d->args[5] = regs->r9;
}

static void forget(struct tracer *t, struct traced *c)
{
	struct traced **at = &t->under_way;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	if (c->n.result_fd >= 0)
		close(c->n.result_fd);
	os_free(t->tree.exec->skep->os, c);
}

/* The answer is a number: the call is over. */
static void answer(struct tracer *t, struct traced *c, long ret)
{
	pid_t tid = (pid_t)c->n.call.pid;

	if (ret == NOTICE_CONTINUE && c->trapped)
		ret = -(long)t->p->plan->denied[c->n.row - rows]; /* as the filter around us */
	if (ret != NOTICE_CONTINUE) {
		c->regs.rax = (u64)ret;
		c->regs.orig_rax = (u64)-1;
		ptrace(PTRACE_SETREGS, tid, NULL, &c->regs);
	}
	go_on(tid, 0);
	if (c->held)
		syscall(SYS_tkill, tid, c->held);
	forget(t, c);
}

static int poke(pid_t tid, u64 at, const void *from, size_t size)
{
	struct iovec local = {(void *)(uintptr_t)from, size}, remote = {u64_to_ptr(at), size};

	return process_vm_writev(tid, &local, 1, &remote, 1, 0) == (ssize_t)size ? 0 : -EFAULT;
}

static int peek(pid_t tid, u64 at, void *to, size_t size)
{
	struct iovec local = {to, size}, remote = {u64_to_ptr(at), size};

	return process_vm_readv(tid, &local, 1, &remote, 1, 0) == (ssize_t)size ? 0 : -EFAULT;
}

/*
 * Have the client open our fd in the place of its call; on_opened ends it.  Its signals wait, with
 * all that was queued with them: a handler's frame would lie where the path does.
 */
static int open_in_client(struct traced *c)
{
	pid_t tid = (pid_t)c->n.call.pid;
	struct user_regs_struct regs = c->regs;
	u64 all = ~0ull;
	char path[sizeof(c->before)] = "";

	c->path_at = (c->regs.rsp - RED_ZONE - sizeof(path)) & ~15ull;
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)getpid(), c->n.result_fd);
	if (peek(tid, c->path_at, c->before, sizeof(path)) ||
	    poke(tid, c->path_at, path, sizeof(path)))
		return -EFAULT;
	regs.rdi = (u64)AT_FDCWD;
	regs.rsi = c->path_at;
	regs.rdx = (u64)(fcntl(c->n.result_fd, F_GETFL) & O_ACCMODE) | c->n.result_flags;
	regs.r10 = 0;
	regs.orig_rax = SYS_openat;
	if (c->trapped) {
		regs.rax = SYS_openat;
		regs.rip -= SYSCALL_INSN;
		regs.orig_rax = (u64)-1;
	}
	if (ptrace(PTRACE_GETSIGMASK, tid, (void *)sizeof(c->blocked), &c->blocked) ||
	    ptrace(PTRACE_SETSIGMASK, tid, (void *)sizeof(all), &all) ||
	    ptrace(PTRACE_SETREGS, tid, NULL, &regs))
		return -ESRCH;
	c->opening = true;
	ptrace(PTRACE_SYSCALL, tid, NULL, NULL);
	return 0;
}

/* The client's openat returned: its answer is the call's. */
static void on_opened(struct tracer *t, struct traced *c)
{
	struct user_regs_struct now;
	pid_t tid = (pid_t)c->n.call.pid;

	if (ptrace(PTRACE_GETREGS, tid, NULL, &now))
		return;
	poke(tid, c->path_at, c->before, sizeof(c->before));
	ptrace(PTRACE_SETSIGMASK, tid, (void *)sizeof(c->blocked), &c->blocked);
	answer(t, c, (long)now.rax);
}

static void conclude(struct tracer *t, struct traced *c, long ret)
{
	int err = 0;

	if (c->n.result_fd < 0 || ret < 0) {
		answer(t, c, ret);
		return;
	}
	err = open_in_client(c);
	if (err)
		answer(t, c, err);
}

/* ---- what may take long ---- */

/* The tracer may be about to wait and miss a signal: one comes again and again until it has. */
static void announce(struct tracer *t, struct traced *c)
{
	struct timespec soon;

	pthread_mutex_lock(&t->lock);
	c->next_finished = t->finished;
	t->finished = c;
	while (t->finished) {
		pthread_kill(t->thread, TREE_SIGNAL);
		clock_gettime(CLOCK_REALTIME, &soon);
		soon.tv_nsec += 2000000;
		soon.tv_sec += soon.tv_nsec / 1000000000;
		soon.tv_nsec %= 1000000000;
		pthread_cond_timedwait(&t->turn, &t->lock, &soon);
	}
	pthread_mutex_unlock(&t->lock);
}

static void *run_call(void *cookie)
{
	struct traced *c = cookie;

	struct tracer *t = c->tracer;

	c->ret = notice_serve(&c->n);
	announce(t, c);
	pthread_mutex_lock(&t->lock);
	t->threads--;
	pthread_cond_broadcast(&t->turn);
	pthread_mutex_unlock(&t->lock);
	return NULL;
}

/* On a thread of its own: 1, or 0 when there is none to be had. */
static bool start_call(struct tracer *t, struct traced *c)
{
	pthread_attr_t attr;
	pthread_t thread;
	int err;

	pthread_mutex_lock(&t->lock);
	t->threads++;
	pthread_mutex_unlock(&t->lock);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	err = pthread_create(&thread, &attr, run_call, c);
	pthread_attr_destroy(&attr);
	if (!err)
		return true;
	pthread_mutex_lock(&t->lock);
	t->threads--;
	pthread_mutex_unlock(&t->lock);
	return false;
}

static void take_finished(struct tracer *t)
{
	struct traced *c;

	pthread_mutex_lock(&t->lock);
	c = t->finished;
	t->finished = NULL;
	pthread_cond_broadcast(&t->turn);
	pthread_mutex_unlock(&t->lock);
	while (c) {
		struct traced *next = c->next_finished;

		c->running = false;
		if (c->dead)
			forget(t, c);
		else
			conclude(t, c, c->ret);
		c = next;
	}
}

/* ---- stops ---- */

static void serve_stop(struct tracer *t, pid_t tid, bool trapped)
{
	struct traced *c = os_alloc(t->tree.exec->skep->os, sizeof(*c));

	if (!c || ptrace(PTRACE_GETREGS, tid, NULL, &c->regs)) {
		os_free(t->tree.exec->skep->os, c);
		go_on(tid, 0);
		return;
	}
	c->tracer = t;
	c->trapped = trapped;
	c->n.exec = t->tree.exec;
	c->n.tree = &t->tree;
	c->n.call.pid = (u32)tid;
	c->n.result_fd = -1;
	regs_to_call(&c->regs, trapped, &c->n);
	c->next = t->under_way;
	t->under_way = c;
	c->running = notice_may_wait(&c->n) && start_call(t, c);
	if (!c->running)
		conclude(t, c, notice_serve(&c->n));
}

static struct traced *find(struct tracer *t, pid_t tid)
{
	struct traced *c = t->under_way;

	while (c && ((pid_t)c->n.call.pid != tid || c->dead))
		c = c->next;
	return c;
}

/* While it opens our fd it stops at the call's beginning, by the filter, and at its end. */
static void opening_stop(struct tracer *t, struct traced *c, int signal, int event)
{
	pid_t tid = (pid_t)c->n.call.pid;
	struct __ptrace_syscall_info info;

	if (signal == SYSCALL_STOP &&
	    ptrace(PTRACE_GET_SYSCALL_INFO, tid, (void *)sizeof(info), &info) > 0 &&
	    info.op == PTRACE_SYSCALL_INFO_EXIT) {
		on_opened(t, c);
		return;
	}
	if (signal != SYSCALL_STOP && !event)
		c->held = signal;
	ptrace(PTRACE_SYSCALL, tid, NULL, NULL);
}

static bool is_trap(pid_t tid)
{
	siginfo_t info;

	return !ptrace(PTRACE_GETSIGINFO, tid, NULL, &info) && info.si_code == TRAP_CODE;
}

static bool is_stopping(int signal)
{
	return signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

static void on_stop(struct tracer *t, pid_t tid, int status)
{
	int signal = WSTOPSIG(status), event = status >> 16;
	struct traced *c = find(t, tid);

	if (c && c->opening) {
		opening_stop(t, c, signal, event);
	} else if (event == PTRACE_EVENT_SECCOMP) {
		serve_stop(t, tid, false);
	} else if (event == PTRACE_EVENT_STOP && is_stopping(signal)) {
		ptrace(PTRACE_LISTEN, tid, NULL, NULL);
		if (tid == t->p->pid)
			process_stopped(t->p, signal);
	} else if (event) {
		go_on(tid, 0);
	} else if (signal == SIGSYS && is_trap(tid)) {
		serve_stop(t, tid, true);
	} else {
		go_on(tid, signal);
	}
}

static void on_end(struct tracer *t, pid_t tid, int status)
{
	struct traced *c = find(t, tid);

	if (tid == t->p->pid)
		t->p->status = status;
	if (!c)
		return;
	c->dead = true;
	atomic_store_explicit(&c->n.gone, 1, memory_order_relaxed);
	if (!c->running)
		forget(t, c);
}

static void trace(struct tracer *t)
{
	for (;;) {
		int status;
		pid_t tid = waitpid(-1, &status, __WALL);

		if (tid < 0 && errno != EINTR)
			break;
		if (tid > 0 && WIFSTOPPED(status))
			on_stop(t, tid, status);
		else if (tid > 0)
			on_end(t, tid, status);
		take_finished(t);
	}
	while (t->under_way) {
		take_finished(t);
		usleep(1000);
	}
	pthread_mutex_lock(&t->lock);
	while (t->threads)
		pthread_cond_wait(&t->turn, &t->lock);
	pthread_mutex_unlock(&t->lock);
}

static void *tracer_thread(void *cookie)
{
	struct tracer *t = cookie;
	long err = ptrace(PTRACE_SEIZE, t->p->pid, NULL, (void *)(long)OPTIONS) ? -errno : 1;
	u64 one = 1;

	pthread_mutex_lock(&t->lock);
	t->seized = (int)err;
	pthread_cond_broadcast(&t->turn);
	pthread_mutex_unlock(&t->lock);
	if (err > 0)
		trace(t);
	(void)!write(t->done, &one, sizeof(one));
	return NULL;
}

static int start(struct tracer *t)
{
	int err = -pthread_create(&t->thread, NULL, tracer_thread, t);

	if (err)
		return err;
	pthread_mutex_lock(&t->lock);
	while (!t->seized)
		pthread_cond_wait(&t->turn, &t->lock);
	err = t->seized < 0 ? t->seized : 0;
	pthread_mutex_unlock(&t->lock);
	if (err)
		pthread_join(t->thread, NULL);
	return err;
}

static void destroy(struct tracer *t)
{
	if (t->done >= 0)
		close(t->done);
	pthread_cond_destroy(&t->turn);
	pthread_mutex_destroy(&t->lock);
	os_free(t->tree.exec->skep->os, t);
}

int tracer_create(struct exec *exec, struct process *p, struct tracer **out, int *done)
{
	struct tracer *t = os_alloc(exec->skep->os, sizeof(*t));
	int err;

	if (!t)
		return -ENOMEM;
	t->tree.exec = exec;
	t->tree.listener = -1;
	t->p = p;
	pthread_mutex_init(&t->lock, NULL);
	pthread_cond_init(&t->turn, NULL);
	t->done = eventfd(0, EFD_CLOEXEC);
	err = t->done < 0 ? -errno : start(t);
	if (err) {
		destroy(t);
		return err;
	}
	*done = t->done;
	*out = t;
	return 0;
}

void tracer_free(struct tracer *t)
{
	pthread_join(t->thread, NULL);
	destroy(t);
}
