/* skep exec: an instance for one tree, which ends with it. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exec/internal.h"

static int serve_until_empty(struct exec *exec, struct process *p)
{
	struct tree *tree;
	int err = tree_create(exec, p->listener, &tree);
	bool empty = false;

	if (err) {
		exec_say("cannot start a thread: %s", strerror(-err));
		process_kill(p);
		return err;
	}
	close(p->go);
	while (!p->ended || !empty) {
		struct pollfd fds[EXEC_FDS + 2] = {
			[EXEC_FDS] = {.fd = p->signals, .events = POLLIN},
			[EXEC_FDS + 1] = {.fd = empty ? -1 : p->listener},
		};

		exec_sleep(exec, fds, ARRAY_SIZE(fds));
		if (fds[EXEC_FDS].revents)
			process_signals(p);
		empty |= fds[EXEC_FDS + 1].revents != 0;
	}
	tree_free(tree);
	return 0;
}

static int trace_until_empty(struct exec *exec, struct process *p)
{
	struct tracer *tracer;
	int done, err = tracer_create(exec, p, &tracer, &done);
	bool empty = false;

	if (err) {
		exec_say("the program cannot be traced: %s", strerror(-err));
		process_kill(p);
		return err;
	}
	close(p->go);
	while (!empty) {
		struct pollfd fds[EXEC_FDS + 2] = {
			[EXEC_FDS] = {.fd = p->signals, .events = POLLIN},
			[EXEC_FDS + 1] = {.fd = done, .events = POLLIN},
		};

		exec_sleep(exec, fds, ARRAY_SIZE(fds));
		if (fds[EXEC_FDS].revents)
			process_signals(p);
		empty = fds[EXEC_FDS + 1].revents != 0;
	}
	tracer_free(tracer);
	p->ended = true;
	return 0;
}

static int run_as(struct exec *exec, struct process *p, u32 filter, char **argv)
{
	int err = launch(p, filter, argv);

	if (err)
		return err;
	return filter & FILTER_TRACED ? trace_until_empty(exec, p) : serve_until_empty(exec, p);
}

/* Are we under a filter already, which may answer in the place of ours? */
static bool is_filtered(void)
{
	FILE *file = fopen("/proc/self/status", "re");
	char line[128];
	int mode = 0;

	while (file && !mode && fgets(line, sizeof(line), file))
		if (sscanf(line, "Seccomp: %d", &mode) == 1)
			break;
	if (file)
		fclose(file);
	return mode != 0;
}

/* A child of ours asks whether bpf() is served so. */
static bool works(struct exec *exec, const struct process *p, u32 filter)
{
	struct process probe = *p;

	probe.quiet = true;
	return !run_as(exec, &probe, filter, NULL) && WIFEXITED(probe.status) &&
	       !WEXITSTATUS(probe.status);
}

static u32 choose(struct exec *exec, const struct process *p)
{
	u32 filter = exec->options.as_root ? FILTER_AS_ROOT : 0;
	bool traced = false;

	if (is_filtered())
		traced = !works(exec, p, filter) && works(exec, p, filter | FILTER_TRACED);
	if (exec->options.verbose)
		exec_say(traced ? "a filter around us answers bpf(): by ptrace"
				: "by seccomp notification");
	return traced ? filter | FILTER_TRACED : filter;
}

static int run(struct exec *exec, char **argv)
{
	struct process p;
	int err = process_prepare(&p);

	if (!err)
		err = run_as(exec, &p, choose(exec, &p), argv);
	if (err)
		return EXEC_FAILED;
	if (exec->options.stats)
		stats_print(exec);
	exec_free(exec);
	return process_conclude(&p, argv);
}

/* Below another supervisor the program is that one's client, whatever our options are. */
static int run_nested(const struct exec_options *options, char **argv)
{
	if (options->verbose || options->kernel_version || options->ncpu)
		exec_say("this is a skep exec already: its instance serves the program");
	execvp(argv[0], argv);
	exec_say("%s: %s", argv[0], strerror(errno));
	return errno == ENOENT ? EXEC_NOT_FOUND : EXEC_NOT_EXECUTABLE;
}

int exec_run(const struct exec_options *options, char **argv)
{
	struct exec *exec = NULL;
	int err;

	if (bpf_is_served())
		return run_nested(options, argv);
	err = exec_create(options, &exec);

	if (!err)
		return run(exec, argv);
	exec_say("an instance cannot be made: %s", strerror(-err));
	return EXEC_FAILED;
}
