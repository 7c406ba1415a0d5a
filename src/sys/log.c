/* Logs of the verifier and of BTF, on their way to the caller. */
#include <errno.h>

#include "sys/internal.h"

enum { LOG_SIZE_MAX = UINT32_MAX >> 2 };

int call_log_begin(struct call *call, struct call_log *out, u32 level, u64 buf, u32 size)
{
	if (!buf != !size || (buf && !level) || level & ~(u32)LOG_MASK || size > LOG_SIZE_MAX)
		return -EINVAL;
	log_init(&out->log, call->skep->os, level, size);
	out->buf = buf;
	return 0;
}

int call_log_end(struct call *call, struct call_log *log, u32 *true_size)
{
	const char *text;
	u32 len;
	int err = log_finish(&log->log, &text, &len);

	*true_size = log->log.level ? (u32)log->log.max : 0;
	if (log->log.level && log->buf && err != -ENOMEM &&
	    user_write(call->skep, log->buf, text, len))
		err = -EFAULT;
	log_free(&log->log);
	return err;
}
