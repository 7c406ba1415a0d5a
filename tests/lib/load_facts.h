/*
 * Loading the programs that recorded facts speak of, by bpf(2) of an instance that only verifies:
 * it has every map and helper that Linux has, so verdicts do not depend on what skep can run yet.
 */
#ifndef SKEP_TESTS_LIB_LOAD_FACTS_H
#define SKEP_TESTS_LIB_LOAD_FACTS_H

#include "base/abi.h"
#include "base/skep.h"

enum { LOAD_LOG = 1 << 20, LOAD_LINE = 512, LOAD_SHOWN = 10 };

struct load_facts {
	struct skep *skep;
	char log[LOAD_LOG]; /* of the last load */
	u32 matched, differed, out_of_scope;
};

struct load {
	u32 type, attach, flags, log_level, len;
	const struct bpf_insn *insns;
	const char *license; /* NULL: GPL */
};

/* A result that programs of this type may return. */
s32 load_facts_result(u32 type);

/* Types that load by the kernel's own BTF, of which the recording machine forbade some. */
int load_facts_needs_btf(u32 type);

/* 1, or 0 when there is no instance. */
int load_facts_begin(struct load_facts *t);
void load_facts_end(struct load_facts *t);

/* BPF_PROG_LOAD: 0 when it was accepted, or -errno. */
int load_facts_load(struct load_facts *t, const struct load *load);

/* "0", "EINVAL", "ENOTSUPP" ... of 0 or -errno */
const char *load_facts_errno(int err);

/* The last line of the log that is about the program: not figures, not precision's steps. */
const char *load_facts_complaint(const struct load_facts *t, char line[LOAD_LINE]);

/* Count a row; one that differs is shown, with what we say. */
void load_facts_judge(struct load_facts *t, int same, const char *row, const char *here);

/* Print the counts and begin anew: 1 when `least` rows matched and none differed. */
int load_facts_report(struct load_facts *t, const char *what, u32 least);

#endif
