/*
 * bpf(2) for unmodified programs: a supervisor that answers a process tree's system calls through
 * seccomp user notification, out of an instance of ours.  docs/exec.md tells how and why.
 */
#ifndef SKEP_EXEC_EXEC_H
#define SKEP_EXEC_EXEC_H

#include <stdbool.h>

#include "base/types.h"

/* What clients may, as the instance sees it: all, nothing, or what each thread has kept. */
enum exec_caps { EXEC_CAPS_ALL, EXEC_CAPS_NONE, EXEC_CAPS_VIRTUAL };

struct exec_options {
	u32 kernel_version; /* 0: 6.18 */
	u32 ncpu;           /* 0: as many as the machine has possible */
	bool verbose;       /* say what was chosen and why */
	bool stats;         /* at the end, calls, time and bytes by command */
	bool as_root;       /* clients are told that they are uid 0 and gid 0 */
	enum exec_caps caps;
	const char *mode; /* "notify", "ptrace"; NULL: the first of these that works */
	bool preload;     /* a cache of lookups in the program, where that is dynamic */
	bool strict;      /* it believes no fd that it has not asked for */
};

/*
 * Run argv[0], and what it starts, until the last of it has ended.  The program's exit status; a
 * program that a signal ended ends us by the same signal.  Or 125 (we failed), 126 (it cannot be
 * executed), 127 (it is not there), after a message.
 */
int exec_run(const struct exec_options *options, char **argv);

/* The same in the instance that `skep serve` keeps under this name; its options hold,
 * but for as_root. */
int exec_join(const struct exec_options *options, const char *name, char **argv);

/*
 * Keep an instance under a name, for exec_join of the same user, until a signal or exec_stop ends
 * it.  0, or EXEC_FAILED after a message.
 */
int exec_serve(const struct exec_options *options, const char *name);
int exec_stop(const char *name);

/* "all", "none", "virtual": 0 or -EINVAL */
int exec_caps_by_name(const char *name, enum exec_caps *out);

/* [A-Za-z0-9_.-], not too long */
bool exec_name_valid(const char *name);

enum { EXEC_FAILED = 125, EXEC_NOT_EXECUTABLE = 126, EXEC_NOT_FOUND = 127 };

#endif
