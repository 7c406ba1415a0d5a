/* The walk itself: its loop, its pending paths, and what it begins and ends with.  walk.h */
#include "verifier/walk.h"

#include <errno.h>

typedef int (*step_fn)(struct walk *w, const struct bpf_insn *insn);

static int do_goto(struct walk *w, const struct bpf_insn *insn)
{
	w->jumps++;
	w->next = w->pc + 1 + (u32)isa_jump_offset(w->note[w->pc].op, insn);
	return 0;
}

static int do_return(struct walk *w, const struct bpf_insn *insn)
{
	(void)insn;
	w->jumps++;
	return do_exit(w);
}

static const step_fn steps[] = {
	[ISA_GROUP_ALU] = do_alu,           [ISA_GROUP_MOV] = do_alu,
	[ISA_GROUP_NEG] = do_alu,           [ISA_GROUP_END] = do_alu,
	[ISA_GROUP_JMP] = do_jump,          [ISA_GROUP_JA] = do_goto,
	[ISA_GROUP_MAY_GOTO] = do_may_goto, [ISA_GROUP_CALL] = do_call,
	[ISA_GROUP_EXIT] = do_return,       [ISA_GROUP_LD_IMM64] = do_ld_imm64,
	[ISA_GROUP_LD_ABS] = do_ld_abs,     [ISA_GROUP_LDX] = do_load,
	[ISA_GROUP_ST] = do_store,          [ISA_GROUP_STX] = do_store,
	[ISA_GROUP_ATOMIC] = do_atomic,
};

int not_yet(struct walk *w, const char *what)
{
	return reject(w->env, -ENOTSUPP, "skep's verifier does not know %s yet", what);
}

int walk_read(struct walk *w, u32 reg)
{
	touch_reg(w, reg);
	if (reg < STATE_REGS && reg_at(w, reg)->type == REG_NOTHING)
		return reject(w->env, -EACCES, "R%u !read_ok", reg);
	return 0;
}

void forget_caller_saved(struct walk *w)
{
	for (u32 i = 0; i < CALLER_SAVED; i++) {
		reg_set_nothing(reg_at(w, i));
		touch_reg(w, i);
	}
}

int walk_push(struct walk *w, u32 pc, u32 prev_pc, struct state **out)
{
	struct pending *p = pool_alloc(&w->pool, sizeof(*p));
	int err;

	if (!p)
		return -ENOMEM;
	memset(p, 0, sizeof(*p));
	err = state_copy(&w->pool, &p->state, w->cur);
	if (err)
		return err;
	p->pc = pc;
	p->prev_pc = prev_pc;
	p->log_pos = w->env->log ? w->env->log->end : 0;
	p->below = w->pending;
	w->pending = p;
	if (++w->nr_pending > MAX_PENDING)
		return reject(w->env, -E2BIG, "The sequence of %u jumps is too complex.",
			      w->nr_pending);
	if (p->state.parent)
		p->state.parent->branches++;
	*out = &p->state;
	return 0;
}

/* 1: the next path is current; 0: there is none. */
static int pop(struct walk *w)
{
	struct pending *p = w->pending;
	struct state old = *w->cur;

	if (!p)
		return 0;
	*w->cur = p->state;
	p->state = old;
	w->pc = p->pc;
	w->prev_pc = p->prev_pc;
	if (!w->level2)
		log_reset(w->env->log, p->log_pos);
	w->pending = p->below;
	w->nr_pending--;
	state_free_parts(&w->pool, &p->state);
	pool_free(&w->pool, p, sizeof(*p));
	return 1;
}

int walk_record(struct walk *w, u32 flags, u64 linked)
{
	struct step step = {w->pc, w->came_from, flags, linked};
	int err;

	/* an atomic has both a load and a store: they agree on the slot */
	if (w->step_recorded) {
		struct step *s = &w->cur->steps[w->cur->nr_steps - 1];

		s->flags |= flags;
		s->linked = linked;
		return 0;
	}
	err = state_add_step(&w->pool, w->cur, &step);
	w->step_recorded = !err;
	return err;
}

