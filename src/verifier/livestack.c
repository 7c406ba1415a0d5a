/*
 * Live stack slots.  Each function that runs, with the calls that led to it (a chain), has for each
 * frame it can reach and each of its instructions: which slots the instruction may read, which it
 * surely overwrites, and from these, spread backwards, which are read later.
 */
#include <errno.h>

#include "verifier/walk.h"

struct masks {
	u64 reads, writes;
	u64 writes_after; /* surely overwritten from here on to the end */
	u64 live;         /* read from here on, before they are overwritten */
};

struct chain {
	struct chain *next;
	u32 depth;
	u32 callsite[LIVE_FRAMES];
	u32 start[LIVE_FRAMES]; /* of the function in each frame */
	u32 len, sub;
	u8 updated, lost_write;
	u8 *seen;                         /* by instruction: writes are set */
	u8 *writes;                       /* by instruction: there were some */
	struct masks *masks[LIVE_FRAMES]; /* by frame, by instruction */
};

static u32 bucket_of(const struct chain *c)
{
	u32 hash = c->depth;

	for (u32 i = 0; i <= c->depth; i++)
		hash = hash * 31 + c->callsite[i] * 7 + c->start[i];
	return hash % LIVE_BUCKETS;
}

static int same_chain(const struct chain *a, const struct chain *b)
{
	return a->depth == b->depth &&
	       !memcmp(a->callsite, b->callsite, a->depth * sizeof(*a->callsite)) &&
	       !memcmp(a->start, b->start, (a->depth + 1) * sizeof(*a->start));
}

/* The chain like key, made if it is not there yet; NULL without memory. */
static struct chain *get(struct walk *w, struct chain *key)
{
	struct chain **head = &w->live.chains[bucket_of(key)], *c;

	for (c = *head; c; c = c->next)
		if (same_chain(c, key))
			return c;
	c = arena_alloc(&w->env->arena, sizeof(*c));
	if (!c)
		return NULL;
	*c = *key;
	c->sub = subprog_of(w->env, c->start[c->depth]);
	c->len = w->env->subprogs[c->sub].end - c->start[c->depth];
	c->seen = arena_alloc(&w->env->arena, c->len);
	c->writes = arena_alloc(&w->env->arena, c->len);
	if (!c->seen || !c->writes)
		return NULL;
	c->next = *head;
	*head = c;
	return c;
}

static struct chain key_of(const struct walk *w, const struct state *s, u32 depth)
{
	struct chain key = {.depth = depth};

	for (u32 i = 0; i <= depth; i++) {
		key.start[i] = w->env->subprogs[s->frame[i]->subprog].start;
		if (i < depth)
			key.callsite[i] = s->frame[i + 1]->callsite;
	}
	return key;
}

int livestack_enter(struct walk *w)
{
	struct chain key = key_of(w, w->cur, w->cur->depth);

	state_top(w->cur)->chain = get(w, &key);
	return state_top(w->cur)->chain ? 0 : -ENOMEM;
}

static struct masks *masks_at(struct chain *c, u32 frame, u32 pc)
{
	struct masks *m = c->masks[frame];

	return m ? &m[pc - c->start[c->depth]] : NULL;
}

static struct masks *make_masks(struct walk *w, struct chain *c, u32 frame, u32 pc)
{
	if (!c->masks[frame])
		c->masks[frame] = arena_alloc(&w->env->arena, c->len * sizeof(struct masks));
	return masks_at(c, frame, pc);
}

static int add_reads(struct walk *w, struct chain *c, u32 frame, u32 pc, u64 slots)
{
	struct masks *m;

	if (!slots)
		return 0;
	m = make_masks(w, c, frame, pc);
	if (!m)
		return -ENOMEM;
	if (slots & ~m->reads && (m->reads | slots) & ~m->live)
		c->updated = 1;
	m->reads |= slots;
	return 0;
}

int livestack_read(struct walk *w, u32 frame, u32 pc, u64 slots)
{
	return add_reads(w, state_top(w->cur)->chain, frame, pc, slots);
}

void livestack_written(struct walk *w, u32 frame, u64 slots)
{
	w->live.written[frame] |= slots;
}

void livestack_begin_insn(struct walk *w, u32 pc)
{
	w->live.pc = pc;
	w->live.writer = state_top(w->cur)->chain;
	for (u32 i = 0; i <= w->cur->depth; i++)
		w->live.written[i] = 0;
}

/* An instruction writes what it writes whenever it is reached. */
static int set_writes(struct walk *w, struct chain *c, u32 pc, const u64 written[LIVE_FRAMES])
{
	u32 i = pc - c->start[c->depth];

	for (u32 frame = 0; frame <= c->depth; frame++) {
		struct masks *m = masks_at(c, frame, pc);
		u64 now = written[frame], before = m ? m->writes : 0;

		if (!now && !m)
			continue;
		m = make_masks(w, c, frame, pc);
		if (!m)
			return -ENOMEM;
		if (c->seen[i])
			now &= before;
		if (now != before) {
			m->writes = now;
			c->updated = 1;
		}
		if (before & ~now)
			c->lost_write = 1;
	}
	c->seen[i] = c->writes[i] = 1;
	return 0;
}

