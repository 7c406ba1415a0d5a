/*
 * Precision: a number that something was decided by has to be exact in the states it came from, so
 * that only states with the same number are taken to be equal.  The way is walked back from state
 * to parent, over the steps that were recorded, until what made the numbers is found.
 */
#include <errno.h>
#include <stdio.h>

#include "verifier/walk.h"

#define P(...) log_printf(w->env->log, __VA_ARGS__)

static void show_regs(struct walk *w, u32 regs)
{
	const char *sep = "";

	for (u32 i = 0; i < 32; i++)
		if (regs >> i & 1) {
			P("%sr%u", sep, i);
			sep = ",";
		}
}

void show_slots(struct walk *w, u64 slots)
{
	const char *sep = "";

	for (u32 i = 0; i < STATE_SLOTS; i++)
		if (slots >> i & 1) {
			P("%s%d", sep, -8 * (int)(i + 1));
			sep = ",";
		}
}

static void show_sets(struct walk *w, const char *what, u32 frame)
{
	P("mark_precise: frame%u: %sregs=", frame, what);
	show_regs(w, w->precise.regs[frame]);
	P(" stack=");
	show_slots(w, w->precise.slots[frame]);
}

static void force_frame(struct walk *w, struct frame *f, u32 no)
{
	for (u32 r = 0; r < REG_FP; r++) {
		if (f->reg[r].type != REG_SCALAR || f->precise >> r & 1)
			continue;
		f->precise |= (u16)(1u << r);
		if (w->level2)
			P("force_precise: frame%u: forcing r%u to be precise\n", no, r);
	}
	for (u32 j = 0; j < f->nr_slots; j++) {
		if (!slot_is_scalar(&f->slot[j]) || f->precise_slots >> j & 1)
			continue;
		f->precise_slots |= 1ull << j;
		if (w->level2)
			P("force_precise: frame%u: forcing fp%d to be precise\n", no,
			  -8 * (int)(j + 1));
	}
}

/* Everything on this path is exact from now on: where the way back is not understood. */
void precise_all(struct walk *w, struct state *from)
{
	if (w->level2)
		P("mark_precise: frame%u: falling back to forcing all scalars precise\n",
		  from->depth);
	for (struct state *s = from->parent; s; s = s->parent)
		for (u32 i = 0; i <= s->depth; i++)
			force_frame(w, s->frame[i], i);
}

/* Marks in a kept state; what is marked already, or is no number, need not be followed. */
static int mark_frame(struct walk *w, struct frame *f, u32 no)
{
	struct precise *p = &w->precise;
	u8 news = 0;

	for (u32 left = p->regs[no]; left; left &= left - 1) {
		u32 r = (u32)__builtin_ctz(left);

		if (f->reg[r].type != REG_SCALAR || f->precise >> r & 1) {
			p->regs[no] &= ~(1u << r);
			continue;
		}
		f->precise |= (u16)(1u << r);
		news = 1;
	}
	for (u64 left = p->slots[no]; left; left &= left - 1) {
		u32 j = (u32)__builtin_ctzll(left);

		if (j >= f->nr_slots || !slot_is_scalar(&f->slot[j]) || f->precise_slots >> j & 1) {
			p->slots[no] &= ~(1ull << j);
			continue;
		}
		f->precise_slots |= 1ull << j;
		news = 1;
	}
	return news;
}

static int mark_state(struct walk *w, struct state *s)
{
	int news = 0;

	for (u32 i = w->precise.frame + 1; i--;) {
		news |= mark_frame(w, s->frame[i], i);
		if (!w->level2)
			continue;
		show_sets(w, "parent state ", i);
		P(": ");
		show_state(w, s, i, 1);
	}
	return news;
}

/* The instruction before pc on the way to state s; NO_PC: the state begins there. */
static u32 step_back(const struct state *s, u32 pc, u32 *left)
{
	const struct step *last = *left ? &s->steps[*left - 1] : NULL;

	if (pc == s->first_pc && (!last || (*left == 1 && s->steps[0].pc == pc)))
		return NO_PC;
	if (!last || last->pc != pc)
		return pc - 1;
	(*left)--;
	return last->prev_pc;
}

static const struct step *step_at(const struct state *s, u32 left, u32 pc)
{
	return left && s->steps[left - 1].pc == pc ? &s->steps[left - 1] : NULL;
}

