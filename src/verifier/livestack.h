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
	struct chain *now;                /* of the current state, or NULL */
	struct chain *query[LIVE_FRAMES]; /* by frame, of the state asked about */
	u32 query_depth, query_pc;
	u64 written[LIVE_FRAMES]; /* by the instruction at hand */
	struct chain *writer;
	u32 pc;
};

void livestack_begin_insn(struct walk *w, u32 pc);
int livestack_end_insn(struct walk *w);
void livestack_moved(struct walk *w); /* the current state's frames are others now */
int livestack_read(struct walk *w, u32 frame, u32 pc, u64 slots);
void livestack_written(struct walk *w, u32 frame, u64 slots);
int livestack_spread(struct walk *w); /* a path ended */

void livestack_ask(struct walk *w, const struct state *s);
int livestack_alive(struct walk *w, u32 frame, u32 slot);

#endif
