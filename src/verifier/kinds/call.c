/* Calls and exits in the flow pass: helpers, kfuncs, subprograms, callbacks. */
#include <errno.h>

#include "base/since.h"
#include "verifier/kinds/args.h"

void clobber_args(struct flow *f)
{
	for (u32 i = 1; i <= 5; i++)
		*reg_of(f, i) = val_of_kind(0);
}

static int in_sleepable(const struct env *env)
{
	return !!(env->prog->prog_flags & BPF_F_SLEEPABLE);
}

/* May this program call it at all?  Linux's order. */
static int check_allowed(struct flow *f, u32 id, const struct helper *helper)
{
	const struct prog *prog = f->env->prog;

	if (!id)
		return reject(f->env, -EINVAL,
			      "program of this type cannot use helper bpf_unspec#0");
	if (!helper)
		return reject(f->env, -EINVAL, "invalid func unknown#%d", (int)id);
	if (!since_visible(f->env->skep, helper->since) ||
	    !progtype_allows_helper(prog->type, prog->expected_attach_type, id))
		return reject(f->env, -EINVAL, "program of this type cannot use helper bpf_%s#%u",
			      helper->name, id);
	if (!prog->gpl && helper->flags & HELPER_GPL)
		return reject(
			f->env, -EINVAL,
			"cannot call GPL-restricted function from non-GPL compatible program");
	if (helper->flags & HELPER_MIGHT_SLEEP && !in_sleepable(f->env))
		return reject(f->env, -EINVAL, "helper call might sleep in a non-sleepable prog");
	return 0;
}

static int check_present(struct flow *f, const struct helper *helper)
{
	if (helper->fn)
		return 0;
	return reject(f->env, -ENOTSUPP, "skep does not have helper bpf_%s#%u yet", helper->name,
		      helper->id);
}

/* The constant key that a map helper is given, where it lies on the stack. */
static void note_key(struct flow *f, const struct helper *helper, struct fact *fact)
{
	u32 arg = args_find(helper, ARG_MAP_KEY);
	const struct val *at = arg ? reg_of(f, arg) : NULL;
	struct val key;

	fact->key_known = 0;
	if (!fact->map || fact->map->key_size != sizeof(u32) || !at || !val_is(at, K_STACK))
		return;
	key = kinds_stack_load(f, at, 0, sizeof(u32));
	if (!val_is_const(&key))
		return;
	fact->key_known = 1;
	fact->key = (u32)key.value;
}

static int check_map(struct flow *f, const struct helper *helper)
{
	u32 arg = args_find(helper, ARG_CONST_MAP_PTR);
	struct fact *fact = &f->env->facts[f->pc];

	if (!arg)
		return 0;
	fact->map = map_of_val(f, reg_of(f, arg));
	note_key(f, helper, fact);
	return fact->map ? compat_check(f->env, helper, fact->map) : 0;
}

/* What a lookup finds depends on what the map holds. */
static struct val looked_up(const struct val *map_val, const struct map *map)
{
	struct val v = {.kinds = K_MAP_VALUE, .map = map_val->map};

	if (!map)
		return v;
	switch (map->type) {
	case BPF_MAP_TYPE_ARRAY_OF_MAPS:
	case BPF_MAP_TYPE_HASH_OF_MAPS:
		return (struct val){.kinds = K_MAP_PTR, .known = KNOWN_ALL};
	case BPF_MAP_TYPE_SOCKMAP:
	case BPF_MAP_TYPE_SOCKHASH:
	case BPF_MAP_TYPE_XSKMAP:
		return val_of_kind(K_OTHER);
	default:
		return v;
	}
}

static struct val result_of(struct flow *f, const struct helper *helper, const struct val *map_val)
{
	switch (RET_KIND(helper->ret)) {
	case RET_INTEGER:
		return val_of_kind(K_SCALAR);
	case RET_VOID:
		return val_of_kind(0);
	case RET_MAP_VALUE:
		return looked_up(map_val, f->env->facts[f->pc].map);
	default:
		return val_of_kind(K_OTHER);
	}
}

/* What a callback gets in R1 to R5; registers are those of the call. */
struct callback {
	u32 helper; /* 0: a kfunc */
	const char *kfunc;
	s8 from[5]; /* 1..5: a copy of that register, else one of the below */
};
enum { FROM_NOTHING = 0, FROM_SCALAR = -1, FROM_OTHER = -2, FROM_VALUE = -3, FROM_MAP = -4 };

