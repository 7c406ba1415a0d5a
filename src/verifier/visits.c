/*
 * Visits of loops.  While a walk is inside a loop, states that were found equal to earlier ones of
 * the same visit (back edges) may miss precision marks that are found later; they are remembered
 * and served when the visit ends.  A visit is a loop and the chain of calls that led to it.
 */
#include <errno.h>

#include "verifier/walk.h"

enum { MAX_ROUNDS = 64 };

struct callchain {
	u32 callsite[STATE_FRAMES - 1];
	u32 scc;
};

struct scc_visit {
	struct scc_visit *next;
	struct callchain chain;
	struct state *entry; /* with which it began; NULL: it is over */
	struct state *backedges;
	u32 nr_backedges;
};

static int chain_of(const struct walk *w, const struct state *s, struct callchain *chain)
{
	memset(chain, 0, sizeof(*chain));
	for (u32 i = 0; i <= s->depth; i++) {
		u32 pc = state_frame_pc(s, i);

		chain->scc = w->note[pc].scc;
		if (chain->scc)
			return 1;
		if (i < s->depth)
			chain->callsite[i] = pc;
	}
	return 0;
}

static struct scc_visit *find(const struct walk *w, const struct callchain *chain)
{
	struct scc_visit *v = w->visits;

	while (v && memcmp(&v->chain, chain, sizeof(*chain)))
		v = v->next;
	return v;
}

static struct scc_visit *visit_of(const struct walk *w, const struct state *s)
{
	struct callchain chain;

	return chain_of(w, s, &chain) ? find(w, &chain) : NULL;
}

static void show(struct walk *w, const char *what, const struct callchain *chain)
{
	if (!w->level2)
		return;
	log_printf(w->env->log, "SCC %s (", what);
	for (u32 i = 0; i < ARRAY_SIZE(chain->callsite) && chain->callsite[i]; i++)
		log_printf(w->env->log, "%u,", chain->callsite[i]);
	log_printf(w->env->log, "%u)\n", chain->scc);
}

int visits_enter(struct walk *w, struct state *s)
{
	struct callchain chain;
	struct scc_visit *v;

	if (!chain_of(w, s, &chain))
		return 0;
	v = find(w, &chain);
	if (!v) {
		v = arena_alloc(&w->env->arena, sizeof(*v));
		if (!v)
			return -ENOMEM;
		v->chain = chain;
		v->next = w->visits;
		w->visits = v;
	}
	if (!v->entry) {
		v->entry = s;
		show(w, "enter", &chain);
	}
	return 0;
}

static void free_backedges(struct walk *w, struct scc_visit *v)
{
	while (v->backedges) {
		struct state *s = v->backedges;

		v->backedges = s->next;
		state_free(&w->pool, s);
	}
}

/* Marks may need marks elsewhere, so again until nothing is new. */
static int serve(struct walk *w, struct scc_visit *v)
{
	u8 changed = 1;
	int err = 0;

	for (u32 round = 0; changed && !err; round++) {
		changed = 0;
		if (round > MAX_ROUNDS) {
			for (struct state *s = v->backedges; s; s = s->next)
				precise_all(w, s);
			break;
		}
		for (struct state *s = v->backedges; s && !err; s = s->next)
			err = propagate_precision(w, s->equal, s, &changed);
	}
	free_backedges(w, v);
	return err;
}

int visits_exit(struct walk *w, struct state *s)
{
	struct scc_visit *v = visit_of(w, s);

	if (!v || v->entry != s)
		return 0;
	show(w, "exit", &v->chain);
	v->entry = NULL;
	w->nr_backedges -= v->nr_backedges;
	v->nr_backedges = 0;
	prune_peak(w);
	return serve(w, v);
}

int visits_incomplete(struct walk *w, const struct state *s)
{
	const struct scc_visit *v = w->visits ? visit_of(w, s) : NULL;

	return v && v->backedges;
}

int visits_add_backedge(struct walk *w, struct state *old, struct state *copy)
{
	struct scc_visit *v = visit_of(w, old);

	if (!v)
		return reject(w->env, -EFAULT, "skep bug: a loop that was never entered");
	show(w, "backedge", &v->chain);
	copy->next = v->backedges;
	v->backedges = copy;
	v->nr_backedges++;
	w->nr_backedges++;
	prune_peak(w);
	return 0;
}

void visits_forget(struct walk *w)
{
	for (struct scc_visit *v = w->visits; v; v = v->next)
		free_backedges(w, v);
	w->visits = NULL;
	w->nr_backedges = 0;
}
