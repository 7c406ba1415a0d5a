/*
 * The one formatting engine behind bpf_trace_printk, bpf_trace_vprintk and bpf_snprintf: Linux's
 * subset of printf, in two steps as there, so that a bad format writes nothing.
 */
#ifndef SKEP_HELPER_FORMAT_H
#define SKEP_HELPER_FORMAT_H

#include "base/types.h"

#define FORMAT_MAX_ARGS 12   /* MAX_BPRINTF_VARARGS */
#define FORMAT_ARG_BYTES 512 /* MAX_BPRINTF_BIN_ARGS: all arguments, copied strings among them */

struct format_spec {
	char kind; /* d u x X c s, p (hashed), P (plain), S (symbol), t (made beforehand) */
	u8 left, zero, plus, space;
	u32 width;
	u64 value;        /* of numbers and pointers */
	const char *text; /* of s and t: in `bytes` */
	u32 start, end;   /* its place in fmt */
};

struct format {
	const char *fmt;
	u32 count;
	struct format_spec spec[FORMAT_MAX_ARGS];
	char bytes[FORMAT_ARG_BYTES];
};

/*
 * Read the format (at most `size` bytes with its NUL) and fetch what it points to; unreadable
 * strings read as "".  0, -EINVAL (not a format of n arguments), -ENOSPC (strings too long).
 */
int format_prepare(struct format *f, const char *fmt, u32 size, const u64 *args, u32 n);

/* Is this a format of n arguments?  What the verifier asks about bpf_snprintf's.  0 or -EINVAL. */
int format_check(const char *fmt, u32 size, u32 n);

/*
 * The text into buf, cut to size - 1 characters and a NUL; returns its whole length.  The key is
 * that of hashed pointers.
 */
u32 format_print(const struct format *f, const u64 key[2], char *buf, u32 size);

#endif