static const struct callback callbacks[] = {
	{BPF_FUNC_loop, NULL, {FROM_SCALAR, 3}},
	{BPF_FUNC_for_each_map_elem, NULL, {1, FROM_OTHER, FROM_VALUE, 3}},
	{BPF_FUNC_timer_set_callback, NULL, {FROM_MAP, FROM_OTHER, FROM_VALUE}},
	{BPF_FUNC_find_vma, NULL, {FROM_OTHER, FROM_OTHER, 4}},
	{BPF_FUNC_user_ringbuf_drain, NULL, {FROM_OTHER, 3}},
	{0, "bpf_wq_set_callback_impl", {FROM_MAP, FROM_OTHER, FROM_VALUE}},
};

static struct val callback_arg(struct flow *f, s8 from)
{
	switch (from) {
	case FROM_NOTHING:
		return val_of_kind(0);
	case FROM_SCALAR:
		return val_of_kind(K_SCALAR);
	case FROM_OTHER:
		return val_of_kind(K_OTHER);
	case FROM_VALUE:
		return (struct val){.kinds = K_MAP_VALUE, .map = reg_of(f, 1)->map};
	case FROM_MAP:
		return (struct val){
			.kinds = K_MAP_PTR, .known = KNOWN_ALL, .map = reg_of(f, 1)->map};
	default:
		return *reg_of(f, (u32)from);
	}
}

/* What R`arg` is, is entered as `row` says (NULL: nobody knows how). */
static int enter(struct flow *f, const struct callback *row, u32 arg)
{
	const struct val *func = reg_of(f, arg);
	struct val args[5];

	if (!row || !val_is(func, K_FUNC) || func->known != KNOWN_ALL)
		return reject(f->env, -ENOTSUPP, "R%u is more than one callback", arg);
	for (u32 i = 0; i < 5; i++)
		args[i] = callback_arg(f, row->from[i]);
	f->env->subprogs[func->value].is_callback = 1;
	return flow_enter(f, (u32)func->value, args);
}

static int enter_callback(struct flow *f, const struct helper *helper)
{
	u32 arg = args_find(helper, ARG_FUNC);

	for (u32 i = 0; i < ARRAY_SIZE(callbacks) && arg; i++)
		if (callbacks[i].helper == helper->id)
			return enter(f, &callbacks[i], arg);
	return arg ? enter(f, NULL, arg) : 0;
}

/* The kfuncs that have callbacks take them in R2. */
static int enter_kfunc_callback(struct flow *f, const struct kfunc *kfunc)
{
	for (u32 i = 0; i < ARRAY_SIZE(callbacks); i++)
		if (callbacks[i].kfunc && !strcmp(callbacks[i].kfunc, kfunc->name))
			return enter(f, &callbacks[i], 2);
	return 0;
}

/* Pointers into the packet are numbers now. */
static void forget_packet(struct flow *f)
{
	struct val *slot = f->cur->slot;

	f->env->changes_pkt = 1;
	for (u32 i = 0; i < NR_REGS; i++)
		if (reg_of(f, i)->kinds & (K_PACKET | K_PACKET_END))
			*reg_of(f, i) = val_of_kind(K_SCALAR);
	for (u32 i = 0; i < f->frames[f->sub].nr_slots; i++)
		if (slot[i].kinds & (K_PACKET | K_PACKET_END))
			slot[i] = val_of_kind(K_SCALAR);
}

static int call_helper(struct flow *f, const struct bpf_insn *insn)
{
	u32 id = (u32)insn->imm, type = f->env->prog->type->id;
	const struct helper *helper = helper_for(id, type);
	struct val map_val = *reg_of(f, 1), result;
	int err = check_allowed(f, id, helper);

	if (!err)
		err = args_check(f, helper);
	if (!err)
		err = check_map(f, helper);
	if (!err)
		err = check_present(f, helper);
	if (!err)
		err = enter_callback(f, helper);
	if (err)
		return err;
	args_clobber(f, helper);
	result = result_of(f, helper, &map_val);
	clobber_args(f);
	if (helper->flags & HELPER_CHANGES_PKT)
		forget_packet(f);
	*reg_of(f, 0) = result;
	return 0;
}

/* "struct task_struct *bpf_task_acquire(...)": the type stands before the name. */
static struct val result_of_proto(const char *proto)
{
	const char *name_end = strchr(proto, '(');
	const char *star = strchr(proto, '*');

