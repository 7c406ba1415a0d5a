/* The host: Linux, as an ordinary process. */
#include <linux/futex.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/os.h"

static void *host_alloc(const struct os *os, size_t size)
{
	(void)os;
	return calloc(1, size ? size : 1);
}

static void host_free(const struct os *os, void *p)
{
	(void)os;
	free(p);
}

static u64 host_clock_ns(const struct os *os, int clock)
{
	struct timespec ts;

	(void)os;
	clock_gettime(clock, &ts);
	return (u64)ts.tv_sec * 1000000000 + (u64)ts.tv_nsec;
}

static void host_random(const struct os *os, void *buf, size_t n)
{
	u8 *at = buf;

	(void)os;
	while (n) {
		ssize_t got = getrandom(at, n, 0);

		if (got > 0) {
			at += got;
			n -= (size_t)got;
		}
	}
}

static void host_futex_wait(const struct os *os, _Atomic u32 *word, u32 seen)
{
	struct timespec longest = {.tv_nsec = 1000000};

	(void)os;
	syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, seen, &longest);
}

static void host_futex_wake(const struct os *os, _Atomic u32 *word, int n)
{
	(void)os;
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, n);
}

const struct os os_host = {
	.alloc = host_alloc,
	.free = host_free,
	.clock_ns = host_clock_ns,
	.random = host_random,
	.futex_wait = host_futex_wait,
	.futex_wake = host_futex_wake,
};
