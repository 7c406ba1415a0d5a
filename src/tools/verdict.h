/* What programs' return values are called, by program type. */
#ifndef SKEP_TOOLS_VERDICT_H
#define SKEP_TOOLS_VERDICT_H

#include <stdbool.h>

#include "base/types.h"
#include "tools/out.h"

struct verdict_names;

/* Counts of return values. */
struct tally {
	const struct verdict_names *names;
	struct tally_row {
		s64 value;
		u64 count;
	} * rows; /* in the order of their appearance */
	u32 nr_rows;
	u64 others; /* beyond TALLY_MAX different values */
};

enum { TALLY_MAX = 256 };

/* 0, or -1: out of memory. */
int tally_create(struct tally *tally, u32 prog_type);
void tally_destroy(struct tally *tally);
void tally_add(struct tally *tally, u32 retval, u32 len);

/* The counts by name, the most frequent first. */
void tally_print(struct tally *tally, struct out *out);

/* How many bytes of a frame of `len` bytes go on after this return value; 0: it is dropped. */
u32 verdict_passes(const struct tally *tally, u32 retval, u32 len);

#endif
