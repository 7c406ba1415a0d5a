/* Calls of helpers: may it be called, is what it gets right, what is left afterwards. */
#include <errno.h>

#include "base/since.h"
#include "btf/btf.h"
#include "verifier/call.h"

/* Helpers that tracing programs have, but only where the kernel can be probed for them. */
static int probe_forbids(const struct prog *prog, u32 id)
{
	if (prog->type->id != BPF_PROG_TYPE_SYSCALL && prog->type->id != BPF_PROG_TYPE_TRACING)
		return 0;
	return id == BPF_FUNC_sk_storage_get || id == BPF_FUNC_sk_storage_delete ||
	       id == BPF_FUNC_d_path;
}

static int needs_gpl(const struct prog *prog, const struct helper *helper)
{
	/* probes of many functions have one of their own */
	if (helper->id == BPF_FUNC_get_func_ip && prog->type->id == BPF_PROG_TYPE_KPROBE &&
	    prog->expected_attach_type)
		return 0;
	return helper->flags & HELPER_GPL;
}

/* May this program call it at all?  Linux's order. */
static int check_allowed(struct walk *w, u32 id, const struct helper *helper)
{
	const struct prog *prog = w->env->prog;

	if (!id)
		return reject(w->env, -EINVAL,
			      "program of this type cannot use helper bpf_unspec#0");
	if (!helper)
		return reject(w->env, -EINVAL, "invalid func unknown#%d", (int)id);
	if (!since_visible(w->env->skep, helper->since) ||
	    !progtype_allows_helper(prog->type, prog->expected_attach_type, id))
		return probe_forbids(prog, id)
			       ? reject(w->env, -EINVAL, "helper call is not allowed in probe")
			       : reject(w->env, -EINVAL,
					"program of this type cannot use helper bpf_%s#%u",
					helper->name, id);
	if (!prog->gpl && needs_gpl(prog, helper))
		return reject(
			w->env, -EINVAL,
			"cannot call GPL-restricted function from non-GPL compatible program");
	if (helper->flags & HELPER_MIGHT_SLEEP && !w->sleepable)
		return reject(w->env, -EINVAL, "helper call might sleep in a non-sleepable prog");
	return 0;
}

static int check_known(struct walk *w, const struct helper *helper)
{
	if (helper->flags & (HELPER_SYNC_CALLBACK | HELPER_ASYNC_CALLBACK))
		return not_yet(w, "callbacks");
	/* said at the end: Linux's complaints come first */
	if (!helper->fn)
		w->env->absent = helper;
	return 0;
}

/* Which map an instruction is given, if it is always the same: engines may go by it. */
static void note_map(struct walk *w, const struct call *c)
{
	struct insn_note *note = &w->note[w->pc];

	if (!c->map)
		return;
	if (!note->map)
		note->map = c->map;
	else if (note->map != c->map)
		note->map = MAP_SEVERAL;
}

static void note_key(struct walk *w, u32 key, int known)
{
	struct insn_note *note = &w->note[w->pc];

	if (note->key_state == KEY_UNSEEN && known) {
		note->key_state = KEY_KNOWN;
		note->key = key;
	} else if (!known || note->key != key) {
		note->key_state = KEY_SEVERAL;
	}
}

static int is_tail_call(const struct helper *helper)
{
	return helper->id == BPF_FUNC_tail_call;
}

/* Tail calls by a constant index may become jumps: the index has to be exact. */
static int check_index(struct walk *w, const struct call *c)
{
	const struct reg *r = reg_at(w, 3);
	int known = reg_is_const(r) && r->num.var.value < c->map->max_entries;

	note_key(w, (u32)r->num.var.value, known);
	return known ? precise_reg(w, 3) : 0;
}

/* Uninitialised memory that was passed is written now. */
static int fill_raw(struct walk *w)
{
	u32 reg = w->raw_reg, size = w->raw_size;
	int err = 0;

	w->raw_size = 0;
	for (u32 i = 0; i < size && !err; i++)
		err = mem_access(w, &(struct access){.pc = w->pc,
						     .reg = reg,
						     .off = (s32)i,
						     .size = 1,
						     .write = 1,
						     .value = NO_REG});
	return err;
}

static int has_ref(const struct reg *r, const void *cookie)
{
	return r->ref_id == *(const u32 *)cookie;
}

