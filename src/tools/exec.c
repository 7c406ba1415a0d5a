/* skep exec: unmodified programs over an instance of ours. */
#include <stddef.h>
#include <string.h>

#include "exec/exec.h"
#include "tools/tool.h"

extern const struct tool tool_exec;

struct exec_tool_options {
	const char *name, *caps, *mode;
	u32 kernel;
	u64 ncpu;
	bool verbose, stats, as_root, preload, strict;
};

static int exec_tool_run(void *opts, char **args, int nargs)
{
	const struct exec_tool_options *o = opts;
	struct exec_options options = {
		.kernel_version = o->kernel,
		.ncpu = (u32)o->ncpu,
		.verbose = o->verbose,
		.stats = o->stats,
		.as_root = o->as_root,
		.mode = o->mode,
		.preload = o->preload,
		.strict = o->strict,
	};

	(void)nargs;
	if (o->ncpu > UINT32_MAX)
		return fail("--ncpu: that many CPUs there are nowhere");
	if (o->mode && strcmp(o->mode, "notify") && strcmp(o->mode, "ptrace"))
		return usage(&tool_exec, "--mode is notify or ptrace");
	if (o->strict && !o->preload)
		return usage(&tool_exec, "--strict is for --preload");
	if (o->caps && exec_caps_by_name(o->caps, &options.caps))
		return usage(&tool_exec, "--caps is all, none or virtual");
	if (!o->name)
		return exec_run(&options, args);
	if (!exec_name_valid(o->name))
		return usage(&tool_exec, "--name takes up to 64 letters, digits, '_', '.' and '-'");
	if (o->kernel || o->ncpu || o->stats || o->caps || o->mode)
		return usage(
			&tool_exec,
			"--kernel, --ncpu, --caps and --stats are for 'skep serve' to say, and "
			"--mode is notify");
	return exec_join(&options, o->name, args);
}

#define OFF(member) offsetof(struct exec_tool_options, member)
static const struct option exec_tool_options[] = {
	{"kernel", OPTION_KERNEL, OFF(kernel), "VERSION",
	 "Be Linux VERSION (6.18): what came later is refused as it was then.", NULL},
	{"ncpu", OPTION_NUMBER, OFF(ncpu), "N", "Have N CPUs (as many as the machine).", NULL},
	{"caps", OPTION_STRING, OFF(caps), "WHICH",
	 "What PROGRAM may, for bpf(): all (the default), none as for unprivileged users, or\n"
	 "virtual, where each thread has a full set to drop and to take back.",
	 NULL},
	{"as-root", OPTION_FLAG, OFF(as_root), NULL, "Tell PROGRAM that it is run by root.", NULL},
	{"mode", OPTION_STRING, OFF(mode), "HOW",
	 "Serve by notify (seccomp's), or by ptrace, which is slower but works where another\n"
	 "filter refuses bpf(), as in containers. Without it: what works.",
	 NULL},
	{"preload", OPTION_FLAG, OFF(preload), NULL,
	 "Have a dynamic PROGRAM read its BPF_F_MMAPABLE arrays without a call (LD_PRELOAD).",
	 NULL},
	{"strict", OPTION_FLAG, OFF(strict), NULL,
	 "With --preload: for a PROGRAM that closes fds by other ways than libc.", NULL},
	{"name", OPTION_STRING, OFF(name), "N",
	 "Join the instance that 'skep serve --name N' keeps.", NULL},
	{"verbose", OPTION_FLAG, OFF(verbose), NULL, "Say on standard error how it is done.", NULL},
	{"stats", OPTION_FLAG, OFF(stats), NULL,
	 "At the end: calls, time and bytes by command, on standard error.", NULL},
	{0},
};

const struct tool tool_exec = {
	.name = "exec",
	.summary = "run a program whose bpf() works, without root",
	.args = "-- PROGRAM [ARGUMENT]...",
	.about = "Runs PROGRAM as it is - bpftool, a libbpf program, test_maps, static or dynamic, "
		 "in\n"
		 "any language - with a bpf(2) of its own: maps, programs, BTF and links are made "
		 "in\n"
		 "this process, live as long as fds, pins and attachments hold them, and are gone\n"
		 "when the last process that PROGRAM started has ended. Neither root nor a kernel\n"
		 "with BPF is needed. The exit status is PROGRAM's; 125 when skep itself failed,\n"
		 "126 when PROGRAM cannot be executed, 127 when it is not there.\n",
	.examples =
		"  skep exec -- bpftool map create /sys/fs/bpf/m type hash key 4 value 8 \\\n"
		"      entries 16 name m\n"
		"  skep exec -- sh -c 'bpftool prog load x.bpf.o /sys/fs/bpf/x && bpftool prog'\n"
		"  skep exec --kernel 5.15 -- ./my_loader\n"
		"  skep exec --stats -- bpftool feature probe\n",
	.options = exec_tool_options,
	.min_args = 1,
	.max_args = UINT32_MAX,
	.runs_program = true,
	.opts_size = sizeof(struct exec_tool_options),
	.run = exec_tool_run,
};
