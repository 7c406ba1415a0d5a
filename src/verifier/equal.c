/*
 * Is everything that can happen from `cur` on among what was found safe from `old` on?
 *
 * Sound because: of registers and slots that will be read, old allows at least cur's values;
 * numbers that nothing was decided by (not precise) may differ; ids match one to one.
 */
#include "verifier/walk.h"

enum { NR_IDS = 6 * (STATE_REGS + STATE_SLOTS) };

struct idmap {
	u32 next; /* for those that have none: one that no register has */
	u32 count;
	struct {
		u32 old, cur;
	} pair[NR_IDS];
};

int equal_begin(struct walk *w)
{
	w->idmap = arena_alloc(&w->env->arena, sizeof(*w->idmap));
	return w->idmap != NULL;
}

/* An id here stands for the same id there, always, and the other way round. */
static int ids_match(struct idmap *map, u32 old, u32 cur)
{
	if (!old || !cur)
		return !old && !cur;
	for (u32 i = 0; i < map->count; i++) {
		if (map->pair[i].old == old)
			return map->pair[i].cur == cur;
		if (map->pair[i].cur == cur)
			return 0;
	}
	if (map->count == NR_IDS)
		return 0;
	map->pair[map->count].old = old;
	map->pair[map->count++].cur = cur;
	return 1;
}

/* A number that is linked to nothing is linked to itself: an id of its own. */
static int scalar_ids_match(struct idmap *map, u32 old, u32 cur)
{
	return ids_match(map, old, cur ? cur : ++map->next);
}

static int within(const struct num *old, const struct num *cur)
{
	return old->umin <= cur->umin && old->umax >= cur->umax && old->smin <= cur->smin &&
	       old->smax >= cur->smax && old->umin32 <= cur->umin32 && old->umax32 >= cur->umax32 &&
	       old->smin32 <= cur->smin32 && old->smax32 >= cur->smax32 &&
	       tnum_in(old->var, cur->var);
}

/* All but the ids. */
static int same_value(const struct reg *a, const struct reg *b)
{
	return a->type == b->type &&
	       (a->type == REG_NOTHING || !memcmp(a, b, offsetof(struct reg, id)));
}

static int exact(struct idmap *map, const struct reg *old, const struct reg *cur)
{
	return same_value(old, cur) && ids_match(map, old->id, cur->id) &&
	       ids_match(map, old->ref_id, cur->ref_id);
}

struct compare {
	struct idmap *map;
	enum exactness exact;
	u8 all_precise;
};

static int scalar_safe(const struct compare *c, const struct reg *old, const struct reg *cur,
		       int precise)
{
	if (!precise && !c->all_precise && c->exact == EXACT_NOT)
		return 1;
	if (!within(&old->num, &cur->num))
		return 0;
	/* what was linked to nothing is as safe linked to something */
	if (!old->id)
		return 1;
	if ((old->id & ID_ADD_CONST) != (cur->id & ID_ADD_CONST) ||
	    (old->id & ID_ADD_CONST && old->off != cur->off))
		return 0;
	return scalar_ids_match(c->map, old->id & ~ID_ADD_CONST, cur->id & ~ID_ADD_CONST);
}

static int packet_safe(const struct compare *c, const struct reg *old, const struct reg *cur)
{
	if (old->range < 0 || cur->range < 0) {
		if (old->range != cur->range)
			return 0;
	} else if (old->range > cur->range) {
		return 0;
	}
	return old->off == cur->off && ids_match(c->map, old->id, cur->id) &&
	       within(&old->num, &cur->num);
}

static int region_safe(const struct compare *c, const struct reg *old, const struct reg *cur)
{
	return !memcmp(old, cur, offsetof(struct reg, num)) && within(&old->num, &cur->num) &&
	       ids_match(c->map, old->id, cur->id) && ids_match(c->map, old->ref_id, cur->ref_id);
}

static int reg_safe(const struct compare *c, const struct reg *old, const struct reg *cur,
		    int precise)
{
	if (c->exact == EXACT)
		return exact(c->map, old, cur);
	if (old->type == REG_NOTHING)
		return 1;
	if (old->type != cur->type || old->flags != cur->flags)
		return 0;
	switch (old->type) {
	case REG_SCALAR:
		return scalar_safe(c, old, cur, precise);
	case REG_MAP_KEY:
	case REG_MAP_VALUE:
	case REG_MEM:
	case REG_BUF:
	case REG_TP_BUFFER:
		return region_safe(c, old, cur);
	case REG_PACKET:
	case REG_PACKET_META:
		return packet_safe(c, old, cur);
	case REG_ARENA:
		return 1;
	default:
		return exact(c->map, old, cur);
	}
}

