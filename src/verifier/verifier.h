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
 * prog comes with orig_insns, type, attach type, flags, gpl, btf (attr's prog_btf_fd) and name set.
 * attr is BPF_PROG_LOAD's, copied, zero past what the caller gave: fd_array, func_info, line_info
 * and core_relos are read here, because Linux reports their errors between those of the
 * instructions.  Where a record was refused for more than ours has, its size in attr is set to
 * ours, as Linux tells its callers. On success prog has insns, facts, subprogs, maps, func_info and
 * line_info; on failure it is as it was and `log` (may be NULL) says why, in Linux's words.  The
 * caller finishes the log. 0 or -errno (EINVAL, EACCES, E2BIG, ...; -ENOTSUPP for what skep does
 * not do yet).
 */
int verifier_check(struct prog *prog, union bpf_attr *attr, struct log *log);

#endif
