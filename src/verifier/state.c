/* States: made, copied, grown, freed.  Everything comes from one pool. */
#include "verifier/state.h"

#include <errno.h>

struct state *state_create(struct pool *pool)
{
	struct state *s = pool_alloc(pool, sizeof(*s));

	if (!s)
		return NULL;
	memset(s, 0, sizeof(*s));
	s->frame[0] = pool_alloc(pool, sizeof(struct frame));
	if (!s->frame[0])
		return NULL;
	memset(s->frame[0], 0, sizeof(struct frame));
	s->branches = 1;
	return s;
}

void slot_drop_spill(struct pool *pool, struct stack_slot *s)
{
	if (s->spill && !--s->spill->refs)
		pool_free(pool, s->spill, sizeof(*s->spill));
	s->spill = NULL;
}

int slot_set_spill(struct pool *pool, struct stack_slot *s, const struct reg *reg)
{
	struct spill *spill = s->spill;

	if (!spill || spill->refs > 1) {
		spill = pool_alloc(pool, sizeof(*spill));
		if (!spill)
			return -ENOMEM;
		spill->reg = *reg;
		slot_drop_spill(pool, s);
		spill->refs = 1;
		s->spill = spill;
	} else {
		spill->reg = *reg;
	}
	return 0;
}

struct reg *slot_spill_mut(struct pool *pool, struct stack_slot *s)
{
	struct reg reg;

	if (s->spill->refs > 1) {
		reg = s->spill->reg;
		if (slot_set_spill(pool, s, &reg))
			return NULL;
	}
	return &s->spill->reg;
}

static void free_frame(struct pool *pool, struct frame *f)
{
	for (u32 i = 0; i < f->nr_slots; i++)
		slot_drop_spill(pool, &f->slot[i]);
	pool_free(pool, f->slot, f->cap_slots * sizeof(*f->slot));
	pool_free(pool, f, sizeof(*f));
}

void state_free_parts(struct pool *pool, struct state *s)
{
	for (u32 i = 0; i <= s->depth; i++)
		if (s->frame[i])
			free_frame(pool, s->frame[i]);
	pool_free(pool, s->steps, s->cap_steps * sizeof(*s->steps));
	pool_free(pool, s->held, s->cap_held * sizeof(*s->held));
}

void state_free(struct pool *pool, struct state *s)
{
	state_free_parts(pool, s);
	pool_free(pool, s, sizeof(*s));
}

static u32 capacity_for(u32 n)
{
	u32 cap = 4;

	while (cap < n)
		cap *= 2;
	return cap;
}

int frame_grow(struct pool *pool, struct frame *f, u32 n)
{
	struct stack_slot *slot;
	u32 cap;

	if (n <= f->nr_slots)
		return 0;
	if (n > f->cap_slots) {
		cap = capacity_for(n);
		slot = pool_alloc(pool, cap * sizeof(*slot));
		if (!slot)
			return -ENOMEM;
		if (f->nr_slots)
			memcpy(slot, f->slot, f->nr_slots * sizeof(*slot));
		pool_free(pool, f->slot, f->cap_slots * sizeof(*slot));
		f->slot = slot;
		f->cap_slots = (u8)cap;
	}
	memset(&f->slot[f->nr_slots], 0, (n - f->nr_slots) * sizeof(*slot));
	f->nr_slots = (u8)n;
	return 0;
}

static int copy_slots(struct pool *pool, struct frame *to, const struct frame *from)
{
	to->slot = NULL;
	to->nr_slots = to->cap_slots = 0;
	if (!from->nr_slots)
		return 0;
	to->cap_slots = (u8)capacity_for(from->nr_slots);
	to->slot = pool_alloc(pool, to->cap_slots * sizeof(*to->slot));
	if (!to->slot) {
		to->cap_slots = 0;
		return -ENOMEM;
	}
	memcpy(to->slot, from->slot, from->nr_slots * sizeof(*to->slot));
	to->nr_slots = from->nr_slots;
	for (u32 i = 0; i < to->nr_slots; i++)
		if (to->slot[i].spill)
			to->slot[i].spill->refs++;
	return 0;
}

static struct frame *copy_frame(struct pool *pool, const struct frame *from)
{
	struct frame *f = pool_alloc(pool, sizeof(*f));

	if (!f)
		return NULL;
	*f = *from;
	if (copy_slots(pool, f, from)) {
		pool_free(pool, f, sizeof(*f));
		return NULL;
	}
	return f;
}