static const struct reg any_number = {
	.type = REG_SCALAR,
	.num = {.var = {0, UINT64_MAX},
		.smin = INT64_MIN,
		.smax = INT64_MAX,
		.umax = UINT64_MAX,
		.smin32 = INT32_MIN,
		.smax32 = INT32_MAX,
		.umax32 = UINT32_MAX},
};

static int is_any_byte(u8 kind)
{
	/* reading what was never written is allowed, Linux's privileged way */
	return kind == SLOT_INVALID || kind == SLOT_MISC;
}

static int is_any_slot(const struct stack_slot *s)
{
	u64 kinds;

	_Static_assert(SLOT_INVALID == 0 && SLOT_MISC == 2, "one bit tells them from the others");
	memcpy(&kinds, s->kind, sizeof(kinds));
	return !(kinds & ~0x0202020202020202ull);
}

/* What a load of the whole slot gives, where that is a number: spilled, or any. */
static const struct reg *whole_number(const struct stack_slot *s)
{
	if (slot_is_scalar(s) && s->kind[0] == SLOT_SPILL)
		return &s->spill->reg;
	return is_any_slot(s) ? &any_number : NULL;
}

/* Byte by byte, and at the last one the register that was spilled. */
static int bytes_safe(const struct compare *c, const struct stack_slot *old,
		      const struct stack_slot *cur, u32 from, int precise)
{
	for (u32 i = from; i < 8; i++) {
		if (is_any_byte(old->kind[i]))
			continue;
		if (old->kind[i] != cur->kind[i])
			return 0;
	}
	if (is_any_byte(old->kind[7]) || old->kind[7] == SLOT_ZERO)
		return 1;
	return old->kind[7] == SLOT_SPILL &&
	       reg_safe(c, &old->spill->reg, &cur->spill->reg, precise);
}

static int slot_safe(const struct compare *c, const struct stack_slot *old,
		     const struct stack_slot *cur, int precise)
{
	const struct reg *was, *is;
	u32 i = 0;

	if (c->exact != EXACT_NOT && memcmp(old->kind, cur->kind, 8))
		return 0;
	if (is_any_slot(old))
		return 1;
	while (is_any_byte(old->kind[i]))
		i++;
	was = whole_number(old);
	is = whole_number(cur);
	if (was && is)
		return reg_safe(c, was, is, precise);
	return bytes_safe(c, old, cur, i, precise);
}

static int slots_safe(const struct compare *c, const struct frame *old, const struct frame *cur)
{
	static const struct stack_slot nothing;

	for (u32 i = 0; i < old->nr_slots; i++) {
		const struct stack_slot *there = &nothing;

		if (i < cur->nr_slots)
			there = &cur->slot[i];
		else if (c->exact != EXACT_NOT)
			return 0;
		if (!slot_safe(c, &old->slot[i], there, (int)(old->precise_slots >> i & 1)))
			return 0;
	}
	return 1;
}

static int frame_safe(const struct compare *c, const struct frame *old, const struct frame *cur,
		      u32 live)
{
	for (; live; live &= live - 1) {
		u32 r = (u32)__builtin_ctz(live);

		if (r < STATE_REGS &&
		    !reg_safe(c, &old->reg[r], &cur->reg[r], old->precise >> r & 1))
			return 0;
	}
	return slots_safe(c, old, cur);
}

static int held_match(struct idmap *map, const struct state *old, const struct state *cur)
{
	if (old->nr_held != cur->nr_held)
		return 0;
	for (u32 i = 0; i < old->nr_held; i++)
		if (old->held[i].kind != cur->held[i].kind ||
		    !ids_match(map, old->held[i].id, cur->held[i].id))
			return 0;
	return 1;
}

int states_equal(struct walk *w, struct state *old, struct state *cur, enum exactness how)
{
	struct compare c = {w->idmap, how, w->watch && w->watch->all_precise};

	if (old->depth != cur->depth)
		return 0;
	c.map->count = 0;
	c.map->next = w->ids;
	if (!held_match(c.map, old, cur))
		return 0;
	for (u32 i = 0; i <= old->depth; i++) {
		const struct frame *a = old->frame[i], *b = cur->frame[i];

		if (a->callsite != b->callsite ||
		    !frame_safe(&c, a, b, w->note[state_frame_pc(old, i)].live))
			return 0;
	}
	return 1;
}
