/* Ends: of functions, of the program; what it returns, and what it may not leave behind. */
#include <errno.h>

#include "verifier/walk.h"

typedef long long ll;

int leak_check(struct walk *w, int at_exit, const char *what)
{
	const struct state *s = w->cur;
	int leaks = 0;

	/* a function's callers may still release it */
	if (s->depth && !at_exit)
		return 0;
	for (u32 i = 0; i < s->nr_held; i++) {
		reject(w->env, -EINVAL, "Unreleased reference id=%u alloc_insn=%u", s->held[i].id,
		       s->held[i].pc);
		leaks = 1;
	}
	return leaks ? reject(w->env, -EINVAL, "%s would lead to reference leak", what) : 0;
}

static int reject_range(struct walk *w, const struct num *n, const struct progtype_variant *v)
{
	struct env *env = w->env;

	log_printf(env->log, "At program exit the register R0 has");
	if (n->smin > INT64_MIN)
		log_printf(env->log, " smin=%lld", (ll)n->smin);
	if (n->smax < INT64_MAX)
		log_printf(env->log, " smax=%lld", (ll)n->smax);
	if (n->smin == INT64_MIN && n->smax == INT64_MAX)
		log_printf(env->log, " unknown scalar value");
	return reject(env, -EINVAL, " should have been in [%d, %d]", v->ret_min, v->ret_max);
}

static int check_return(struct walk *w)
{
	const struct prog *prog = w->env->prog;
	const struct progtype_variant *v = progtype_variant(prog->type, prog->expected_attach_type);
	const struct reg *r0 = reg_at(w, 0);
	int err = walk_read(w, 0);

	if (err)
		return err;
	if (w->cur->frame[0]->subprog) {
		if (reg_is_scalar(r0))
			return 0;
		return reject(w->env, -EINVAL,
			      "At subprogram exit the register R0 is not a scalar value (%s)",
			      reg_name(reg_full(r0)).text);
	}
	if (!v || !v->ranged)
		return 0;
	if (!reg_is_scalar(r0))
		return reject(w->env, -EINVAL,
			      "At program exit the register R0 is not a known value (%s)",
			      reg_name(reg_full(r0)).text);
	err = precise_reg(w, 0);
	if (err)
		return err;
	if (r0->num.smin >= v->ret_min && r0->num.smax <= v->ret_max)
		return 0;
	return reject_range(w, &r0->num, v);
}

/* Back to the caller with R0. */
static int leave(struct walk *w)
{
	struct state *s = w->cur;
	struct frame *callee = state_top(s), *caller = s->frame[s->depth - 1];
	int err = livestack_spread(w);

	if (err)
		return err;
	if (callee->reg[0].type == REG_STACK)
		return reject(w->env, -EINVAL, "cannot return stack pointer to the caller");
	caller->reg[0] = callee->reg[0];
	w->next = callee->callsite + 1;
	if (w->level1) {
		log_printf(w->env->log, "returning from callee:\n");
		show_state(w, s, s->depth, 1);
		log_printf(w->env->log, "to caller at %u:\n", w->next);
		show_state(w, s, s->depth - 1, 1);
	}
	state_pop_frame(&w->pool, s);
	w->print_state = 1;
	return 0;
}

/* The running function may end here: that it goes on is for later. */
int return_may(struct walk *w)
{
	struct state *goes_on;

	return walk_push(w, w->pc + 1, w->pc, &goes_on);
}

int return_now(struct walk *w)
{
	int err;

	touch_reg(w, 0);
	err = leave(w);
	w->print_state = 0;
	return err;
}

int do_exit(struct walk *w)
{
	int err = leak_check(w, !w->cur->depth, "BPF_EXIT instruction in main prog");

	if (err)
		return err;
	if (w->cur->depth)
		return leave(w);
	w->path_ends = 1;
	return check_return(w);
}
