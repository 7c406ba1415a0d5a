/* bpf_probe_read and its family: copies that the kernel checks page by page. */
#include <errno.h>
#include <sys/uio.h>
#include <unistd.h>

#include "helper/internal.h"
#include "helper/probe.h"

int probe_read(void *to, u64 from, u64 size)
{
	struct iovec local = {to, size}, remote = {u64_to_ptr(from), size};

	if (!size)
		return 0;
	return process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == (ssize_t)size ? 0 : -EFAULT;
}

/* Bytes from `from` on that lie in one page, at most `most`. */
static u64 page_rest(u64 from, u64 most)
{
	u64 rest = 4096 - (from & 4095);

	return rest < most ? rest : most;
}

long probe_read_str(char *to, u64 from, u64 size)
{
	u64 done = 0;

	if (!size)
		return 0;
	while (done < size) {
		u64 n = page_rest(from + done, size - done);
		if (probe_read(to + done, from + done, n))
			return -EFAULT;
		const char *nul = memchr(to + done, 0, n);
		if (nul)
			return nul - to + 1;
		done += n;
	}
	to[size - 1] = 0;
	return (long)size;
}

/* The null page and what is no address at all: Linux's kernel reads do not even try. */
static int no_kernel_address(u64 addr)
{
	return addr < 4096 || addr >> 47;
}

int probe_read_kernel(void *to, u64 from, u64 size)
{
	return no_kernel_address(from) ? -ERANGE : probe_read(to, from, size);
}

long probe_read_kernel_str(char *to, u64 from, u64 size)
{
	return size && no_kernel_address(from) ? -ERANGE : probe_read_str(to, from, size);
}

/* A read that fails leaves zeros behind, so that nothing uninitialised reaches the program. */
static u64 or_clear(u64 to, u32 size, long got)
{
	if (got < 0)
		memset(u64_to_ptr(to), 0, size);
	return (u64)got;
}

/* Programs and what they look at share one address space: user and kernel reads are the same. */
HELPER_FN(helper_probe_read)
{
	return or_clear(r1, (u32)r2, probe_read(u64_to_ptr(r1), r3, (u32)r2));
}

HELPER_FN(helper_probe_read_str)
{
	return or_clear(r1, (u32)r2, probe_read_str(u64_to_ptr(r1), r3, (u32)r2));
}

/* But for what cannot be one of the kernel's. */
HELPER_FN(helper_probe_read_kernel)
{
	return or_clear(r1, (u32)r2, probe_read_kernel(u64_to_ptr(r1), r3, (u32)r2));
}

HELPER_FN(helper_probe_read_kernel_str)
{
	return or_clear(r1, (u32)r2, probe_read_kernel_str(u64_to_ptr(r1), r3, (u32)r2));
}
