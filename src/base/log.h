/*
 * A text that is built piece by piece, as Linux's verifier and BTF logs are.  The reader gave room
 * for `size` bytes: when that is too little the last size - 1 bytes are kept and a NUL (or the
 * first ones, with LOG_FIXED), and log_finish says so.
 */
#ifndef SKEP_BASE_LOG_H
#define SKEP_BASE_LOG_H

#include <stdarg.h>

#include "base/types.h"

struct os;

enum { LOG_LEVEL1 = 1, LOG_LEVEL2 = 2, LOG_STATS = 4, LOG_FIXED = 8, LOG_MASK = 15 };

struct log {
	const struct os *os;
	u32 level;  /* LOG_ bits; 0: nothing is kept */
	u32 size;   /* the reader's room, 0: only lengths are counted */
	char *text; /* ours; byte n of the text is at n % size, or at n with LOG_FIXED */
	u32 room;   /* of text */
	u64 end;    /* bytes written so far, had there been room */
	u64 max;    /* the most that `end` and its NUL ever were: bpf_attr.log_true_size */
	u8 no_memory;
};

void log_init(struct log *log, const struct os *os, u32 level, u32 size);
void log_free(struct log *log);

/* Nothing when log is NULL or its level is 0. */
__attribute__((format(printf, 2, 3))) void log_printf(struct log *log, const char *fmt, ...);
void log_vprintf(struct log *log, const char *fmt, va_list args);

/* Forget what was written after `pos` (a former log->end): the verifier's paths that turned out
 * fine. */
void log_reset(struct log *log, u64 pos);

/*
 * The text in reading order, NUL-terminated, in *text (the log's own, until log_free) and its
 * length with the NUL in *len.  0, -ENOSPC when it did not all fit, -ENOMEM.
 */
int log_finish(struct log *log, const char **text, u32 *len);

static inline int log_wanted(const struct log *log)
{
	return log && log->level;
}

#endif
