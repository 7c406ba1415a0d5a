/*
 * The pipeline, and nothing else: passes in Linux's order, because the first complaint wins.
 */
#include "verifier/verifier.h"

#include <errno.h>
#include <time.h>

#include "verifier/internal.h"

/* How much is proven of programs is the instance's choice. */
static int pass_states(struct env *env)
{
	return env->skep->unproven ? pass_kinds(env) : pass_walk(env);
}

static int (*const passes[])(struct env *env) = {
	pass_fd_array,        /* what fd_array_cnt binds to the program */
	pass_func_info_early, /* func_info: offsets ascend, types are functions */
	pass_find_subprogs,   /* where functions begin; kfuncs by name */
	pass_check_subprogs,  /* jumps stay inside, ends do not fall off */
	pass_records,         /* func_info beside functions, line_info, CO-RE records */
	pass_ld_imm64,        /* fds become maps; unknown opcodes */
	pass_cfg,             /* everything can be reached */
	pass_sleepable,       /* BPF_F_SLEEPABLE as the type has it */
	pass_license,         /* types for GPL programs only */
	pass_states,          /* every path, until it ends or is refused */
	pass_stack,           /* frames fit */
	pass_present,         /* skep has what it calls */
	pass_rewrite,         /* what engines read */
};

/* An instance that only verifies has no need of it. */
int pass_present(struct env *env)
{
	if (!env->absent || env->skep->verify_only)
		return 0;
	return reject(env, -ENOTSUPP, "skep does not have helper bpf_%s#%u yet", env->absent->name,
		      env->absent->id);
}

enum { BORROWED = 1 << 20 };

static u64 now_ns(const struct env *env)
{
	return env->skep->os->clock_ns(env->skep->os, CLOCK_MONOTONIC);
}

/*
 * Memory of the instance's, for one program at a time: most need no more, and pages that are there
 * already cost nothing.  Who finds it taken, or has none, goes without.
 */
static void borrow(struct env *env)
{
	struct skep *skep = env->skep;

	env->borrowed = atomic_exchange_explicit(&skep->verify_memory, NULL, memory_order_acquire);
	if (!env->borrowed)
		env->borrowed = os_alloc(skep->os, BORROWED);
	if (env->borrowed)
		arena_lend(&env->arena, env->borrowed, BORROWED);
}

/* Release: who borrows next comes after what we wrote; acquire: we come after whose we free. */
static void give_back(struct env *env)
{
	void *extra = atomic_exchange_explicit(&env->skep->verify_memory, env->borrowed,
					       memory_order_acq_rel);

	if (extra)
		os_free(env->skep->os, extra);
}

static int begin(struct env *env, struct prog *prog, union bpf_attr *attr, struct log *log)
{
	const struct os *os = prog->obj.skep->os;

	*env = (struct env){.prog = prog,
			    .attr = attr,
			    .log = log,
			    .skep = prog->obj.skep,
			    .len = prog->orig_len};
	arena_init(&env->arena, os);
	borrow(env);
	if (log_wanted(log) && log->level & LOG_STATS)
		env->start_ns = now_ns(env);
	env->insns = os_alloc(os, (size_t)env->len * sizeof(*env->insns));
	env->facts = os_alloc(os, (size_t)env->len * sizeof(*env->facts));
	env->maps = os_alloc(os, MAX_MAPS * sizeof(struct map *));
	env->marks = arena_alloc(&env->arena, env->len);
	env->mem = arena_alloc(&env->arena, env->len);
	if (!env->insns || !env->facts || !env->maps || !env->marks || !env->mem)
		return -ENOMEM;
	memcpy(env->insns, prog->orig_insns, (size_t)env->len * sizeof(*env->insns));
	return 0;
}

/* Linux's may_goto counts and tells the time in the frame, once the program is rewritten for it. */
static u32 stack_for_may_goto(const struct env *env, const struct subprog *sub)
{
	enum { COUNT_AND_TIME = 16 };

	for (u32 pc = sub->start; pc < sub->end; pc++)
		if (env->insns[pc].code == (BPF_JMP | BPF_JCOND) && env->marks[pc] & MARK_REACHED)
			return COUNT_AND_TIME;
	return 0;
}

static void log_stack(struct env *env, int accepted)
{
	log_printf(env->log, "stack depth ");
	for (u32 i = 0; i < env->nr_subprogs || i == 0; i++) {
		const struct subprog *sub = env->subprogs ? &env->subprogs[i] : NULL;
		u32 extra = accepted ? stack_for_may_goto(env, sub) : 0;

		log_printf(env->log, "%s%u", i ? "+" : "", sub ? sub->stack + extra : 0);
	}
	log_printf(env->log, "\n");
}

/* Linux's line of figures. */
static void log_statistics(struct env *env, int accepted)
{
	if (!log_wanted(env->log))
		return;
	if (env->log->level & LOG_STATS) {
		log_printf(env->log, "verification time %llu usec\n",
			   (unsigned long long)(now_ns(env) - env->start_ns) / 1000);
		log_stack(env, accepted);
	}
	log_printf(env->log,
		   "processed %u insns (limit %d) max_states_per_insn %u total_states %u "
		   "peak_states %u mark_read 0\n",
		   env->processed, MAX_INSNS, env->max_states, env->total_states, env->peak_states);
}

static void hand_over(struct env *env)
{
	struct prog *prog = env->prog;

	prog->insns = env->insns;
	prog->facts = env->facts;
	prog->len = env->len;
	prog->subprogs = env->subprogs;
	prog->nr_subprogs = env->nr_subprogs;
	prog->maps = env->maps;
	prog->nr_maps = env->nr_maps;
	prog->func_info = env->func_info;
	prog->nr_func_info = env->nr_func_info;
	prog->line_info = env->line_info;
	prog->nr_line_info = env->nr_line_info;
	prog->max_ctx_offset = env->max_ctx_offset;
	prog->changes_pkt = env->changes_pkt;
	prog->verified_insns = env->processed;
}

static void give_up(struct env *env)
{
	void *owned[] = {env->insns, env->facts,     env->subprogs,
			 env->maps,  env->func_info, env->line_info};

	for (u32 i = 0; i < env->nr_maps; i++)
		obj_put(&env->maps[i]->obj);
	for (size_t i = 0; i < ARRAY_SIZE(owned); i++)
		os_free(env->skep->os, owned[i]);
}

int verifier_check(struct prog *prog, union bpf_attr *attr, struct log *log)
{
	struct env env;
	int err;

	if (!prog->orig_len || prog->orig_len > MAX_INSNS)
		return -E2BIG;
	err = begin(&env, prog, attr, log);
	for (size_t i = 0; i < ARRAY_SIZE(passes) && !err; i++)
		err = passes[i](&env);
	log_statistics(&env, !err);
	if (err)
		give_up(&env);
	else
		hand_over(&env);
	arena_free(&env.arena);
	give_back(&env);
	return err;
}
