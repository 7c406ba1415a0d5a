/* Files that libbpf is to see, read and checked before. */
#ifndef SKEP_LOAD_FILE_H
#define SKEP_LOAD_FILE_H

#include "load/load.h"

struct file {
	const char *path;
	u8 *bytes;
	u64 size;
};

/* All of a file; bytes are os_alloc'ed.  0 or -errno, said in log. */
int file_read(const char *path, struct file *file, struct load_log *log);

/*
 * Kernel types for CO-RE, before libbpf reads them: BTF as in /sys/kernel/btf/vmlinux, or a BPF
 * object that has some.  0 or -errno, said in log.
 */
int file_check_types(const char *path, struct load_log *log);

#endif
