/*
 * From what was loaded to what engines run.  One verb; the pipeline in verifier.c reads like its
 * table of contents.
 */
#ifndef SKEP_VERIFIER_VERIFIER_H
#define SKEP_VERIFIER_VERIFIER_H

#include "base/log.h"
#include "prog/prog.h"
#include "progtype/progtype.h"

/* How the verifier reaches what an fd in an instruction means: sys/ fills it. */
struct verifier_fds {
	void *cookie;
	/* a strong reference, or -errno (EBADF, EINVAL) */
	int (*map)(void *cookie, int fd, struct map **out);
	int (*btf)(void *cookie, int fd, struct btf **out);
	/* the n-th entry of the caller's fd_array: 0 or -EFAULT, -EPROTO when there is none */
	int (*fd_array)(void *cookie, u32 index, int *fd);
};

/*
 * prog comes with orig_insns, type, attach type, flags, gpl, btf and func_info set.  On success it
 * has insns, facts, subprogs and maps; on failure it is as it was and `log` says why, in Linux's
 * words.  0 or -errno (EINVAL, EACCES, E2BIG, ...; -ENOTSUPP for what skep does not do yet).
 */
int verifier_check(struct prog *prog, const struct verifier_fds *fds, struct log *log);

#endif
