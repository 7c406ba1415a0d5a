/*
 * The caller's memory.  bpf()'s attr holds addresses in it, which may be anything; all reading and
 * writing of it goes through here and says -EFAULT where Linux would.
 */
#ifndef SKEP_BASE_USERCOPY_H
#define SKEP_BASE_USERCOPY_H

#include "base/skep.h"

/* 0 or -EFAULT; what was copied before a fault stays copied, as in Linux */
struct usercopy {
	int (*read)(struct skep *skep, void *to, u64 from, u64 size);
	int (*write)(struct skep *skep, u64 to, const void *from, u64 size);
	u32 piece; /* strings are read in pieces of this size: a power of two, no page */
};

/*
 * For a host that calls us in its own address space and can be believed: plain copies, at the price
 * of a crash when it passes an address that looks good and is not.  The null page and addresses
 * that no process has are refused.
 */
extern const struct usercopy usercopy_direct;

/* The same address space, every address checked by the kernel (process_vm_readv): tools, tests. */
extern const struct usercopy usercopy_checked;

static inline int user_read(struct skep *skep, void *to, u64 from, u64 size)
{
	return size ? skep->usercopy->read(skep, to, from, size) : 0;
}

static inline int user_write(struct skep *skep, u64 to, const void *from, u64 size)
{
	return size ? skep->usercopy->write(skep, to, from, size) : 0;
}

#endif
