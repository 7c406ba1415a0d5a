/*
 * bpf() of a program that was written for the kernel, served by an instance in the same process:
 * what inproc.syms renames its calls to, where src/load has not the answer already.  The instance
 * has two CPUs and is open to the unprivileged, as the machine was that tests/facts were taken on.
 * With SKEP_VERIFY_ONLY in the environment it gives verdicts, and runs nothing.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/usercopy.h"
#include "load/shim.h"
#include "prog/prog.h"
#include "sys/sys.h"

enum { NR_CPUS = 2 };

static const struct {
	const char *path, *text;
} files[] = {
	{"/sys/devices/system/cpu/possible", "0-1\n"},
	{"/proc/sys/kernel/unprivileged_bpf_disabled", "0\n"},
	{"/proc/sys/net/core/bpf_jit_enable", "1\n"},
};

/* What the selftests' libbpf remembers of Linux need not be forgotten: the instance is of one version. */
u8 load_feature_cache[LIBBPF_CACHE_SIZE];

FILE *inproc_fopen(const char *path, const char *mode);
int inproc_unlink(const char *path);

FILE *inproc_fopen(const char *path, const char *mode)
{
	for (u32 i = 0; i < ARRAY_SIZE(files); i++)
		if (!strcmp(path, files[i].path))
			return fmemopen((void *)files[i].text, strlen(files[i].text), "r");
	return fopen(path, mode);
}

/* A pin, or else a file. */
int inproc_unlink(const char *path)
{
	return load_unlink(path) ? unlink(path) : 0;
}

static void make_skep(void)
{
	/* these programs pass bad addresses on purpose */
	struct skep_config config = {.ncpu = NR_CPUS, .usercopy = &usercopy_checked};

	if (getenv("SKEP_VERIFY_ONLY")) {
		config.verify_only = 1;
		config.engine = &engine_none;
	}

	if (sys_create(&config, &load_process.skep)) {
		fprintf(stderr, "inproc: there is no instance\n");
		_exit(70);
	}
}

/* Before src/load makes its own. */
__attribute__((constructor)) static void start(void)
{
	pthread_once(&load_process.once, make_skep);
}
