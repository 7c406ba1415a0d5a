/*
 * Which stack slots are read later: by instruction, whatever the path, but one answer a chain of
 * calls.  The walk reports reads and full writes as it meets them; each finished path spreads them.
 */
#ifndef SKEP_VERIFIER_LIVESTACK_H
#define SKEP_VERIFIER_LIVESTACK_H

#include "base/types.h"

struct walk;
struct state;
struct chain;

enum { LIVE_BUCKETS = 64, LIVE_FRAMES = 8 };

struct livestack {
	struct chain *chains[LIVE_BUCKETS];
	u64 written[LIVE_FRAMES]; /* by the instruction at hand */
	struct chain *writer;
	u32 pc;
};

void livestack_begin_insn(struct walk *w, u32 pc);
int livestack_end_insn(struct walk *w);
int livestack_enter(struct walk *w); /* a frame was pushed.  0 or -ENOMEM */
int livestack_read(struct walk *w, u32 frame, u32 pc, u64 slots);
void livestack_written(struct walk *w, u32 frame, u64 slots);
int livestack_spread(struct walk *w); /* a path ended */

/* Slots of that frame that are read after state s. */
u64 livestack_alive(const struct walk *w, const struct state *s, u32 frame);

#endif