static void log_position(struct walk *w)
{
	struct env *env = w->env;

	if (w->level2 && w->print_state) {
		log_printf(env->log, "\nfrom %d to %u:", (int)w->prev_pc, w->pc);
		show_state(w, w->cur, w->cur->depth, 1);
		w->print_state = 0;
	}
	if (!w->level1)
		return;
	if (w->scratched || w->scratched_slots)
		show_insn_state(w, w->cur, w->cur->depth);
	show_source(w, w->pc, "; ");
	w->log_at = env->log->end;
	log_insn(env, w->pc);
	w->log_len = env->log->end - w->log_at;
	w->log_at = env->log->end;
}

static void log_safe(struct walk *w)
{
	if (!w->level1)
		return;
	if (w->print_state)
		log_printf(w->env->log, "\nfrom %d to %u: safe\n", (int)w->prev_pc, w->pc);
	else
		log_printf(w->env->log, "%u: safe\n", w->pc);
}

/* Is all of it known from an earlier path?  1: yes. */
static int arrive(struct walk *w)
{
	u8 points = w->note[w->pc].points;
	int seen;

	w->step_recorded = 0;
	w->came_from = w->prev_pc;
	if (++w->env->processed > MAX_INSNS)
		return reject(w->env, -E2BIG, "BPF program is too large. Processed %u insn",
			      w->env->processed);
	w->cur->last_pc = w->prev_pc;
	w->cur->pc = w->pc;
	if (points & POINT_PRUNE) {
		seen = prune_visit(w);
		if (seen)
			return seen;
	}
	return points & POINT_JUMP ? walk_record(w, 0, 0) : 0;
}

/* What depends on the instruction alone is checked once; Linux looks at registers in between. */
static int check_insn(struct walk *w, const struct bpf_insn *insn)
{
	struct insn_note *note = &w->note[w->pc];
	const struct isa_row *row = &isa_rows[note->op];
	struct isa_message why;
	int err = 0;

	if (!note->seen) {
		w->env->marks[w->pc] |= MARK_REACHED;
		if (row->group == ISA_GROUP_LD_ABS)
			err = check_ld_abs_type(w->env);
		if (err)
			return err;
		err = isa_check_fields(insn, &why);
		if (err)
			return reject(w->env, err, "%s", why.text);
	}
	if (row->uses & ISA_RS)
		err = walk_read(w, insn->src_reg);
	if (!err && row->uses & ISA_RD)
		err = walk_read(w, insn->dst_reg);
	if (err || note->seen)
		return err;
	note->seen = 1;
	err = isa_check(insn, &why);
	return err ? reject(w->env, err, "%s", why.text) : 0;
}

/* One instruction.  1: the path ends. */
static int visit(struct walk *w)
{
	const struct bpf_insn *insn = insn_at(w, w->pc);
	enum isa_op op = w->note[w->pc].op;
	int err = arrive(w);

	if (err > 0)
		log_safe(w);
	if (err)
		return err;
	if (unlikely(w->watch))
		w->watch->visit(w->watch, w->pc, w->note[w->pc].live, w->cur);
	log_position(w);
	w->prev_pc = w->pc;
	w->next = w->pc + 1;
	w->path_ends = 0;
	livestack_begin_insn(w, w->pc);
	err = check_insn(w, insn);
	if (!err)
		err = steps[isa_rows[op].group](w, insn);
	if (!err)
		err = livestack_end_insn(w);
	if (err)
		return err;
	w->pc = w->next;
	return w->path_ends;
}

static int end_path(struct walk *w)
{
	int err;

	touch_all(w);
	err = prune_leave(w, w->cur);
	if (!err)
		err = livestack_spread(w);
	if (err)
		return err;
	w->print_state = 1;
	return 0;
}

static int run(struct walk *w)
{
	int err;

	for (;;) {
		do
			err = visit(w);
		while (!err);
		if (err < 0)
			return err;
		err = end_path(w);
		if (err)
			return err;
		if (!pop(w))
			return 0;
	}
}

static void drop_pending(struct walk *w)
{
	while (w->pending) {
		struct pending *p = w->pending;

		w->pending = p->below;
		state_free_parts(&w->pool, &p->state);
		pool_free(&w->pool, p, sizeof(*p));
	}
	w->nr_pending = 0;
}

