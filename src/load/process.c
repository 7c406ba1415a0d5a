/*
 * What is per thread or per process, because libbpf's functions have no room for another argument
 * and fds belong to a process: which instance libbpf's calls reach, where its words go, what was
 * mapped and is watched.  These are skep's only variables that no instance holds.
 */
#include "base/skep.h"
#include "load/shim.h"

#include <stdio.h>
#include <string.h>

#include <bpf/libbpf.h>

#define EXPORT __attribute__((visibility("default")))

static _Thread_local struct {
	struct skep *skep;
	struct load_log *log;
} thread;

struct load_process load_process = {
	.once = PTHREAD_ONCE_INIT,
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.sections_once = PTHREAD_ONCE_INIT,
	.features_once = PTHREAD_ONCE_INIT,
	.features_lock = PTHREAD_MUTEX_INITIALIZER,
	.none_loading = PTHREAD_COND_INITIALIZER,
};

static void make_process_skep(void)
{
	if (skep_new(NULL, &load_process.skep))
		load_process.skep = NULL;
	else
		features_use(load_process.skep->kernel_version);
}

struct skep *load_current(void)
{
	if (thread.skep)
		return thread.skep;
	pthread_once(&load_process.once, make_process_skep);
	return load_process.skep;
}

EXPORT struct skep *skep_use(struct skep *skep)
{
	struct skep *before = thread.skep;

	thread.skep = skep;
	if (skep)
		features_use(skep->kernel_version);
	return before;
}

/* What libbpf says begins with its name; ours says whose file it is about. */
static const char *without_prefix(const char *fmt)
{
	static const char prefix[] = "libbpf: ";

	return strncmp(fmt, prefix, sizeof(prefix) - 1) ? fmt : fmt + sizeof(prefix) - 1;
}

__attribute__((format(printf, 2, 0))) static int print(enum libbpf_print_level level,
						       const char *fmt, va_list args)
{
	if (level == LIBBPF_DEBUG)
		return 0;
	if (!thread.log)
		return vfprintf(stderr, fmt, args);
	if (level == LIBBPF_WARN) /* "elf: skipping section" and the like are no reasons */
		load_vsay(thread.log, without_prefix(fmt), args);
	return 0;
}

struct load_log *load_log_to(struct load_log *log)
{
	struct load_log *before = thread.log;

	thread.log = log;
	libbpf_set_print(print);
	return before;
}
