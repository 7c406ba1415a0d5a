/*
 * libskep-bpf has libbpf's names.  Beside another libbpf in the same process, calls would land now
 * here, now in the kernel: it refuses to be loaded then.  Not part of libskep.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <unistd.h>

#include <bpf/libbpf.h>

__attribute__((constructor)) static void refuse_another_libbpf(void)
{
	static const char why[] =
		"libskep-bpf: another libbpf is in this process; link with one of "
		"the two alone\n";
	void *first = dlsym(RTLD_DEFAULT, "libbpf_version_string");
	void *next = dlsym(RTLD_NEXT, "libbpf_version_string");

	if (!next && (!first || first == (void *)libbpf_version_string))
		return;
	fputs(why, stderr);
	_exit(127);
}
