/*
 * The supervisor: an instance whose caller is the client of the call that the thread serves, and
 * what the housekeeper (the main thread) does for it: closes, and calls nobody waits for any more.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "exec/internal.h"

enum { CHECK_MS = 50 };

struct exec *exec_of(const struct skep *skep)
{
	return container_of((struct sys_caller *)(uintptr_t)skep->caller, struct exec, caller);
}

static struct notice *current_of(struct skep *skep)
{
	return notice_current(exec_of(skep));
}

/* ---- what sys/ asks about its caller; what a timer runs has none ---- */

static int read_memory(struct skep *skep, void *to, u64 from, u64 size)
{
	struct notice *n = current_of(skep);

	return n ? client_read(n, to, from, size) : -EFAULT;
}

static int write_memory(struct skep *skep, u64 to, const void *from, u64 size)
{
	struct notice *n = current_of(skep);

	return n ? client_write(n, to, from, size) : -EFAULT;
}

static int borrow(struct skep *skep, int fd)
{
	struct notice *n = current_of(skep);

	return n ? client_fd(n, fd) : -EBADF;
}

static void give_back(struct skep *skep, int ours)
{
	(void)skep;
	close(ours);
}

static int hand_over(struct skep *skep, int ours)
{
	struct notice *n = current_of(skep);

	if (n)
		return (int)notice_result_fd(n, ours, O_CLOEXEC);
	close(ours);
	return -EBADF;
}

static pid_t caller_pid(struct skep *skep)
{
	struct notice *n = current_of(skep);

	return n ? client_pid(n) : getpid();
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
	exec->skep->unprivileged_bpf_disabled = exec->options.caps == EXEC_CAPS_ALL ? 2 : 0;
	exec->skep->output_ready = ready_output;
	exec->skep->interrupted = interrupted;
	exec->closes = sys_watch_closes(exec->skep);
	if (exec->closes < 0 && exec->options.verbose)
		exec_say("no inotify (%s): closes are looked for one by one",
			 strerror(-exec->closes));
	return 0;
}

int exec_create(const struct exec_options *options, struct exec **out)
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
		.lacks = caps_lacking,
		.closed = closed,
	};
	exec->usercopy = (struct usercopy){read_memory, write_memory, 256};
	exec->cap_threads.free = cap_thread_free;
	exec->cwds.free = cwd_free;
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

void exec_free(struct exec *exec)
{
	ready_destroy(exec);
	folders_destroy(exec);
	kin_clear(exec, &exec->cap_threads);
	kin_clear(exec, &exec->cwds);
	sys_free(exec->skep);
	close(exec->wake);
	pthread_key_delete(exec->current);
	pthread_mutex_destroy(&exec->lock);
	clients_destroy(&exec->clients);
	free(exec);
}

/* ---- housekeeping ---- */

void exec_wake(struct exec *exec)
{
	u64 one = 1;

	if (atomic_exchange(&exec->sleeping, 0))
		(void)!write(exec->wake, &one, sizeof(one));
}

void exec_sleep(struct exec *exec, struct pollfd *fds, u32 n)
{
	int timeout = CHECK_MS;
	u64 count;

	fds[0] = (struct pollfd){.fd = exec->closes, .events = POLLIN};
	fds[1] = (struct pollfd){.fd = exec->wake, .events = POLLIN};
	atomic_store(&exec->sleeping, 1);
	if (!notices_check(exec) && !exec->doubts)
		timeout = -1;
	poll(fds, n, timeout);
	atomic_store(&exec->sleeping, 0);
	(void)!read(exec->wake, &count, sizeof(count));
	if (fds[0].revents || exec->doubts)
		exec->doubts = sys_sweep(exec->skep);
}
