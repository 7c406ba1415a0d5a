/*
 * A text that is built piece by piece into a buffer of the caller's, as Linux's verifier and BTF
 * logs are: too small a buffer keeps the last bytes (or, with LOG_FIXED, the first), and says so.
 */
#ifndef SKEP_BASE_LOG_H
#define SKEP_BASE_LOG_H

#include <stdarg.h>

#include "base/types.h"

enum { LOG_LEVEL1 = 1, LOG_LEVEL2 = 2, LOG_STATS = 4, LOG_FIXED = 8, LOG_MASK = 15 };

struct log {
	u32 level; /* 0: nothing is kept */
	char *buf; /* the caller's, may be NULL: then only the length is counted */
	u32 len;   /* of buf */
	u64 end;   /* bytes written so far, had there been room */
	u64 len_max;
};

/* level, buffer and size as in bpf_attr.  0, or -EINVAL as Linux judges the three together. */
int log_init(struct log *log, u32 level, char *buf, u32 size);

__attribute__((format(printf, 2, 3))) void log_printf(struct log *log, const char *fmt, ...);
void log_vprintf(struct log *log, const char *fmt, va_list args);

/* Forget what was written after `pos` (a former log->end): paths that turned out fine. */
void log_reset(struct log *log, u64 pos);

/*
 * Terminate the text, put it into reading order, tell the size that would have held all of it
 * (with its NUL).  0 or -ENOSPC when it did not fit.
 */
int log_finish(struct log *log, u32 *true_size);

static inline int log_wanted(const struct log *log)
{
	return log && log->level;
}

#endif
