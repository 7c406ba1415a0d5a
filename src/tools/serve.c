/* skep serve: an instance under a name. */
#include <stddef.h>

#include "exec/exec.h"
#include "tools/tool.h"

extern const struct tool tool_serve;

struct serve_options {
	const char *name, *caps;
	u32 kernel;
	u64 ncpu;
	bool verbose, stats, stop;
};

static int serve_run(void *opts, char **args, int nargs)
{
	const struct serve_options *o = opts;
	struct exec_options options = {
		.kernel_version = o->kernel,
		.ncpu = (u32)o->ncpu,
		.verbose = o->verbose,
		.stats = o->stats,
	};

	(void)args, (void)nargs;
	if (!o->name)
		return usage(&tool_serve, "under which name? --name N");
	if (!exec_name_valid(o->name))
		return usage(&tool_serve,
			     "--name takes up to 64 letters, digits, '_', '.' and '-'");
	if (o->ncpu > UINT32_MAX)
		return fail("--ncpu: that many CPUs there are nowhere");
	if (o->caps && exec_caps_by_name(o->caps, &options.caps))
		return usage(&tool_serve, "--caps is all, none or virtual");
	return o->stop ? exec_stop(o->name) : exec_serve(&options, o->name);
}

#define OFF(member) offsetof(struct serve_options, member)
static const struct option serve_options[] = {
	{"name", OPTION_STRING, OFF(name), "N", "The name; one of each at a time.", NULL},
	{"stop", OPTION_FLAG, OFF(stop), NULL, "End the instance of this name instead.", NULL},
	{"kernel", OPTION_KERNEL, OFF(kernel), "VERSION", "Be Linux VERSION (6.18).", NULL},
	{"ncpu", OPTION_NUMBER, OFF(ncpu), "N", "Have N CPUs (as many as the machine).", NULL},
	{"caps", OPTION_STRING, OFF(caps), "WHICH",
	 "What programs may, for bpf(): all (the default), none, or virtual.", NULL},
	{"verbose", OPTION_FLAG, OFF(verbose), NULL, "Say on standard error when it is ready.",
	 NULL},
	{"stats", OPTION_FLAG, OFF(stats), NULL,
	 "At the end: calls, time and bytes by command, on standard error.", NULL},
	{0},
};

const struct tool tool_serve = {
	.name = "serve",
	.summary = "keep an instance for programs that join it by name",
	.args = "--name N",
	.about = "Keeps maps, programs, links and pins for as long as it runs. Programs of the "
		 "same\n"
		 "user see them under 'skep exec --name N -- PROGRAM', one after the other or at "
		 "the\n"
		 "same time; other users are refused. It ends by a signal or by --stop, and "
		 "programs\n"
		 "that are in it end with it.\n",
	.examples = "  skep serve --name lab &\n"
		    "  skep exec --name lab -- bpftool prog load x.bpf.o /sys/fs/bpf/x\n"
		    "  skep exec --name lab -- bpftool prog show\n"
		    "  skep serve --name lab --stop\n",
	.options = serve_options,
	.max_args = 0,
	.opts_size = sizeof(struct serve_options),
	.run = serve_run,
};
