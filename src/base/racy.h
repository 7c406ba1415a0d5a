/*
 * Copies of memory that programs may be writing at the same time.  As in Linux, aligned words of 8
 * bytes are never torn, and nothing is promised about the order of words.
 */
#ifndef SKEP_BASE_RACY_H
#define SKEP_BASE_RACY_H

#include <stdatomic.h>

#include "base/types.h"

#ifdef __SANITIZE_THREAD__
/* The sanitizer sees relaxed atomics, which the plain copy below amounts to on every machine. */
static inline void racy_copy(void *to, const void *from, size_t n)
{
	u8 *d = to;
	const u8 *s = from;

	for (size_t i = 0; i < n; i++) {
		u8 byte = __atomic_load_n(&s[i], __ATOMIC_RELAXED);

		__atomic_store_n(&d[i], byte, __ATOMIC_RELAXED);
	}
}
#else
static inline void racy_copy(void *to, const void *from, size_t n)
{
	if (n == 8)
		memcpy(to, from, 8);
	else if (n == 4)
		memcpy(to, from, 4);
	else
		memcpy(to, from, n);
}
#endif

/* Acquire and release, which cost nothing where it matters: what is looked at next is newer. */
static inline u64 racy_load64(const void *p)
{
	return __atomic_load_n((const u64 *)p, __ATOMIC_ACQUIRE);
}

static inline void racy_store64(void *p, u64 v)
{
	__atomic_store_n((u64 *)p, v, __ATOMIC_RELEASE);
}

#endif