static void becomes_unknown(struct reg *r, const void *cookie)
{
	(void)cookie;
	reg_set_unknown(r);
}

int release_ref(struct walk *w, u32 ref_id)
{
	struct reg_change change = {has_ref, becomes_unknown, &ref_id};
	int err = state_release(w->cur, ref_id);

	return err ? err : state_change_regs(&w->pool, w->cur, &change);
}

static int release(struct walk *w, const struct call *c)
{
	int err = -EINVAL;

	if (!c->release_reg)
		return 0;
	if (c->ref_id)
		err = release_ref(w, c->ref_id);
	else if (reg_is_null(reg_at(w, c->release_reg)))
		err = 0;
	if (err)
		return reject(w->env, err, "func bpf_%s#%u reference has not been acquired before",
			      c->helper->name, c->helper->id);
	return 0;
}

/* Of what was probed: a function, or what a trampoline leads to. */
static int check_func_ip(struct walk *w, const struct helper *helper)
{
	const struct prog *prog = w->env->prog;
	u32 attach = prog->expected_attach_type;

	if (prog->type->id == BPF_PROG_TYPE_KPROBE)
		return 0;
	if (prog->type->id != BPF_PROG_TYPE_TRACING)
		return reject(w->env, -ENOTSUPP, "func bpf_%s#%u not supported for program type %u",
			      helper->name, helper->id, prog->type->id);
	if (attach == BPF_TRACE_FENTRY || attach == BPF_TRACE_FEXIT || attach == BPF_MODIFY_RETURN)
		return 0;
	return reject(w->env, -ENOTSUPP,
		      "func bpf_%s#%u supported only for fentry/fexit/fmod_ret programs",
		      helper->name, helper->id);
}

static int check_special(struct walk *w, const struct call *c)
{
	if (c->helper->id == BPF_FUNC_get_func_ip)
		return check_func_ip(w, c->helper);
	if (is_tail_call(c->helper))
		return leak_check(w, 1, "tail_call");
	if (c->helper->id == BPF_FUNC_get_local_storage && !reg_is_null(reg_at(w, 2)))
		return reject(w->env, -EINVAL,
			      "get_local_storage() doesn't support non-zero flags");
	return 0;
}

/* Before anything changes. */
static int check(struct walk *w, struct call *c)
{
	int err = check_allowed(w, (u32)insn_at(w, w->pc)->imm, c->helper);

	if (!err)
		err = call_check_args(w, c);
	if (!err && c->map)
		err = compat_check(w->env, c->helper, c->map);
	if (!err)
		err = check_known(w, c->helper);
	return err;
}

/* The other program returns in this function's place, and may have moved the packet. */
static int tail_called(struct walk *w)
{
	int err = return_may(w);

	w->env->changes_pkt = 1;
	if (!err)
		err = forget_packets(w);
	if (err)
		return err;
	reg_set_unknown(reg_at(w, 0));
	return return_now(w);
}

int call_helper(struct walk *w, const struct bpf_insn *insn)
{
	struct call c = {.helper = helper_for((u32)insn->imm, w->env->prog->type->id)};
	int err = check(w, &c);

	if (err)
		return err;
	note_map(w, &c);
	if (is_tail_call(c.helper))
		err = check_index(w, &c);
	else if (c.map)
		note_key(w, (u32)c.key, c.key_known);
	if (!err)
		err = fill_raw(w);
	if (!err)
		err = release(w, &c);
	if (!err)
		err = check_special(w, &c);
	if (err)
		return err;
	forget_caller_saved(w);
	err = call_result(w, &c);
	if (!err && is_tail_call(c.helper) && w->cur->depth)
		return tail_called(w);
	if (err || !(c.helper->flags & HELPER_CHANGES_PKT))
		return err;
	w->env->changes_pkt = 1;
	return forget_packets(w);
}

int do_call(struct walk *w, const struct bpf_insn *insn)
{
	int err;

	w->jumps++;
	if (insn->src_reg == BPF_PSEUDO_CALL)
		err = call_func(w, insn);
	else if (insn->src_reg == BPF_PSEUDO_KFUNC_CALL)
		err = call_kfunc(w, insn);
	else
		err = call_helper(w, insn);
	touch_reg(w, 0);
	return err;
}
