/*
 * Pruning: states are kept at certain points, and a path that comes with a state that one of them
 * covers is not followed again.  When to keep, when to give up on a kept one, and what makes a loop
 * an endless one are Linux's rules, so that as many instructions are processed.
 */
#include <errno.h>

#include "verifier/walk.h"

enum { LONG_WAY = 40 };

int prune_begin(struct walk *w)
{
	w->kept = arena_alloc(&w->env->arena, w->env->len * sizeof(*w->kept));
	return w->kept && equal_begin(w) ? 0 : -ENOMEM;
}

static struct state **bucket(struct walk *w, u32 pc)
{
	return &w->kept[(pc ^ state_top(w->cur)->callsite) % w->env->len];
}

void prune_peak(struct walk *w)
{
	u32 now = w->kept_size + w->evicted_size + w->nr_backedges;

	if (now > w->peak_states)
		w->peak_states = now;
}

int prune_same_calls(const struct state *a, const struct state *b)
{
	if (a->depth != b->depth)
		return 0;
	for (u32 i = a->depth; i > 0; i--)
		if (a->frame[i]->callsite != b->frame[i]->callsite)
			return 0;
	return 1;
}

/* What is not read any more from here on is forgotten, so that more is equal to what is left. */
static void clean_frame(struct walk *w, struct state *s, u32 no)
{
	struct frame *f = s->frame[no];
	u32 live = w->note[state_frame_pc(s, no)].live;
	u64 live_slots;

	for (u32 r = 0; r < REG_FP; r++)
		if (!(live >> r & 1))
			reg_set_nothing(&f->reg[r]);
	live_slots = livestack_alive(w, s, f->no);
	for (u32 i = 0; i < f->nr_slots; i++)
		if (!(live_slots >> i & 1)) {
			slot_drop_spill(&w->pool, &f->slot[i]);
			memset(f->slot[i].kind, SLOT_INVALID, 8);
		}
}

static void clean(struct walk *w, struct state *s)
{
	s->cleaned = 1;
	for (u32 i = 0; i <= s->depth; i++)
		clean_frame(w, s, i);
}

static void clean_all(struct walk *w, struct state *list)
{
	for (struct state *s = list; s; s = s->next)
		if (!s->branches && !s->cleaned && s->pc == w->pc && prune_same_calls(s, w->cur) &&
		    !visits_incomplete(w, s))
			clean(w, s);
}

static int maybe_looping(const struct state *old, const struct state *cur)
{
	if (old->depth != cur->depth)
		return 0;
	for (u32 r = 0; r < STATE_REGS; r++)
		if (!reg_same(&state_top(old)->reg[r], &state_top(cur)->reg[r]))
			return 0;
	return 1;
}

static int endless_loop(struct walk *w, struct state *old)
{
	show_source(w, w->pc, "; ");
	reject(w->env, -EINVAL, "infinite loop detected at insn %u", w->pc);
	log_printf(w->env->log, "cur state:");
	show_state(w, w->cur, w->cur->depth, 1);
	log_printf(w->env->log, "old state:");
	show_state(w, old, w->cur->depth, 1);
	return -EINVAL;
}

enum met { MET_MISS, MET_HIT, MET_LOOP };

/* A state on the way to here: 1 round of a loop before.  Or -EINVAL: nothing changes in it. */
static int meet_ancestor(struct walk *w, struct state *s)
{
	int may_goto = w->note[w->pc].op == ISA_MAY_GOTO;

	if (may_goto && s->may_goto_depth != w->cur->may_goto_depth &&
	    states_equal(w, s, w->cur, EXACT_RANGE))
		return MET_LOOP;
	if (maybe_looping(s, w->cur) && states_equal(w, s, w->cur, EXACT) &&
	    s->may_goto_depth == w->cur->may_goto_depth &&
	    s->callback_depth == w->cur->callback_depth)
		return endless_loop(w, s);
	return MET_MISS;
}

static int meet(struct walk *w, struct state *s)
{
	int incomplete;

	if (s->branches)
		return meet_ancestor(w, s);
	incomplete = visits_incomplete(w, s);
	if (!states_equal(w, s, w->cur, incomplete ? EXACT_RANGE : EXACT_NOT))
		return MET_MISS;
	return incomplete ? MET_LOOP : MET_HIT;
}

static int remember_backedge(struct walk *w, struct state *s)
{
	struct state *copy = pool_alloc(&w->pool, sizeof(*copy));
	int err;

	if (!copy)
		return -ENOMEM;
	memset(copy, 0, sizeof(*copy));
	err = state_copy(&w->pool, copy, w->cur);
	if (err)
		return err;
	copy->equal = s;
	copy->pc = w->pc;
	return visits_add_backedge(w, s, copy);
}

static int hit(struct walk *w, struct state *s, int loop)
{
	u8 changed = 0;
	int err = 0;

	s->hits++;
	if (w->note[w->pc].points & POINT_JUMP)
		err = walk_record(w, 0, 0);
	if (!err)
		err = propagate_precision(w, s, w->cur, &changed);
	if (!err && loop)
		err = remember_backedge(w, s);
	return err ? err : 1;
}

