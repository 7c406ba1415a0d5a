/*
 * States: what is known of all frames at one instruction.
 *
 * The current state is changed by each instruction; copies of it are kept where the walk may come
 *by again (prune.c) or has to go on later (branch.c).  Kept states are never changed but for their
 * precision marks and for what liveness takes away.
 *
 * Stack slots are 8 bytes with a kind each; a register that was spilled there hangs off the slot,
 * shared by all states that hold the same one (copy on write: slot_spill_mut).
 *
 *	slot 0: kind[7] .. kind[0]  =  fp-8 .. fp-1
 */
#ifndef SKEP_VERIFIER_STATE_H
#define SKEP_VERIFIER_STATE_H

#include "verifier/pool.h"
#include "verifier/reg.h"

enum {
	STATE_FRAMES = 8,
	STATE_REGS = 11,
	STATE_SLOTS = 64, /* 512 bytes */
	REG_FP = 10,
	MAX_LINKED = 6,
};

enum slot_kind { SLOT_INVALID, SLOT_SPILL, SLOT_MISC, SLOT_ZERO, SLOT_DYNPTR, SLOT_ITER, SLOT_IRQ };

struct chain;

struct spill {
	u32 refs;
	struct reg reg;
};

struct stack_slot {
	u8 kind[8];
	struct spill *spill; /* set while kind[7] is SPILL (later: DYNPTR, ITER) */
};

struct frame {
	struct reg reg[STATE_REGS];
	u32 callsite; /* pc of the call; of frame 0 it is 0 */
	u16 subprog;
	u8 no;          /* 0: main */
	u8 in_callback; /* second half: callbacks */
	u16 precise;    /* registers that have to be exact: of kept states */
	u8 nr_slots;    /* reached so far, Linux's allocated_stack / 8 */
	u8 cap_slots;
	u64 precise_slots;
	struct stack_slot *slot;
	struct chain *chain; /* of calls, this one the last: livestack.c */
};

/* References, and later locks, irq flags: what has to be given back. */
enum held_kind { HELD_REF = 1 };
struct held {
	u32 kind, id, pc;
};

/* One step of the way since the state's parent that was not to the next instruction, or that
 * precision has to know more of. */
struct step {
	u32 pc, prev_pc;
	u32 flags;  /* STEP_ below */
	u64 linked; /* registers and slots that shared an id with the condition's: LINKED_ */
};
enum {
	STEP_SPI = 0xff,             /* the slot of an access through a register */
	STEP_FRAME_SHIFT = 8,        /* and its frame: 4 bits */
	STEP_STACK_ACCESS = 1 << 12, /* the two above mean something */
	STEP_DST_STACK = 1 << 13,    /* a comparison of stack pointers: no number there */
	STEP_SRC_STACK = 1 << 14,
};

struct state {
	struct frame *frame[STATE_FRAMES];
	u32 depth; /* of the running frame */
	u32 pc;    /* where it was kept */
	struct state *parent;
	struct state *equal; /* of a back edge's copy: what it was equal to */
	u32 branches;        /* paths from here that are not finished */
	u32 first_pc, last_pc;
	struct step *steps;
	u32 nr_steps, cap_steps;
	struct held *held;
	u32 nr_held, cap_held;
	u32 path_depth, callback_depth, may_goto_depth;
	/* kept ones */
	struct state *next; /* of the same bucket, or of the back edges */
	u32 hits, misses;
	u8 cleaned, evicted, kept;
};

static inline struct frame *state_top(const struct state *s)
{
	return s->frame[s->depth];
}

/* An empty state with one frame; NULL without memory. */
struct state *state_create(struct pool *pool);
void state_free(struct pool *pool, struct state *s);
void state_free_parts(struct pool *pool, struct state *s); /* all but the struct itself */

/* *to becomes a copy of *from (the way so far too).  to is all zero or a state.  0 or -ENOMEM. */
int state_copy(struct pool *pool, struct state *to, const struct state *from);

/* A function's frame at its entry: nothing but r10. */
void frame_init(struct frame *f, u32 callsite, u32 sub);

/* A frame more on top, all its registers unwritten; and the topmost away. */
struct frame *state_push_frame(struct pool *pool, struct state *s);
void state_pop_frame(struct pool *pool, struct state *s);

/* Slots [0, n) are there.  0 or -ENOMEM. */
int frame_grow(struct pool *pool, struct frame *f, u32 n);

static inline int slot_is_spill(const struct stack_slot *s)
{
	return s->kind[7] == SLOT_SPILL;
}

/* The register of a spill, NULL when the slot holds none. */
static inline const struct reg *slot_reg(const struct stack_slot *s)
{
	return s->spill ? &s->spill->reg : NULL;
}

static inline int slot_is_scalar(const struct stack_slot *s)
{
	return slot_is_spill(s) && s->spill->reg.type == REG_SCALAR;
}

/* The same, the slot's own: may be changed.  NULL without memory. */
struct reg *slot_spill_mut(struct pool *pool, struct stack_slot *s);
/* The slot holds that register; kinds are the caller's. 0 or -ENOMEM. */
int slot_set_spill(struct pool *pool, struct stack_slot *s, const struct reg *reg);
void slot_drop_spill(struct pool *pool, struct stack_slot *s);

/* All registers of all frames, spilled ones too: those that `match` are changed.  0 or -ENOMEM */
struct reg_change {
	int (*match)(const struct reg *r, const void *cookie);
	void (*change)(struct reg *r, const void *cookie);
	const void *cookie;
};
int state_change_regs(struct pool *pool, struct state *s, const struct reg_change *c);

/* 0 or -ENOMEM */
int state_add_step(struct pool *pool, struct state *s, const struct step *step);
int state_hold(struct pool *pool, struct state *s, u32 id, u32 pc);
/* 0, or -EINVAL: nothing of that id is held. */
int state_release(struct state *s, u32 id);
int state_holds(const struct state *s, u32 id);

/* The pc of a frame: the state's, or that of its call. */
static inline u32 state_frame_pc(const struct state *s, u32 i)
{
	return i == s->depth ? s->pc : s->frame[i + 1]->callsite;
}

#endif