	if (star && name_end && star < name_end)
		return val_of_kind(K_OTHER);
	return val_of_kind(strncmp(proto, "void ", 5) ? K_SCALAR : 0);
}

static int call_kfunc(struct flow *f, const struct bpf_insn *insn)
{
	const struct kfunc *kfunc = kfunc_called(f->env, insn);
	int err;

	if (!kfunc)
		return reject(f->env, -EINVAL,
			      "invalid kernel function call not eliminated in verifier pass");
	if (!kfunc->fn)
		return reject(f->env, -ENOTSUPP, "skep does not have kfunc %s yet", kfunc->name);
	f->env->facts[f->pc].kfunc = kfunc;
	err = enter_kfunc_callback(f, kfunc);
	if (err)
		return err;
	for (u32 i = 1; i <= 5; i++)
		if (reg_of(f, i)->kinds & K_STACK) {
			kinds_stack_reach(f, reg_of(f, i), 0);
			kinds_stack_clobber(f, reg_of(f, i), 0);
		}
	clobber_args(f);
	*reg_of(f, 0) = result_of_proto(kfunc->proto);
	return 0;
}

static int add_caller(struct flow *f, struct frame *callee)
{
	struct caller *caller = arena_alloc(&f->env->arena, sizeof(*caller));

	if (!caller)
		return -ENOMEM;
	*caller = (struct caller){callee->callers, f->pc};
	callee->callers = caller;
	f->env->marks[f->pc] |= MARK_CALLER;
	return 0;
}

/*
 * Control comes back to pc + 1, but not before the callee is known to return.  Until then the state
 * waits there, and the callee's exit lists it.
 */
static int call_subprog(struct flow *f, const struct bpf_insn *insn)
{
	u32 sub = (u32)subprog_at(f->env, f->pc + (u32)insn->imm + 1), back = f->pc + 1;
	struct frame *callee = &f->frames[sub];
	int err = f->env->marks[f->pc] & MARK_CALLER ? 0 : add_caller(f, callee);

	for (u32 i = 1; i <= 5 && !err; i++)
		if (reg_of(f, i)->kinds & K_STACK)
			kinds_stack_reach(f, reg_of(f, i), 0);
	if (!err)
		err = flow_enter(f, sub, &f->cur->reg[1]);
	if (err)
		return err;
	clobber_args(f);
	*reg_of(f, 0) = callee->ret;
	f->next = NO_PC;
	return flow_wait(f, back, callee->returns);
}

int kinds_call(struct flow *f, const struct bpf_insn *insn, enum isa_op op)
{
	if (op == ISA_CALL_SUBPROG)
		return call_subprog(f, insn);
	return op == ISA_CALL_KFUNC ? call_kfunc(f, insn) : call_helper(f, insn);
}

static int check_return_value(struct flow *f)
{
	const struct prog *prog = f->env->prog;
	const struct progtype_variant *variant =
		progtype_variant(prog->type, prog->expected_attach_type);
	const struct val *r0 = reg_of(f, 0);
	s64 value = (s64)r0->value;

	if (!r0->kinds)
		return reject(f->env, -EACCES, "R0 !read_ok");
	if (!variant || !variant->ranged)
		return 0;
	if (val_is_pointer(r0))
		return reject(f->env, -EINVAL,
			      "At program exit the register R0 is not a known value (%s)",
			      val_name(r0));
	if (!val_is_const(r0) || (value >= variant->ret_min && value <= variant->ret_max))
		return 0;
	return reject(f->env, -EINVAL,
		      "At program exit the register R0 has smin=%lld smax=%lld should have been in "
		      "[%d, %d]",
		      (long long)value, (long long)value, variant->ret_min, variant->ret_max);
}

static int return_to_callers(struct flow *f)
{
	struct frame *frame = &f->frames[f->sub];
	int news = val_join(&frame->ret, reg_of(f, 0)) | !frame->returns;

	frame->returns = 1;
	for (struct caller *c = frame->callers; c && news; c = c->next)
		flow_return(f, c->pc + 1, &frame->ret);
	return 0;
}

int kinds_exit(struct flow *f, const struct bpf_insn *insn, enum isa_op op)
{
	(void)insn, (void)op;
	f->next = NO_PC;
	if (!f->sub)
		return check_return_value(f);
	if (val_is(reg_of(f, 0), K_STACK))
		return reject(f->env, -EINVAL, "cannot return stack pointer to the caller");
	return return_to_callers(f);
}