static int copy_arrays(struct pool *pool, struct state *to, const struct state *from)
{
	to->steps = NULL;
	to->held = NULL;
	to->cap_steps = to->cap_held = 0;
	if (from->nr_steps) {
		to->cap_steps = capacity_for(from->nr_steps);
		to->steps = pool_alloc(pool, to->cap_steps * sizeof(*to->steps));
		if (!to->steps)
			return -ENOMEM;
		memcpy(to->steps, from->steps, from->nr_steps * sizeof(*to->steps));
	}
	if (from->nr_held) {
		to->cap_held = capacity_for(from->nr_held);
		to->held = pool_alloc(pool, to->cap_held * sizeof(*to->held));
		if (!to->held)
			return -ENOMEM;
		memcpy(to->held, from->held, from->nr_held * sizeof(*to->held));
	}
	return 0;
}

int state_copy(struct pool *pool, struct state *to, const struct state *from)
{
	if (to->frame[0])
		state_free_parts(pool, to);
	*to = *from;
	memset(to->frame, 0, sizeof(to->frame));
	for (u32 i = 0; i <= from->depth; i++) {
		to->frame[i] = copy_frame(pool, from->frame[i]);
		if (!to->frame[i])
			return -ENOMEM;
	}
	return copy_arrays(pool, to, from);
}

void frame_init(struct frame *f, u32 callsite, u32 sub)
{
	for (u32 i = 0; i < STATE_REGS; i++)
		reg_set_nothing(&f->reg[i]);
	reg_set_pointer(&f->reg[REG_FP], REG_STACK);
	f->reg[REG_FP].frame = f->no;
	f->callsite = callsite;
	f->subprog = (u16)sub;
}

struct frame *state_push_frame(struct pool *pool, struct state *s)
{
	struct frame *f = pool_alloc(pool, sizeof(*f));

	if (!f)
		return NULL;
	memset(f, 0, sizeof(*f));
	f->no = (u8)++s->depth;
	s->frame[s->depth] = f;
	return f;
}

void state_pop_frame(struct pool *pool, struct state *s)
{
	free_frame(pool, s->frame[s->depth]);
	s->frame[s->depth--] = NULL;
}

static int change_slots(struct pool *pool, struct frame *f, const struct reg_change *c)
{
	struct reg *r;

	for (u32 i = 0; i < f->nr_slots; i++) {
		if (!slot_is_spill(&f->slot[i]) || !c->match(&f->slot[i].spill->reg, c->cookie))
			continue;
		r = slot_spill_mut(pool, &f->slot[i]);
		if (!r)
			return -ENOMEM;
		c->change(r, c->cookie);
	}
	return 0;
}

int state_change_regs(struct pool *pool, struct state *s, const struct reg_change *c)
{
	int err = 0;

	for (u32 i = 0; i <= s->depth && !err; i++) {
		struct frame *f = s->frame[i];

		for (u32 r = 0; r < STATE_REGS; r++)
			if (c->match(&f->reg[r], c->cookie))
				c->change(&f->reg[r], c->cookie);
		err = change_slots(pool, f, c);
	}
	return err;
}

int state_add_step(struct pool *pool, struct state *s, const struct step *step)
{
	if (s->nr_steps == s->cap_steps) {
		u32 cap = capacity_for(s->nr_steps + 1);
		struct step *steps = pool_alloc(pool, cap * sizeof(*steps));

		if (!steps)
			return -ENOMEM;
		if (s->nr_steps)
			memcpy(steps, s->steps, s->nr_steps * sizeof(*steps));
		pool_free(pool, s->steps, s->cap_steps * sizeof(*steps));
		s->steps = steps;
		s->cap_steps = cap;
	}
	s->steps[s->nr_steps++] = *step;
	return 0;
}

int state_hold(struct pool *pool, struct state *s, u32 id, u32 pc)
{
	if (s->nr_held == s->cap_held) {
		u32 cap = capacity_for(s->nr_held + 1);
		struct held *held = pool_alloc(pool, cap * sizeof(*held));

		if (!held)
			return -ENOMEM;
		if (s->nr_held)
			memcpy(held, s->held, s->nr_held * sizeof(*held));
		pool_free(pool, s->held, s->cap_held * sizeof(*held));
		s->held = held;
		s->cap_held = cap;
	}
	s->held[s->nr_held++] = (struct held){HELD_REF, id, pc};
	return 0;
}

int state_release(struct state *s, u32 id)
{
	for (u32 i = 0; i < s->nr_held; i++)
		if (s->held[i].kind == HELD_REF && s->held[i].id == id) {
			memmove(&s->held[i], &s->held[i + 1],
				(--s->nr_held - i) * sizeof(*s->held));
			return 0;
		}
	return -EINVAL;
}

int state_holds(const struct state *s, u32 id)
{
	for (u32 i = 0; i < s->nr_held; i++)
		if (s->held[i].id == id)
			return 1;
	return 0;
}
