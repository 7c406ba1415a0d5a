/*
 * What programs say while they run: records of ring buffers and perf buffers, lines of
 * bpf_trace_printk.  Collected as they come, shown at the end.
 */
#ifndef SKEP_TOOLS_EVENTS_H
#define SKEP_TOOLS_EVENTS_H

#include "tools/out.h"

struct bpf_object;
struct events;
struct skep;

/*
 * keep: how many records of each map and how many lines are kept to be shown.  type: the struct
 * that records are, by name, or NULL (then a map's value type, if it has one).  NULL after a
 * message.
 */
struct events *events_open(struct skep *skep, const struct bpf_object *object, u64 keep,
			   const char *type);
void events_close(struct events *events);

/* Take what has come; to be called often, since buffers are finite. */
void events_collect(struct events *events);

void events_print(const struct events *events, struct out *out);

#endif
