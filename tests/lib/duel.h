/* The programs of risky.h, loaded and run: by an instance of ours, or (skep NULL) by Linux. */
#ifndef SKEP_TESTS_DUEL_H
#define SKEP_TESTS_DUEL_H

#include "base/skep.h"
#include "tests/lib/risky.h"

enum { DUEL_FRAME = 14, DUEL_PACKET = 64, DUEL_ROOM = 512 };

struct duel_side {
	struct skep *skep;
	int map[RISKY_MAPS]; /* fds */
};

/* What a run leaves. */
struct duel_outcome {
	s32 err;
	u32 retval, len;
	u8 data[DUEL_ROOM];
	u8 array[4 * RISKY_VALUE], input[RISKY_VALUE], hash[RISKY_KEYS * RISKY_VALUE];
};

/* 0 when a map could not be made. */
int duel_begin(struct duel_side *side, struct skep *skep);
void duel_end(struct duel_side *side);

/* An fd or -errno; log may be NULL. */
int duel_load(struct duel_side *side, const struct risky *program, char *log, u32 log_size);
void duel_unload(struct duel_side *side, int fd);

/* Run it on what is made from the seed: packet, context, maps. */
void duel_run(struct duel_side *side, const struct risky *program, int fd, u64 seed,
	      struct duel_outcome *out);

/* NULL, or in which member they differ. */
const char *duel_difference(const struct duel_outcome *a, const struct duel_outcome *b);

#endif