int livestack_end_insn(struct walk *w)
{
	struct chain *c = w->live.writer;
	u64 any = 0;

	for (u32 i = 0; i <= c->depth; i++)
		any |= w->live.written[i];
	/* nothing is written, and never was */
	if (!any && !c->writes[w->live.pc - c->start[c->depth]]) {
		c->seen[w->live.pc - c->start[c->depth]] = 1;
		return 0;
	}
	return set_writes(w, c, w->live.pc, w->live.written);
}

static void show_chain(struct walk *w, const struct chain *c)
{
	log_printf(w->env->log, "(");
	for (u32 i = 0; i < c->depth; i++)
		log_printf(w->env->log, "%u,", c->callsite[i]);
	log_printf(w->env->log, "%u)", c->start[c->depth]);
}

struct place {
	struct chain *chain;
	u32 frame, pc;
};

static void show_change(struct walk *w, const struct place *p, const char *what, u64 old, u64 now)
{
	if (old == now)
		return;
	show_chain(w, p->chain);
	log_printf(w->env->log, " frame %u insn %u ", p->frame, p->pc);
	if (now & ~old) {
		log_printf(w->env->log, "+%s ", what);
		show_slots(w, now & ~old);
		log_printf(w->env->log, " ");
	}
	if (old & ~now) {
		log_printf(w->env->log, "-%s ", what);
		show_slots(w, old & ~now);
	}
	log_printf(w->env->log, "\n");
}

static void show_changes(struct walk *w, const struct place *p, const struct masks *m,
			 const struct masks *now)
{
	if (!w->level2 || !(m->reads || m->writes || p->pc == p->chain->start[p->chain->depth] ||
			    w->note[p->pc].points & POINT_PRUNE))
		return;
	show_change(w, p, "live", m->live, now->live);
	show_change(w, p, "written", m->writes_after, now->writes_after);
}

static int update_insn(struct walk *w, const struct place *p)
{
	const u32 *succ = w->note[p->pc].succ;
	u32 n = w->note[p->pc].nr_succ;
	struct masks *m = masks_at(p->chain, p->frame, p->pc), now = *m;
	u64 after = 0, surely = ~0ull;

	if (!n)
		return 0;
	for (u32 i = 0; i < n; i++) {
		struct masks *s = masks_at(p->chain, p->frame, succ[i]);

		after |= s->live;
		surely &= s->writes_after;
	}
	now.writes_after = surely | m->writes;
	now.live = (after & ~m->writes) | m->reads;
	show_changes(w, p, m, &now);
	if (now.live == m->live && now.writes_after == m->writes_after)
		return 0;
	*m = now;
	return 1;
}

static int update_round(struct walk *w, struct chain *c)
{
	struct place p = {.chain = c};
	int news = 0;

	for (p.frame = 0; p.frame <= c->depth; p.frame++) {
		if (!c->masks[p.frame])
			continue;
		for (u32 i = w->postorder_start[c->sub]; i < w->postorder_start[c->sub + 1]; i++) {
			p.pc = w->postorder[i];
			news |= update_insn(w, &p);
		}
	}
	return news;
}

static void forget_writes(struct chain *c)
{
	for (u32 frame = 0; frame <= c->depth; frame++)
		for (u32 i = 0; c->masks[frame] && i < c->len; i++)
			c->masks[frame][i].writes_after = 0;
	c->lost_write = 0;
}

/* What a function does to its callers' frames its call does. */
static int tell_caller(struct walk *w, struct chain *c)
{
	struct chain key = {.depth = c->depth - 1}, *outer;
	u64 written[LIVE_FRAMES] = {0};
	u32 call;
	int err = 0;

	if (!c->depth)
		return 0;
	memcpy(key.callsite, c->callsite, key.depth * sizeof(*key.callsite));
	memcpy(key.start, c->start, c->depth * sizeof(*key.start));
	outer = get(w, &key);
	if (!outer)
		return -ENOMEM;
	call = c->callsite[key.depth];
	for (u32 frame = 0; frame < c->depth && !err; frame++) {
		struct masks *m = masks_at(c, frame, c->start[c->depth]);

		if (!m)
			continue;
		written[frame] = m->writes_after;
		err = add_reads(w, outer, frame, call, m->live);
	}
	return err ? err : set_writes(w, outer, call, written);
}

static int update(struct walk *w, struct chain *c)
{
	u32 rounds = 0;

	if (!c->updated)
		return 0;
	if (c->lost_write)
		forget_writes(c);
	do
		rounds++;
	while (update_round(w, c));
	if (w->level2) {
		show_chain(w, c);
		log_printf(w->env->log, " live stack update done in %u iterations\n", rounds);
	}
	c->updated = 0;
	return tell_caller(w, c);
}

int livestack_spread(struct walk *w)
{
	int err = 0;

	for (u32 i = w->cur->depth + 1; i-- && !err;)
		err = update(w, w->cur->frame[i]->chain);
	return err;
}

static u64 live_at(struct chain *c, u32 frame, u32 pc)
{
	const struct masks *m = masks_at(c, frame, pc);

	return m ? m->live : 0;
}

/* Read later in the running function, or once it has returned. */
u64 livestack_alive(const struct walk *w, const struct state *s, u32 frame)
{
	u64 live = live_at(state_top(s)->chain, frame, s->pc);

	for (u32 i = frame; i < s->depth; i++) {
		u32 call = s->frame[i + 1]->callsite;

		if (!(w->note[call].points & POINT_CALLBACK))
			call++;
		live |= live_at(s->frame[i]->chain, frame, call);
	}
	return live;
}