static int back_one(struct walk *w, u32 pc, u32 after, const struct step *step)
{
	if (w->env->marks[pc] & MARK_SECOND)
		return 0;
	if (w->level2) {
		show_sets(w, "", w->precise.frame);
		P(" before ");
		log_insn(w->env, pc);
	}
	return backtrack(w, &w->precise, pc, after, step);
}

struct position {
	u32 pc, after;
	u8 skip; /* the instruction at hand itself */
};

/* Through the instructions since s was begun.  1: nothing is left to find. */
static int back_through(struct walk *w, struct state *s, struct position *at)
{
	u32 left = s->nr_steps;
	int err;

	for (;;) {
		err = at->skip ? 0 : back_one(w, at->pc, at->after, step_at(s, left, at->pc));
		at->skip = 0;
		if (err)
			return err;
		if (precise_is_empty(&w->precise))
			return 1;
		at->after = at->pc;
		at->pc = step_back(s, at->pc, &left);
		if (at->pc == NO_PC)
			return 0;
		if (at->pc >= w->env->len)
			return -EFAULT;
	}
}

/* At the entry of a global function its arguments are what they are. */
static int at_entry(struct walk *w, struct state *s, u8 *changed)
{
	struct precise *p = &w->precise;

	if (s->depth || !s->frame[0]->subprog || p->slots[0] || p->regs[0] & ~0x3eu)
		return -EFAULT;
	*changed |= (u8)mark_frame(w, s->frame[0], 0);
	return 0;
}

/* What is left when the way ends was stored in a way that was not seen. */
static int walk_back(struct walk *w, struct state *from, u8 *changed)
{
	struct state *s = from;
	struct position at = {from->pc, NO_PC, 1};
	u32 first = s->first_pc;
	int done;

	for (;;) {
		if (w->level2)
			P("mark_precise: frame%u: last_idx %d first_idx %d subseq_idx %d \n",
			  w->precise.frame, (int)at.pc, (int)first, (int)at.after);
		if (at.pc == NO_PC)
			return at_entry(w, s, changed);
		done = back_through(w, s, &at);
		if (done == -ENOTSUPP)
			break;
		if (done)
			return done < 0 ? done : 0;
		s = s->parent;
		if (!s)
			break;
		*changed |= (u8)mark_state(w, s);
		if (precise_is_empty(&w->precise))
			return 0;
		at.after = first;
		at.pc = s->last_pc;
		first = s->first_pc;
	}
	precise_all(w, from);
	return 0;
}

static int mark_chain(struct walk *w, struct state *from, u8 *changed)
{
	int err = 0;

	w->precise.frame = from->depth;
	if (!precise_is_empty(&w->precise))
		err = walk_back(w, from, changed);
	precise_clear(&w->precise);
	if (err == -EFAULT)
		return reject(w->env, -EFAULT, "skep bug: lost the way back");
	return err;
}

int precise_now(struct walk *w)
{
	u8 changed = 0;

	return mark_chain(w, w->cur, &changed);
}

int precise_reg(struct walk *w, u32 reg)
{
	w->precise.frame = w->cur->depth;
	precise_add(&w->precise, reg);
	return precise_now(w);
}

static void propagate_frame(struct walk *w, const struct frame *f, u32 no)
{
	const char *sep = NULL;

	for (u32 r = 0; r < REG_FP; r++) {
		if (f->reg[r].type != REG_SCALAR || !(f->precise >> r & 1))
			continue;
		if (w->level2 && !sep)
			P("frame %u: propagating r%u", no, r);
		else if (w->level2)
			P(",r%u", r);
		sep = ",";
		w->precise.regs[no] |= 1u << r;
	}
	for (u32 j = 0; j < f->nr_slots; j++) {
		if (!slot_is_scalar(&f->slot[j]) || !(f->precise_slots >> j & 1))
			continue;
		if (w->level2 && !sep)
			P("frame %u: propagating fp%d", no, -8 * (int)(j + 1));
		else if (w->level2)
			P(",fp%d", -8 * (int)(j + 1));
		sep = ",";
		w->precise.slots[no] |= 1ull << j;
	}
	if (sep && w->level2)
		P("\n");
}

/* cur was found equal to old: what has to be exact there had to be here. */
int propagate_precision(struct walk *w, const struct state *old, struct state *cur, u8 *changed)
{
	for (u32 i = old->depth + 1; i--;)
		propagate_frame(w, old->frame[i], i);
	return mark_chain(w, cur, changed);
}
