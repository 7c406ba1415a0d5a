/*
 * libskep-bpf has libbpf's names.  Beside another libbpf in the same process, calls would land now
 * here, now in the kernel: it refuses to be loaded then.  Not part of libskep.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <unistd.h>

static const char why[] =
	"libskep-bpf: another libbpf is in this process; link with one of the two alone\n";

/* Is the address, if there is one, in this library?  (One's own symbol's address may not be.) */
static int is_ours(const void *address)
{
	Dl_info theirs, ours;

	return !address || !dladdr(address, &theirs) || !dladdr(why, &ours) ||
	       theirs.dli_fbase == ours.dli_fbase;
}

/* By the program's handle, since RTLD_DEFAULT begins with ourselves: we are linked -Bsymbolic. */
__attribute__((constructor)) static void refuse_another_libbpf(void)
{
	void *program = dlopen(NULL, RTLD_LAZY);

	if ((!program || is_ours(dlsym(program, "libbpf_version_string"))) &&
	    !dlsym(RTLD_NEXT, "libbpf_version_string"))
		return;
	fputs(why, stderr);
	_exit(127);
}
