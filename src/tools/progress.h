/* A bar on the terminal for what takes longer than a second. */
#ifndef SKEP_TOOLS_PROGRESS_H
#define SKEP_TOOLS_PROGRESS_H

#include <stdbool.h>

#include "base/types.h"

struct progress {
	u64 start_ns, shown_ns;
	bool terminal, shown;
};

void progress_begin(struct progress *progress);

/* done: 0 to 1, negative when nobody knows; count: of packets so far. */
void progress_update(struct progress *progress, double done, u64 count);

/* Wipe it. */
void progress_end(struct progress *progress);

#endif
