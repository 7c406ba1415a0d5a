/* Two ways to copy from and to a caller in our own address space. */
#include <errno.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/usercopy.h"

enum { NULL_PAGE_END = 0x10000 }; /* Linux's default vm.mmap_min_addr */
#define USER_END 0x7ffffffff000ull

static int plausible(u64 addr, u64 size)
{
	return addr >= NULL_PAGE_END && addr < USER_END && size <= USER_END - addr;
}

static int direct_read(struct skep *skep, void *to, u64 from, u64 size)
{
	(void)skep;
	if (!plausible(from, size))
		return -EFAULT;
	memcpy(to, u64_to_ptr(from), size);
	return 0;
}

static int direct_write(struct skep *skep, u64 to, const void *from, u64 size)
{
	(void)skep;
	if (!plausible(to, size))
		return -EFAULT;
	memcpy(u64_to_ptr(to), from, size);
	return 0;
}

const struct usercopy usercopy_direct = {direct_read, direct_write, 1};

typedef ssize_t (*transfer_fn)(pid_t, const struct iovec *, unsigned long, const struct iovec *,
			       unsigned long, unsigned long);

/* The kernel copies at most 2 GiB a call, and stops early at a bad page. */
static int transfer(transfer_fn fn, void *ours, u64 theirs, u64 size)
{
	u64 done = 0;

	while (done < size) {
		struct iovec local = {(u8 *)ours + done, size - done};
		struct iovec remote = {u64_to_ptr(theirs + done), size - done};
		ssize_t n = fn(getpid(), &local, 1, &remote, 1, 0);

		if (n <= 0)
			return -EFAULT;
		done += (u64)n;
	}
	return 0;
}

static int checked_read(struct skep *skep, void *to, u64 from, u64 size)
{
	(void)skep;
	return transfer(process_vm_readv, to, from, size);
}

static int checked_write(struct skep *skep, u64 to, const void *from, u64 size)
{
	(void)skep;
	return transfer(process_vm_writev, (void *)(uintptr_t)from, to, size);
}

const struct usercopy usercopy_checked = {checked_read, checked_write, 256};
