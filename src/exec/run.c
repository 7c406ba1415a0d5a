/* skep exec: an instance for one tree, which ends with it. */
#include <errno.h>
#include <poll.h>
#include <string.h>
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

static int serve(struct exec *exec, struct process *p, const struct plan *plan, char **argv)
{
	int err = launch(p, plan, argv);

	if (err)
		return err;
	return plan->traced ? trace_until_empty(exec, p) : serve_until_empty(exec, p);
}

static int run(struct exec *exec, const struct plan *plan, char **argv)
{
	struct process p;
	int err = process_prepare(&p);

	if (!err)
		err = serve(exec, &p, plan, argv);
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
	struct plan plan;
	int err;

	if (cache_prepare(options))
		return EXEC_FAILED;
	if (bpf_is_served())
		return run_nested(options, argv);
	if (plan_make(options, &plan))
		return EXEC_FAILED;
	err = exec_create(options, &exec);
	if (!err)
		return run(exec, &plan, argv);
	exec_say("an instance cannot be made: %s", strerror(-err));
	return EXEC_FAILED;
}
