/*
 * State embedding: what the verifier held possible at each instruction, and whether the registers
 * of a checked run lie in it.  A value outside is a bug of the verifier's, whether or not harm came
 * of it this time.
 */
#ifndef SKEP_TESTS_EMBED_H
#define SKEP_TESTS_EMBED_H

#include "interp/interp.h"
#include "verifier/reg.h"
#include "verifier/watch.h"

enum { EMBED_PCS = 1024, EMBED_STATES = 8192 };

struct embed_state {
	struct reg reg[10];
	u32 live;
	u32 depth;
	u32 next; /* of the same pc: its index plus one */
};

struct embed {
	struct verify_watch watch;  /* while a program is loaded */
	struct interp_watch steps;  /* while it runs */
	struct embed_state *states; /* [EMBED_STATES] */
	u32 nr_states, first[EMBED_PCS];
	u8 overflow;             /* more states than there is room for: nothing can be said */
	u64 ctx, data, data_end; /* of the run */
	u64 fp[8];               /* of the frames */
	u32 depth;
	const struct prog *prog;
	u64 steps_checked;
	char violation[512]; /* the first one; empty: none */
};

/* 0 without memory */
int embed_begin(struct embed *e);
void embed_end(struct embed *e);
void embed_forget(struct embed *e); /* another program comes */

/* A program of engine_checked's, run under e->steps. */
u64 embed_run(struct embed *e, void *ctx, struct run *run, const struct prog *prog,
	      prog_entry entry);

#endif