/* Nobody can come back to it: sound because no path from it is open and no back edge waits. */
static void free_evicted(struct walk *w, struct state *s)
{
	if (!s->evicted || s->branches || w->nr_backedges)
		return;
	w->evicted_size--;
	state_free(&w->pool, s);
}

/* States that never help cost time: after enough misses they are taken out. */
static int is_useless(struct walk *w, struct state *s)
{
	u32 n = w->note[w->pc].points & POINT_FORCE && s->branches ? 64 : 3;

	return s->misses > s->hits * n + n;
}

struct keeping {
	u8 forced, wanted;
};

static struct keeping shall_keep(struct walk *w)
{
	struct keeping k = {0};

	k.forced = w->always_checkpoint || w->note[w->pc].points & POINT_FORCE ||
		   w->cur->nr_steps > LONG_WAY;
	k.wanted = k.forced ||
		   (w->jumps - w->jumps_at_keep >= 2 && w->env->processed - w->insns_at_keep >= 8);
	return k;
}

/* Through the states of this point.  1: covered. */
static int look_up(struct walk *w, struct state **head, struct keeping *k)
{
	struct state **at = head, *s;
	u32 count = 0;
	int met;

	while ((s = *at)) {
		count++;
		if (s->pc != w->pc) {
			at = &s->next;
			continue;
		}
		met = meet(w, s);
		if (met < 0)
			return met;
		if (met != MET_MISS)
			return hit(w, s, met == MET_LOOP);
		/* in a loop states that are close to each other do not help */
		if (s->branches && !k->forced && w->jumps - w->jumps_at_keep < 20 &&
		    w->env->processed - w->insns_at_keep < 100)
			k->wanted = 0;
		s->misses += k->wanted;
		if (is_useless(w, s)) {
			*at = s->next;
			s->evicted = 1;
			w->kept_size--;
			w->evicted_size++;
			free_evicted(w, s);
			continue;
		}
		at = &s->next;
	}
	if (count > w->max_states)
		w->max_states = count;
	return 0;
}

static int keep(struct walk *w, struct state **head)
{
	struct state *s = pool_alloc(&w->pool, sizeof(*s)), *cur = w->cur;
	int err;

	if (!s)
		return -ENOMEM;
	memset(s, 0, sizeof(*s));
	w->total_states++;
	w->kept_size++;
	prune_peak(w);
	w->jumps_at_keep = w->jumps;
	w->insns_at_keep = w->env->processed;
	err = state_copy(&w->pool, s, cur);
	if (err)
		return err;
	s->pc = w->pc;
	s->kept = 1;
	err = visits_enter(w, s);
	if (err)
		return err;
	cur->parent = s;
	cur->first_pc = w->pc;
	cur->path_depth = s->path_depth + 1;
	cur->nr_steps = 0;
	s->next = *head;
	*head = s;
	return 0;
}

int prune_visit(struct walk *w)
{
	struct state **head = bucket(w, w->pc);
	struct keeping k = shall_keep(w);
	int seen;

	clean_all(w, *head);
	seen = look_up(w, head, &k);
	if (seen || !k.wanted)
		return seen;
	return keep(w, head);
}

int prune_leave(struct walk *w, struct state *s)
{
	int err;

	while (s) {
		struct state *parent = s->parent;

		if (--s->branches)
			break;
		err = visits_exit(w, s);
		if (err)
			return err;
		if (s != w->cur)
			free_evicted(w, s);
		s = parent;
	}
	return 0;
}

/* Numbers that changed since one round ago, and that nothing was decided by, may be anything. */
static void widen(struct reg *r, const struct reg *old, int precise)
{
	if (old->type == REG_SCALAR && r->type == REG_SCALAR && !precise &&
	    memcmp(old, r, offsetof(struct reg, id)))
		reg_set_unknown(r);
}

static int widen_slots(struct walk *w, const struct frame *old, struct frame *f)
{
	for (u32 i = 0; i < old->nr_slots && i < f->nr_slots; i++) {
		struct reg *r;

		if (!slot_is_scalar(&old->slot[i]) || !slot_is_scalar(&f->slot[i]))
			continue;
		r = slot_spill_mut(&w->pool, &f->slot[i]);
		if (!r)
			return -ENOMEM;
		widen(r, &old->slot[i].spill->reg, (int)(old->precise_slots >> i & 1));
	}
	return 0;
}

int prune_widen(struct walk *w, const struct state *old, struct state *s)
{
	int err = 0;

	for (u32 i = 0; i <= old->depth && !err; i++) {
		const struct frame *was = old->frame[i];
		struct frame *f = s->frame[i];

		for (u32 r = 0; r < STATE_REGS; r++)
			widen(&f->reg[r], &was->reg[r], was->precise >> r & 1);
		err = widen_slots(w, was, f);
	}
	return err;
}

void prune_forget(struct walk *w)
{
	for (u32 i = 0; i < w->env->len; i++) {
		while (w->kept[i]) {
			struct state *s = w->kept[i];

			w->kept[i] = s->next;
			state_free(&w->pool, s);
		}
	}
	visits_forget(w);
	/* the figures go on: Linux's peak counts what earlier functions left */
}
