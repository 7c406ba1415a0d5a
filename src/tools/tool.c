/*
 * The table of subcommands and what is common to all: finding a row, help, and the child process in
 * which objects are opened.
 */
#include "tools/tool.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TOOL(name) extern const struct tool tool_##name;
#include "tools/tools.def"
#undef TOOL

const struct tool *const tools[] = {
#define TOOL(name) &tool_##name,
#include "tools/tools.def"
#undef TOOL
	NULL,
};

u64 now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

int fail(const char *fmt, ...)
{
	va_list args;

	fflush(stdout);
	fputs("skep: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	return TOOL_FAILED;
}

int usage(const struct tool *tool, const char *fmt, ...)
{
	va_list args;

	fprintf(stderr, "skep %s: ", tool->name);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fprintf(stderr, "\nTry 'skep %s --help'.\n", tool->name);
	return TOOL_USAGE;
}

enum { EDIT_MAX = 31 };

u32 edit_distance(const char *a, const char *b)
{
	u32 row[EDIT_MAX + 1], la = strnlen(a, EDIT_MAX), lb = strnlen(b, EDIT_MAX);

	for (u32 j = 0; j <= lb; j++)
		row[j] = j;
	for (u32 i = 1; i <= la; i++) {
		u32 diagonal = row[0];

		row[0] = i;
		for (u32 j = 1; j <= lb; j++) {
			u32 best = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			best = row[j] + 1 < best ? row[j] + 1 : best;
			row[j] = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
		}
	}
	return row[lb];
}

const struct tool *tool_by_name(const char *name, const char **near)
{
	u32 least = 3;

	*near = NULL;
	for (u32 i = 0; tools[i]; i++) {
		u32 distance = edit_distance(name, tools[i]->name);

		if (!distance)
			return tools[i];
		if (distance < least) {
			least = distance;
			*near = tools[i]->name;
		}
	}
	return NULL;
}

static void print_option(const struct option *o)
{
	char left[64];

	snprintf(left, sizeof(left), "--%s%s%s", o->name, o->arg ? " " : "", o->arg ? o->arg : "");
	printf("  %-24s ", left);
	if (strlen(left) > 24)
		printf("\n  %-24s ", "");
	puts(o->help);
}

void tool_help(const struct tool *tool)
{
	printf("skep %s: %s\n\nUsage: skep %s [OPTION]... %s\n\n%s\nOptions:\n", tool->name,
	       tool->summary, tool->name, tool->args, tool->about);
	for (const struct option *o = tool->options; o->name; o++)
		print_option(o);
	print_option(&(struct option){.name = "help", .help = "Show this."});
	printf("\nExamples:\n%s", tool->examples);
}

void tool_overview(void)
{
	puts("skep: Linux eBPF as an ordinary user program\n\nUsage: skep COMMAND [ARGUMENT]...\n");
	for (u32 i = 0; tools[i]; i++)
		printf("  %-12s %s\n", tools[i]->name, tools[i]->summary);
	puts("\n'skep COMMAND --help' explains a command and shows examples; 'skep --version' "
	     "tells "
	     "the version.\n\nThe first thing to try:\n  skep run prog.bpf.o --pcap capture.pcap");
}

static int wait_for(const struct tool *tool, pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		;
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	return fail(
		"%s: the reader of the object died of \"%s\"; the object is corrupt, or this is "
		"a bug of skep or libbpf worth reporting with the object",
		tool->name, strsignal(WTERMSIG(status)));
}

static int run_in_child(const struct tool *tool, void *opts, char **args, int nargs)
{
	pid_t parent = getpid(), pid = fork();
	int status;

	if (pid < 0)
		return fail("%s: cannot start a process: %m", tool->name);
	if (pid > 0)
		return wait_for(tool, pid);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(TOOL_FAILED);
	status = tool->run(opts, args, nargs);
	if (fflush(stdout))
		status = fail("cannot write the output: %m");
	_exit(status);
}

/* Before what belongs to another program. */
static bool wants_help(const struct tool *tool, int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--"); i++) {
		if (tool->runs_program && argv[i][0] != '-')
			return false;
		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
			return true;
	}
	return false;
}

static int dispatch(const struct tool *tool, int argc, char **argv, char **args)
{
	void *opts = calloc(1, tool->opts_size + 1);
	int nargs, status;

	if (!opts)
		return fail("out of memory");
	nargs = option_parse(tool, argc, argv, opts, args);
	if (nargs < 0)
		status = TOOL_USAGE;
	else if ((u32)nargs < tool->min_args)
		status = usage(tool, "missing argument: skep %s %s", tool->name, tool->args);
	else if ((u32)nargs > tool->max_args)
		status = usage(tool, "one argument too many: \"%s\"", args[tool->max_args]);
	else if (tool->in_child)
		status = run_in_child(tool, opts, args, nargs);
	else
		status = tool->run(opts, args, nargs);
	for (const struct option *o = tool->options; o->name; o++)
		if (o->kind == OPTION_PAIRS)
			free(((struct option_pairs *)((char *)opts + o->off))->at);
	free(opts);
	return status;
}

int tool_main(int argc, char **argv)
{
	const char *near;
	const struct tool *tool = tool_by_name(argv[0], &near);
	char **args;
	int status;

	if (!tool) {
		fprintf(stderr, "skep: there is no command \"%s\"", argv[0]);
		fprintf(stderr, near ? "; did you mean \"%s\"?\n" : "\n", near);
		fputs("'skep --help' lists the commands.\n", stderr);
		return TOOL_USAGE;
	}
	if (wants_help(tool, argc, argv)) {
		tool_help(tool);
		return TOOL_OK;
	}
	args = calloc(argc + 1, sizeof(*args));
	if (!args)
		return fail("out of memory");
	status = dispatch(tool, argc, argv, args);
	free(args);
	return status;
}
