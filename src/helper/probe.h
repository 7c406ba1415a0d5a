/* Reads from addresses that may be anything: never a fault, whatever is or is not there. */
#ifndef SKEP_HELPER_PROBE_H
#define SKEP_HELPER_PROBE_H

#include "base/types.h"

/* 0, or -EFAULT when not all of it can be read; then nothing is promised about `to`. */
int probe_read(void *to, u64 from, u64 size);
/* As kernel reads are: -ERANGE at once for what is no address of a kernel. */
int probe_read_kernel(void *to, u64 from, u64 size);

/*
 * A string, cut to `size` bytes with its NUL.  Returns the bytes stored, NUL included (0 for size
 * 0), or -EFAULT.
 */
long probe_read_str(char *to, u64 from, u64 size);
long probe_read_kernel_str(char *to, u64 from, u64 size);

#endif
