/*
 * A subcommand of `skep`: one file that ends in its const struct tool, and one row of tools.def.
 * The tables here give --help, shell completion and the checking of arguments.
 */
#ifndef SKEP_TOOLS_TOOL_H
#define SKEP_TOOLS_TOOL_H

#include <stdbool.h>

#include "base/types.h"

/* Exit statuses. */
enum { TOOL_OK, TOOL_FAILED, TOOL_USAGE };

enum option_kind {
	OPTION_FLAG,   /* bool */
	OPTION_STRING, /* const char * */
	OPTION_FILE,   /* the same; completes file names */
	OPTION_NUMBER, /* u64 */
	OPTION_COUNT,  /* u64, not 0 */
	OPTION_CHOICE, /* const char *, one of choices */
	OPTION_KERNEL, /* u32: 6.18 becomes 0x061200 */
	OPTION_PAIRS,  /* struct option_pairs: takes two arguments, may be repeated */
};

/* Where each occurrence begins in argv: at[i][0] and at[i][1] are its arguments. */
struct option_pairs {
	char ***at; /* malloc'ed */
	u32 count;
};

struct option {
	const char *name; /* without "--"; NULL ends a table */
	enum option_kind kind;
	u16 off;         /* of the member in the tool's options struct */
	const char *arg; /* what --help calls the argument */
	const char *help;
	const char *const *choices; /* NULL-terminated */
};

struct tool {
	const char *name;
	const char *summary;  /* a line without a period */
	const char *args;     /* "OBJECT [PROGRAM]" */
	const char *about;    /* what --help says before the options */
	const char *examples; /* and after them */
	const struct option *options;
	u32 min_args, max_args;
	bool runs_program; /* what follows the first argument is that program's own */
	bool in_child;     /* parses objects with libbpf: a crash there has to end as a message */
	u32 opts_size;
	int (*run)(void *opts, char **args, int nargs);
};

/* The rows of tools.def, NULL-terminated. */
extern const struct tool *const tools[];

/* The row with this name, or NULL; *near gets the most similar name when there is one. */
const struct tool *tool_by_name(const char *name, const char **near);

/* The whole command line from the subcommand on.  An exit status. */
int tool_main(int argc, char **argv);

void tool_help(const struct tool *tool);
void tool_overview(void);

/*
 * Parse argv into opts by the table; what is no option ends up in args.  Number of args, or -1
 * after a message.
 */
int option_parse(const struct tool *tool, int argc, char **argv, void *opts, char **args);

/* "6.18" -> 0x061200 ("6.18.3" -> 0x061203).  0 when it is not a version. */
u32 option_kernel_version(const char *text);

/* A decimal, 0x or 0-prefixed number that is all of the text. */
bool option_number(const char *text, u64 *out);

/* The value of a hex digit, or -1. */
int option_hex_digit(char c);

/* Of a clock that only goes forward. */
u64 now_ns(void);

/* What went wrong, for people: "skep: ..." on stderr.  Returns TOOL_FAILED. */
__attribute__((format(printf, 1, 2))) int fail(const char *fmt, ...);

/* The same for a wrong command line; names the page to read.  Returns TOOL_USAGE. */
__attribute__((format(printf, 2, 3))) int usage(const struct tool *tool, const char *fmt, ...);

/* How many edits make one word of the other. */
u32 edit_distance(const char *a, const char *b);

#endif
