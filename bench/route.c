/*
 * Where libbpf's bpf(2) goes: to Linux or to an instance.  It is decided here, in front of the C
 * library's syscall() and close(), so that both are driven by the same libbpf.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench/bench.h"
#include "skep/skep.h"

/* Whose bpf() the library's calls now reach; NULL: Linux's. */
static struct skep *current;

/* libbpf has to find these two before the C library's. */
#define IN_FRONT __attribute__((visibility("default")))

/* Serve one call by skep, which itself calls the functions below: those are for the C library. */
static long serve(long (*call)(struct skep *skep, const long *args), const long *args)
{
	struct skep *skep = current;
	long r;

	current = NULL;
	r = call(skep, args);
	current = skep;
	return r;
}

static long serve_bpf(struct skep *skep, const long *args)
{
	return skep_bpf(skep, (int)args[0], (void *)args[1], (unsigned int)args[2]);
}

static long serve_close(struct skep *skep, const long *args)
{
	return skep_close(skep, (int)args[0]);
}

IN_FRONT long syscall(long number, ...)
{
	static long (*next)(long, ...);
	long a[6], r;
	va_list args;

	va_start(args, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(args, long);
	va_end(args);
	if (!next)
		next = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
	if (number != SYS_bpf || !current)
		return next(number, a[0], a[1], a[2], a[3], a[4], a[5]);
	r = serve(serve_bpf, a);
	if (r >= 0)
		return r;
	errno = (int)-r;
	return -1;
}

IN_FRONT int close(int fd)
{
	static int (*next)(int);

	if (!next)
		next = (int (*)(int))dlsym(RTLD_NEXT, "close");
	if (current && !serve(serve_close, (const long[]){fd}))
		return 0;
	return next(fd);
}

void bench_route(struct skep *skep)
{
	current = skep;
}