/* Verify one function from its first instruction: main, or a global one. */
static int walk_function(struct walk *w, u32 sub)
{
	struct frame *f;
	int err;

	w->cur = state_create(&w->pool);
	if (!w->cur)
		return -ENOMEM;
	w->line = NULL;
	w->pc = w->env->subprogs[sub].start;
	w->prev_pc = NO_PC;
	w->print_state = 0;
	w->cur->first_pc = w->pc;
	w->cur->last_pc = NO_PC;
	f = w->cur->frame[0];
	frame_init(f, NO_PC, sub);
	touch_all(w);
	err = livestack_enter(w);
	if (!err)
		err = func_set_args(w, sub, f->reg);
	if (!err)
		err = run(w);
	/* as Linux: at level 1 the path is worth reading only if it failed */
	if (!err && !w->level2)
		log_reset(w->env->log, 0);
	drop_pending(w);
	prune_forget(w);
	state_free(&w->pool, w->cur);
	return err;
}

static int walk_global(struct walk *w, u32 sub)
{
	int err;

	if (w->level1)
		log_printf(w->env->log, "Validating %s() func#%u...\n", func_name(w, sub), sub);
	err = walk_function(w, sub);
	if (!err && w->level1)
		log_printf(w->env->log,
			   "Func#%u ('%s') is safe for any args that match its prototype\n", sub,
			   func_name(w, sub));
	return err;
}

/* Global functions that are called, until no more are: each by itself. */
static int walk_globals(struct walk *w)
{
	int news = 1, err = 0;

	while (news && !err) {
		news = 0;
		for (u32 i = 1; i < w->env->nr_subprogs && !err; i++) {
			struct func *f = &w->func[i];

			if (!f->is_global || !f->called || f->verified)
				continue;
			err = walk_global(w, i);
			f->verified = 1;
			news = 1;
		}
	}
	return err;
}

static int begin(struct walk *w, struct env *env)
{
	/* who asks for both gets the laxer one */
	enum { ALIGNMENT = BPF_F_STRICT_ALIGNMENT | BPF_F_ANY_ALIGNMENT };
	u32 level = env->log ? env->log->level : 0, flags = env->prog->prog_flags;
	int err;

	*w = (struct walk){
		.env = env,
		.pool = {.arena = &env->arena},
		.note = arena_alloc(&env->arena, env->len * sizeof(*w->note)),
		.func = arena_alloc(&env->arena, env->nr_subprogs * sizeof(*w->func)),
		.level1 = !!(level & (LOG_LEVEL1 | LOG_LEVEL2)),
		.level2 = !!(level & LOG_LEVEL2),
		.strict_alignment = (flags & ALIGNMENT) == BPF_F_STRICT_ALIGNMENT,
		.always_checkpoint = !!(flags & BPF_F_TEST_STATE_FREQ),
		.check_invariants = !!(flags & BPF_F_TEST_REG_INVARIANTS),
		.sleepable = !!(flags & BPF_F_SLEEPABLE),
		.watch = env->skep->verify_watch,
	};
	if (!w->note || !w->func)
		return -ENOMEM;
	err = points_find(w);
	if (!err)
		err = liveregs_order(w);
	if (!err)
		err = scc_compute(w);
	if (!err)
		err = liveregs_compute(w);
	if (!err)
		err = prune_begin(w);
	return err ? err : func_begin(w);
}

/*
 * The map, if it is one of the program's.  The template that stands for whatever a map of maps may
 * hold says nothing of where values are.
 */
static struct map *map_of_program(const struct env *env, struct map *map)
{
	for (u32 i = 0; i < env->nr_maps; i++)
		if (env->maps[i] == map)
			return map;
	return NULL;
}

/* What engines want to know: facts, and the marks pass_rewrite reads. */
static void tell(struct walk *w)
{
	struct env *env = w->env;

	keys_find(w);
	for (u32 pc = 0; pc < env->len; pc++) {
		const struct insn_note *note = &w->note[pc];
		struct fact *fact = &env->facts[pc];

		env->mem[pc] = note->mem;
		fact->map = map_of_program(env, note->map);
		fact->key_known = fact->map && note->key_state == KEY_KNOWN;
		fact->key = note->key;
	}
}

int pass_walk(struct env *env)
{
	struct walk w;
	int err = begin(&w, env);

	if (!err)
		err = walk_function(&w, 0);
	if (!err)
		err = walk_globals(&w);
	if (!err)
		tell(&w);
	env->total_states = w.total_states;
	env->peak_states = w.peak_states;
	env->max_states = w.max_states;
	return err;
}
