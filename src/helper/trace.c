/*
 * The ring of trace lines.  Positions only grow; a line takes its header and its text, and wraps
 * around the end of the ring bytewise.
 *
 *	ring  | ... free ... | header text | header text | ... free ... |
 *	                     ^ first                     ^ next
 */
#include <errno.h>
#include <pthread.h>

#include "helper/trace.h"

struct trace {
	const struct os *os;
	pthread_mutex_t lock; /* guards all below */
	u64 first, next;
	u64 lost;
	u32 size;
	u8 ring[];
};

enum { LINE_HEADER = offsetof(struct trace_line, text) };

int trace_create(const struct os *os, u32 size, struct trace **out)
{
	struct trace *trace;

	if (size < sizeof(struct trace_line))
		size = sizeof(struct trace_line);
	trace = os_alloc(os, sizeof(*trace) + size);
	if (!trace)
		return -ENOMEM;
	trace->os = os;
	trace->size = size;
	pthread_mutex_init(&trace->lock, NULL);
	*out = trace;
	return 0;
}

void trace_free(struct trace *trace)
{
	if (!trace)
		return;
	pthread_mutex_destroy(&trace->lock);
	os_free(trace->os, trace);
}

static void ring_put(struct trace *trace, const void *from, u32 n)
{
	const u8 *bytes = from;

	for (u32 i = 0; i < n; i++)
		trace->ring[trace->next++ % trace->size] = bytes[i];
}

static void ring_get(struct trace *trace, void *to, u32 n)
{
	u8 *bytes = to;

	for (u32 i = 0; i < n; i++)
		bytes[i] = trace->ring[trace->first++ % trace->size];
}

static void ring_drop_line(struct trace *trace)
{
	struct trace_line line;

	ring_get(trace, &line, LINE_HEADER);
	trace->first += line.len;
	trace->lost++;
}

void trace_write(struct trace *trace, const struct trace_line *line)
{
	u64 need = LINE_HEADER + line->len;

	if (!trace)
		return;
	pthread_mutex_lock(&trace->lock);
	while (trace->size - (trace->next - trace->first) < need)
		ring_drop_line(trace);
	ring_put(trace, line, LINE_HEADER);
	ring_put(trace, line->text, line->len);
	pthread_mutex_unlock(&trace->lock);
}

int trace_read(struct trace *trace, struct trace_line *line)
{
	int found;

	pthread_mutex_lock(&trace->lock);
	found = trace->first != trace->next;
	if (found) {
		ring_get(trace, line, LINE_HEADER);
		ring_get(trace, line->text, line->len);
		line->text[line->len] = 0;
	}
	pthread_mutex_unlock(&trace->lock);
	return found;
}

u64 trace_lost(struct trace *trace)
{
	u64 lost;

	pthread_mutex_lock(&trace->lock);
	lost = trace->lost;
	pthread_mutex_unlock(&trace->lock);
	return lost;
}
