/* Calls of the program's own functions: static ones are walked through, global ones are assumed. */
#include <errno.h>

#include "verifier/walk.h"

static int call_global(struct walk *w, u32 sub)
{
	struct func *f = &w->func[sub];
	int err = func_check_args(w, sub);

	if (err)
		return reject(w->env, err, "Caller passes invalid args into func#%u ('%s')", sub,
			      func_name(w, sub));
	if (w->level1)
		log_printf(w->env->log, "Func#%u ('%s') is global and assumed valid.\n", sub,
			   func_name(w, sub));
	if (f->changes_pkt) {
		err = forget_packets(w);
		w->env->changes_pkt = 1;
	}
	f->called = 1;
	forget_caller_saved(w);
	reg_set_unknown(reg_at(w, 0));
	return err;
}

static int enter(struct walk *w, u32 sub)
{
	struct state *s = w->cur;
	struct frame *caller = state_top(s), *callee;

	if (s->depth + 1 >= STATE_FRAMES)
		return reject(w->env, -E2BIG, "the call stack of %u frames is too deep",
			      s->depth + 2);
	callee = state_push_frame(&w->pool, s);
	if (!callee)
		return -ENOMEM;
	frame_init(callee, w->pc, sub);
	touch_all(w);
	memcpy(&callee->reg[1], &caller->reg[1], 5 * sizeof(struct reg));
	for (u32 i = 0; i < CALLER_SAVED; i++)
		reg_set_nothing(&caller->reg[i]);
	w->next = w->env->subprogs[sub].start;
	if (livestack_enter(w))
		return -ENOMEM;
	if (w->level1) {
		log_printf(w->env->log, "caller:\n");
		show_state(w, s, s->depth - 1, 1);
		log_printf(w->env->log, "callee:\n");
		show_state(w, s, s->depth, 1);
	}
	return 0;
}

int call_func(struct walk *w, const struct bpf_insn *insn)
{
	int sub = subprog_at(w->env, w->pc + (u32)insn->imm + 1);

	if (sub < 0)
		return reject(w->env, -EFAULT, "skep bug: a call into nowhere");
	if (w->func[sub].is_global)
		return call_global(w, (u32)sub);
	return enter(w, (u32)sub);
}
