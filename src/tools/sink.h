/* The capture that a run writes.  It appears under its name when it is complete, or not at all. */
#ifndef SKEP_TOOLS_SINK_H
#define SKEP_TOOLS_SINK_H

#include "tools/source.h"

struct sink;

/* NULL after a message. */
struct sink *sink_open(const char *path);

void sink_write(struct sink *sink, const struct frame *frame);

/* 0, or TOOL_FAILED after a message; frees sink in any case. */
int sink_finish(struct sink *sink);

/* Leave nothing behind. */
void sink_abandon(struct sink *sink);

#endif
