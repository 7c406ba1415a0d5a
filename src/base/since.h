/* Which Linux version brought a row of a table: "5.15".  NULL: it was always there. */
#ifndef SKEP_BASE_SINCE_H
#define SKEP_BASE_SINCE_H

#include "base/skep.h"

/* "6.18" -> 0x061200, as skep->kernel_version has it; 0 for NULL or what is no version. */
u32 since_version(const char *since);

/* Does the instance show a row of this age? */
static inline int since_visible(const struct skep *skep, const char *since)
{
	return since_version(since) <= skep->kernel_version;
}

#endif
