/*
 * Which registers and slots have to be exact, while the way is walked back: a set a frame.
 */
#ifndef SKEP_VERIFIER_PRECISE_H
#define SKEP_VERIFIER_PRECISE_H

#include "base/types.h"

struct walk;
struct bpf_insn;
struct step;

struct precise {
	u32 frame;
	u32 regs[8];
	u64 slots[8];
};

static inline void precise_clear(struct precise *p)
{
	memset(p, 0, sizeof(*p));
}

static inline int precise_is_empty(const struct precise *p)
{
	u64 any = 0;

	for (u32 i = 0; i <= p->frame; i++)
		any |= p->regs[i] | p->slots[i];
	return !any;
}

static inline int precise_has(const struct precise *p, u32 reg)
{
	return p->regs[p->frame] >> reg & 1;
}

static inline void precise_add(struct precise *p, u32 reg)
{
	p->regs[p->frame] |= 1u << reg;
}

static inline void precise_drop(struct precise *p, u32 reg)
{
	p->regs[p->frame] &= ~(1u << reg);
}

/* backtrack.c: what had to be exact before the instruction at pc, of what has to be after it.
 * 0, -ENOTSUPP (walk on with everything exact), -EFAULT (a bug of ours). */
int backtrack(struct walk *w, struct precise *p, u32 pc, u32 after, const struct step *step);

#endif
