/* Checking programs in tests: an instance without bpf(), whose fds are indices into a table. */
#ifndef SKEP_TESTS_VERIFY_H
#define SKEP_TESTS_VERIFY_H

#include "prog/prog.h"

enum { VERIFY_FDS = 100, VERIFY_LOG = 1 << 16 };

struct verify {
	struct skep *skep;
	char log[VERIFY_LOG]; /* of the last check, as a caller would get it */
};

/* What is loaded, and with which attr; all zero but type and insns will do. */
struct verify_load {
	u32 type, attach, flags, log_level;
	const struct bpf_insn *insns;
	u32 len;
	int proprietary;
	const union bpf_attr *attr;
};

/* 0 when there is no memory.  Maps may be NULL; the instance keeps their references. */
int verify_begin(struct verify *v);
void verify_end(struct verify *v);

/* The fd of an object from now on; the instance drops the reference in verify_end. */
int verify_fd(struct verify *v, struct obj *obj);

/* An array, hash, ... map with 4-byte keys, by fd; -errno. */
int verify_map(struct verify *v, u32 type, u32 key_size, u32 value_size, u32 max_entries);

/* verifier_check: 0 and *prog (the caller's to put; may be NULL), or -errno.  v->log holds the log.
 */
int verify_check(struct verify *v, const struct verify_load *load, struct prog **prog);

/* The last line of v->log before the figures, in `line`. */
const char *verify_complaint(const struct verify *v, char line[500]);

#endif
