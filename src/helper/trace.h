/*
 * Where bpf_trace_printk's lines go: one ring an instance, the oldest lines make room for the
 * newest.  Tools drain it.
 */
#ifndef SKEP_HELPER_TRACE_H
#define SKEP_HELPER_TRACE_H

#include "base/skep.h"

struct trace_line {
	u64 ns; /* CLOCK_MONOTONIC */
	u32 cpu;
	u32 tid;
	u32 len;         /* of text, without its NUL */
	char text[1024]; /* as the program's format has it, new line and all */
};

/* A ring of `size` bytes.  0 or -ENOMEM. */
int trace_create(const struct os *os, u32 size, struct trace **out);
void trace_free(struct trace *trace);

/* Called by any thread; a NULL trace swallows the line. */
void trace_write(struct trace *trace, const struct trace_line *line);

/* The oldest line, which leaves the ring: 1, or 0 when there is none. */
int trace_read(struct trace *trace, struct trace_line *line);

/* Lines that were overwritten before anyone read them. */
u64 trace_lost(struct trace *trace);

#endif
