/*
 * Linked registers: copies of one number share an id, and what a condition tells of one holds of
 * all.  A step remembers which they were, because precision goes the same way back.
 */
#include <errno.h>

#include "verifier/walk.h"

enum { LINK_COUNT_BITS = 4, LINK_BITS = 10 };

void links_assign(struct walk *w, struct reg *r)
{
	if (r->type != REG_SCALAR)
		return;
	/* one distance is all that a link can have */
	if (r->id & ID_ADD_CONST)
		reg_unlink(r);
	if (!r->id && !num_is_const(&r->num))
		r->id = ++w->ids;
}

u32 links_count(u64 linked)
{
	return (u32)(linked & ((1u << LINK_COUNT_BITS) - 1));
}

struct link links_get(u64 linked, u32 i)
{
	u32 bits = (u32)(linked >> (LINK_COUNT_BITS + LINK_BITS * i));

	return (struct link){bits & 7, bits >> 9 & 1, bits >> 3 & 63};
}

/* 1: there was room. */
static int add(u64 *linked, struct link l)
{
	u32 n = links_count(*linked);
	u64 bits = (u64)l.frame | (u64)l.at << 3 | (u64)l.is_reg << 9;

	if (n == MAX_LINKED)
		return 0;
	*linked += 1 | bits << (LINK_COUNT_BITS + LINK_BITS * n);
	return 1;
}

static int is_linked(const struct reg *r, u32 id)
{
	return r->type == REG_SCALAR && (r->id & ~ID_ADD_CONST) == id;
}

void links_collect(struct walk *w, struct state *s, u32 id, u64 *linked)
{
	id &= ~ID_ADD_CONST;
	for (u32 i = s->depth + 1; i--;) {
		struct frame *f = s->frame[i];
		u16 live = w->note[i == s->depth ? w->pc : s->frame[i + 1]->callsite].live;

		/* what is never read again needs to learn nothing, and no precision */
		for (u32 r = 0; r < REG_FP; r++)
			if (live >> r & 1 && is_linked(&f->reg[r], id) &&
			    !add(linked, (struct link){(u8)i, 1, (u8)r}))
				reg_unlink(&f->reg[r]);
		for (u32 j = 0; j < f->nr_slots; j++) {
			struct reg *r;

			if (!slot_is_spill(&f->slot[j]) || !is_linked(&f->slot[j].spill->reg, id) ||
			    add(linked, (struct link){(u8)i, 0, (u8)j}))
				continue;
			/* without room it loses its link; without memory it may not keep it */
			r = slot_spill_mut(&w->pool, &f->slot[j]);
			if (r)
				reg_unlink(r);
		}
	}
}

static void learn(struct reg *r, const struct reg *known)
{
	s32 off = r->off;
	u32 id = r->id, widths = (id | known->id) & ID_ADD_CONST;

	/* distances in 32 and in 64 bits do not add up */
	if (widths == ID_ADD_CONST && (id ^ known->id) & ID_ADD_CONST)
		return;
	if (!widths || r->off == known->off) {
		*r = *known;
		return;
	}
	*r = *known;
	r->off = off;
	r->id = id;
	num_add_const(&r->num, (s64)off - known->off);
	if (widths & ID_ADD_32)
		num_low_only(&r->num);
	num_sync(&r->num);
}

int links_sync(struct walk *w, struct state *s, const struct reg *known, u64 linked)
{
	struct reg copy = *known, *r;

	for (u32 i = 0; i < links_count(linked); i++) {
		struct link l = links_get(linked, i);
		struct frame *f = s->frame[l.frame];

		if (l.is_reg)
			r = &f->reg[l.at];
		else
			r = slot_spill_mut(&w->pool, &f->slot[l.at]);
		if (!r)
			return -ENOMEM;
		if (r == known || !is_linked(r, copy.id & ~ID_ADD_CONST))
			continue;
		learn(r, &copy);
	}
	return 0;
}
