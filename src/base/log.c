/* Logs: bounded texts that keep their end, or with LOG_FIXED their beginning. */
#include <errno.h>
#include <stdio.h>

#include "base/log.h"
#include "base/os.h"

enum { LINE_MAX_LEN = 1024, FIRST_ROOM = 4096 };

void log_init(struct log *log, const struct os *os, u32 level, u32 size)
{
	*log = (struct log){.os = os, .level = level, .size = size};
}

void log_free(struct log *log)
{
	os_free(log->os, log->text);
	log->text = NULL;
}

/* Memory for `want` bytes of text, never more than the reader's. */
static int make_room(struct log *log, u64 want)
{
	u64 room = log->room ? log->room : FIRST_ROOM;
	char *text;

	if (want > log->size)
		want = log->size;
	if (want <= log->room)
		return 1;
	while (room < want)
		room *= 2;
	if (room > log->size)
		room = log->size;
	text = os_alloc(log->os, room);
	if (!text) {
		log->no_memory = 1;
		return 0;
	}
	if (log->text)
		memcpy(text, log->text, log->room);
	os_free(log->os, log->text);
	log->text = text;
	log->room = (u32)room;
	return 1;
}

/* Until the text wraps, byte n is at n: growing moves nothing. */
static void put(struct log *log, const char *s, u32 len)
{
	if (log->level & LOG_FIXED) {
		u64 room = log->end < log->room ? log->room - log->end : 0;

		if (room)
			memcpy(log->text + log->end, s, len < room ? len : room);
		return;
	}
	for (u32 i = 0; i < len; i++)
		log->text[(log->end + i) % log->size] = s[i];
}

void log_vprintf(struct log *log, const char *fmt, va_list args)
{
	char line[LINE_MAX_LEN];
	int n;

	if (!log_wanted(log))
		return;
	n = vsnprintf(line, sizeof(line), fmt, args);
	if (n < 0)
		return;
	if (n >= (int)sizeof(line))
		n = (int)sizeof(line) - 1;
	if (log->size && make_room(log, log->end + (u64)n))
		put(log, line, (u32)n);
	log->end += (u64)n;
	if (log->max < log->end + 1)
		log->max = log->end + 1;
}

void log_printf(struct log *log, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	log_vprintf(log, fmt, args);
	va_end(args);
}

void log_reset(struct log *log, u64 pos)
{
	if (log_wanted(log) && pos < log->end)
		log->end = pos;
}

static void reverse(char *s, u64 n)
{
	for (u64 i = 0, j = n; i + 1 < j; i++) {
		char c = s[i];

		s[i] = s[--j];
		s[j] = c;
	}
}

/* Rotate the ring left by `by`: three reversals, no second buffer. */
static void rotate(char *s, u64 n, u64 by)
{
	reverse(s, by);
	reverse(s + by, n - by);
	reverse(s, n);
}

int log_finish(struct log *log, const char **text, u32 *len)
{
	u64 kept = log->end;

	*text = "";
	*len = 1;
	if (!log->level || !log->size)
		return 0;
	if (log->no_memory || !make_room(log, log->end + 1))
		return -ENOMEM;
	if (kept > log->size - 1)
		kept = log->size - 1;
	/* Full and past its end: the oldest byte that is kept stands right behind the newest. */
	if (!(log->level & LOG_FIXED) && log->end > kept)
		rotate(log->text, log->size, (log->end - kept) % log->size);
	log->text[kept] = 0;
	*text = log->text;
	*len = (u32)kept + 1;
	return log->max > log->size ? -ENOSPC : 0;
}
