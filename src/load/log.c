/* Why loading failed, in words: libbpf's, the verifier's and our own, one after the other. */
#include <stdarg.h>
#include <stdio.h>

#include "base/os.h"
#include "load/load.h"

enum { FIRST_ROOM = 1024 };
static const size_t room_max = 16 << 20;

/* Room for `more` bytes and a NUL.  When there can be none, what comes is dropped. */
static int make_room(struct load_log *log, size_t more)
{
	size_t room = log->room ? log->room : FIRST_ROOM;
	char *text;

	while (room <= log->len + more)
		room *= 2;
	if (room == log->room)
		return 1;
	if (room > room_max)
		return 0;
	text = os_alloc(&os_host, room);
	if (!text)
		return 0;
	if (log->text)
		memcpy(text, log->text, log->len + 1);
	os_free(&os_host, log->text);
	log->text = text;
	log->room = room;
	return 1;
}

void load_vsay(struct load_log *log, const char *fmt, va_list args)
{
	va_list again;
	int n;

	va_copy(again, args);
	n = vsnprintf(NULL, 0, fmt, args);
	if (log && n > 0 && make_room(log, n)) {
		vsnprintf(log->text + log->len, n + 1, fmt, again);
		log->len += n;
	}
	va_end(again);
}

int load_say(struct load_log *log, int err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	load_vsay(log, fmt, args);
	va_end(args);
	return err;
}

void load_log_free(struct load_log *log)
{
	os_free(&os_host, log->text);
	*log = (struct load_log){0};
}
