/* Where a run's packets come from: a capture, a file, or the command line.  All are Ethernet. */
#ifndef SKEP_TOOLS_SOURCE_H
#define SKEP_TOOLS_SOURCE_H

#include <stdbool.h>
#include <sys/time.h>

#include "base/types.h"

struct frame {
	const u8 *bytes; /* valid until the next one */
	u32 len;         /* what was captured of it */
	bool cut;        /* there was more on the wire */
	struct timeval time;
};

struct source;

/* Exactly one of the three texts is not NULL.  NULL after a message. */
struct source *source_open(const char *pcap, const char *data, const char *hex);
void source_close(struct source *source);

/* 1: *frame is the next, 0: there is none, -1: broken, after a message. */
int source_next(struct source *source, struct frame *frame);

/* How much of it was read, 0 to 1; negative when that cannot be told. */
double source_progress(const struct source *source);

bool source_is_capture(const struct source *source);

/* All of a file (at most `max` bytes, "-" is stdin), malloc'ed.  NULL after a message. */
u8 *read_whole(const char *path, size_t max, size_t *size);

#endif
