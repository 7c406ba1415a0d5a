/*
 * Loops: strongly connected instructions get a number, from 1; the others have 0.  Tarjan's
 * algorithm with a stack of its own; Linux's order, because the log shows the numbers.
 */
#include <errno.h>

#include "verifier/walk.h"

enum { OFF_STACK = UINT32_MAX };

struct tarjan {
	struct walk *w;
	u32 *pre, *low; /* by pc; pre 0: not seen */
	u32 *stack, nr_stack;
	u32 *path, nr_path;
	u32 next_pre, next_scc;
};

static void enter(struct tarjan *t, u32 pc)
{
	t->pre[pc] = t->low[pc] = ++t->next_pre;
	t->stack[t->nr_stack++] = pc;
	t->path[t->nr_path++] = pc;
}

/* Look at what follows; 1 when something of it has to be visited first. */
static int descend(struct tarjan *t, u32 pc)
{
	const u32 *succ = t->w->note[pc].succ;
	u32 n = t->w->note[pc].nr_succ;

	for (u32 i = 0; i < n; i++)
		if (!t->pre[succ[i]]) {
			enter(t, succ[i]);
			return 1;
		}
	for (u32 i = 0; i < n; i++)
		if (t->low[succ[i]] < t->low[pc])
			t->low[pc] = t->low[succ[i]];
	return 0;
}

static int loops_to_itself(struct tarjan *t, u32 pc)
{
	const u32 *succ = t->w->note[pc].succ;
	u32 n = t->w->note[pc].nr_succ;

	for (u32 i = 0; i < n; i++)
		if (succ[i] == pc)
			return 1;
	return 0;
}

/* pc is the first of its component: all above it on the stack belong to it. */
static void close(struct tarjan *t, u32 pc)
{
	int numbered = t->stack[t->nr_stack - 1] != pc || loops_to_itself(t, pc);
	u32 member;

	do {
		member = t->stack[--t->nr_stack];
		t->low[member] = OFF_STACK;
		if (numbered)
			t->w->note[member].scc = t->next_scc;
	} while (member != pc);
	t->next_scc += (u32)numbered;
}

static void visit_from(struct tarjan *t, u32 start)
{
	enter(t, start);
	while (t->nr_path) {
		u32 pc = t->path[t->nr_path - 1];

		if (descend(t, pc))
			continue;
		if (t->low[pc] == t->pre[pc])
			close(t, pc);
		t->nr_path--;
	}
}

int scc_compute(struct walk *w)
{
	struct env *env = w->env;
	size_t size = env->len * sizeof(u32);
	struct tarjan t = {.w = w,
			   .pre = arena_alloc(&env->arena, size),
			   .low = arena_alloc(&env->arena, size),
			   .stack = arena_alloc(&env->arena, size),
			   .path = arena_alloc(&env->arena, size),
			   .next_scc = 1};

	if (!t.pre || !t.low || !t.stack || !t.path)
		return -ENOMEM;
	for (u32 pc = 0; pc < env->len; pc++)
		if (!t.pre[pc] && !(env->marks[pc] & MARK_SECOND))
			visit_from(&t, pc);
	return 0;
}
