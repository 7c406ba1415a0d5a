/* A machine whose memory ends when the test says so, and which counts what was not given back. */
#ifndef SKEP_TESTS_FAILING_H
#define SKEP_TESTS_FAILING_H

#include <stdatomic.h>

#include "base/os.h"

struct failing {
	struct os os;
	_Atomic s64 left; /* allocations that still succeed */
	_Atomic s64 live; /* those that have not been freed */
	size_t largest;   /* larger ones fail; 0: none does */
};

static inline void *failing_alloc(const struct os *os, size_t size)
{
	struct failing *f = (struct failing *)container_of(os, struct failing, os);
	void *p = NULL;

	if (!f->largest || size <= f->largest)
		p = atomic_fetch_sub(&f->left, 1) > 0 ? os_host.alloc(&os_host, size) : NULL;
	if (p)
		atomic_fetch_add(&f->live, 1);
	return p;
}

static inline void failing_free(const struct os *os, void *p)
{
	struct failing *f = (struct failing *)container_of(os, struct failing, os);

	if (p)
		atomic_fetch_sub(&f->live, 1);
	os_host.free(&os_host, p);
}

static inline void failing_init(struct failing *f)
{
	*f = (struct failing){.os = os_host, .left = INT64_MAX};
	f->os.alloc = failing_alloc;
	f->os.free = failing_free;
}

#endif
