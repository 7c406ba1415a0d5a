/*
 * The seam between skep and the machine: memory, time, randomness, sleeping.  An instance keeps a
 * pointer to one of these; os_host is the real one.  Tests put their own in front to make the n-th
 * allocation fail or the clock stand still.
 */
#ifndef SKEP_BASE_OS_H
#define SKEP_BASE_OS_H

#include "base/types.h"

struct os {
	/* zeroed memory, or NULL; given back with free */
	void *(*alloc)(const struct os *os, size_t size);
	void (*free)(const struct os *os, void *p);
	/* nanoseconds of CLOCK_MONOTONIC and friends (clockid_t) */
	u64 (*clock_ns)(const struct os *os, int clock);
	/* n bytes nobody can guess */
	void (*random)(const struct os *os, void *buf, size_t n);
	/* sleep while *word == seen, a millisecond at most; spurious wake-ups happen */
	void (*futex_wait)(const struct os *os, _Atomic u32 *word, u32 seen);
	void (*futex_wake)(const struct os *os, _Atomic u32 *word, int n);
};

extern const struct os os_host;

static inline void *os_alloc(const struct os *os, size_t size)
{
	return os->alloc(os, size);
}

static inline void os_free(const struct os *os, void *p)
{
	os->free(os, p);
}

#endif
