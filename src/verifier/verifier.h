/*
 * From what was loaded to what engines run.  One verb; the pipeline in verifier.c reads like its
 * table of contents.
 */
#ifndef SKEP_VERIFIER_VERIFIER_H
#define SKEP_VERIFIER_VERIFIER_H

#include "base/log.h"
#include "prog/prog.h"
#include "progtype/progtype.h"

/*
 * BPF_PROG_LOAD's attr, and how the verifier reaches what fds and addresses in it mean: sys/ fills
 * it.  The verifier itself reads fd_array, func_info, line_info and core_relos, because Linux reports
 * their errors between those of the instructions.
 */
struct verifier_input {
	const union bpf_attr *attr; /* a copy of the caller's, zero past what the caller gave */
	void *cookie;
	/* a strong reference, or -errno (EBADF, EINVAL) */
	int (*map)(void *cookie, int fd, struct map **out);
	int (*btf)(void *cookie, int fd, struct btf **out);
	/* size bytes of the caller's memory at addr: 0 or -EFAULT */
	int (*read)(void *cookie, void *dst, u64 addr, u32 size);
};

/*
 * prog comes with orig_insns, type, attach type, flags, gpl, btf (attr's prog_btf_fd) and name set.
 * On success it has insns, facts, subprogs, maps, func_info and line_info; on failure it is as it was
 * and `log` says why, in Linux's words.  0 or -errno (EINVAL, EACCES, E2BIG, ...; -ENOTSUPP for what
 * skep does not do yet).  The caller finishes the log.
 */
int verifier_check(struct prog *prog, const struct verifier_input *in, struct log *log);

#endif
