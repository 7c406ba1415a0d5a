/* The flow pass: its worklist, and what happens between instructions.  flow.h says how it works. */
#include "verifier/kinds/flow.h"

#include <errno.h>

#include "isa/isa.h"

enum { MAX_STATE_BYTES = 256 << 20 };

typedef int (*step_fn)(struct flow *f, const struct bpf_insn *insn, enum isa_op op);

static const step_fn steps[] = {
	[ISA_GROUP_ALU] = kinds_alu,           [ISA_GROUP_MOV] = kinds_mov,
	[ISA_GROUP_NEG] = kinds_alu,           [ISA_GROUP_END] = kinds_alu,
	[ISA_GROUP_JMP] = kinds_jump,          [ISA_GROUP_JA] = kinds_goto,
	[ISA_GROUP_MAY_GOTO] = kinds_may_goto, [ISA_GROUP_CALL] = kinds_call,
	[ISA_GROUP_EXIT] = kinds_exit,         [ISA_GROUP_LD_IMM64] = kinds_ld_imm64,
	[ISA_GROUP_LD_ABS] = kinds_ld_abs,     [ISA_GROUP_LDX] = kinds_load,
	[ISA_GROUP_ST] = kinds_store,          [ISA_GROUP_STX] = kinds_store,
	[ISA_GROUP_ATOMIC] = kinds_atomic,
};

static void list(struct flow *f, u32 pc)
{
	if (f->env->marks[pc] & MARK_LISTED)
		return;
	f->env->marks[pc] |= MARK_LISTED;
	f->todo[f->nr_todo++] = pc;
}

static size_t state_size(u32 nr_slots)
{
	return sizeof(struct state) + nr_slots * sizeof(struct val);
}

static int keep(struct flow *f, u32 pc, const struct state *from, u32 nr_slots)
{
	size_t size = state_size(nr_slots);

	if (++f->env->total_states > MAX_STATE_BYTES / size)
		return -ENOMEM;
	f->at[pc] = arena_alloc(&f->env->arena, size);
	if (!f->at[pc])
		return -ENOMEM;
	memcpy(f->at[pc], from, size);
	return 1;
}

/* The state kept at pc covers `from` too.  1 if it had to grow, 0, or -ENOMEM. */
static int cover(struct flow *f, u32 pc, u32 sub, const struct state *from)
{
	struct state *kept = f->at[pc];
	u32 nr_slots = f->frames[sub].nr_slots;
	int grown = 0;

	if (!kept)
		return keep(f, pc, from, nr_slots);
	for (u32 i = 0; i < NR_REGS; i++)
		grown |= val_join(&kept->reg[i], &from->reg[i]);
	for (u32 i = 0; i < nr_slots; i++)
		grown |= val_join(&kept->slot[i], &from->slot[i]);
	return grown;
}

int flow_branch(struct flow *f, u32 pc)
{
	int grown = cover(f, pc, f->sub, f->cur);

	if (grown > 0)
		list(f, pc);
	return grown < 0 ? grown : 0;
}

int flow_wait(struct flow *f, u32 pc, int go)
{
	int grown = cover(f, pc, f->sub, f->cur);

	if (grown > 0 && go)
		list(f, pc);
	return grown < 0 ? grown : 0;
}

void flow_return(struct flow *f, u32 pc, const struct val *ret)
{
	val_join(&f->at[pc]->reg[0], ret);
	list(f, pc);
}

int flow_enter(struct flow *f, u32 sub, const struct val args[5])
{
	union {
		struct state state;
		u8 room[sizeof(struct state) + NR_SLOTS * sizeof(struct val)];
	} entry = {0};
	u32 start = f->env->subprogs[sub].start;
	int grown;

	memcpy(&entry.state.reg[1], args, 5 * sizeof(*args));
	entry.state.reg[10] = val_stack(sub, 0);
	/* what earlier calls left there; reading it is allowed, Linux's privileged way */
	for (u32 i = 0; i < f->frames[sub].nr_slots; i++)
		entry.state.slot[i] = val_of_kind(K_SCALAR);
	grown = cover(f, start, sub, &entry.state);
	if (grown > 0)
		list(f, start);
	return grown < 0 ? grown : 0;
}

/* Registers that the instruction reads have to have been written. */
static int check_read(struct flow *f, u32 reg)
{
	if (reg < NR_REGS && !f->cur->reg[reg].kinds)
		return reject(f->env, -EACCES, "R%u !read_ok", reg);
	return 0;
}

static int check_reads(struct flow *f, const struct bpf_insn *insn, const struct isa_row *row)
{
	int err = row->uses & ISA_RS ? check_read(f, insn->src_reg) : 0;

	if (!err && row->uses & ISA_RD)
		err = check_read(f, insn->dst_reg);
	return err;
}

/* Everything that does not depend on values, once an instruction. */
static int first_visit(struct flow *f, const struct bpf_insn *insn)
{
	const struct isa_row *row = &isa_rows[isa_decode(insn)];
	struct isa_message why;
	int err = 0;

	f->env->marks[f->pc] |= MARK_REACHED;
	if (log_wanted(f->env->log))
		log_insn(f->env, f->pc);
	if (row->group == ISA_GROUP_LD_ABS)
		err = check_ld_abs_type(f->env);
	if (err)
		return err;
	err = isa_check_fields(insn, &why);
	if (err)
		return reject(f->env, err, "%s", why.text);
	err = check_reads(f, insn, row);
	if (err)
		return err;
	err = isa_check(insn, &why);
	return err ? reject(f->env, err, "%s", why.text) : 0;
}

static int visit(struct flow *f)
{
	const struct bpf_insn *insn = &f->env->insns[f->pc];
	enum isa_op op = isa_decode(insn);
	int err = 0;

	if (++f->env->processed > MAX_INSNS)
		return reject(f->env, -E2BIG, "BPF program is too large. Processed %u insn",
			      f->env->processed);
	f->next = f->pc + 1;
	if (!(f->env->marks[f->pc] & MARK_REACHED))
		err = first_visit(f, insn);
	return err ? err : steps[isa_rows[op].group](f, insn, op);
}

static void load(struct flow *f, u32 pc)
{
	memcpy(f->cur, f->at[pc], state_size(f->frames[f->sub].nr_slots));
	f->pc = pc;
}

/* From a kept state on, until the path ends or meets one that knows it all. */
static int follow(struct flow *f, u32 pc)
{
	int err = 0;

	f->sub = subprog_of(f->env, pc);
	load(f, pc);
	for (;;) {
		err = visit(f);
		if (err || f->next == NO_PC)
			return err;
		if (f->env->marks[f->next] & MARK_JOIN) {
			err = cover(f, f->next, f->sub, f->cur);
			if (err <= 0)
				return err;
			load(f, f->next);
		}
		f->pc = f->next;
	}
}

static int drain(struct flow *f)
{
	int err = 0;

	while (f->nr_todo && !err) {
		u32 pc = f->todo[--f->nr_todo];

		f->env->marks[pc] &= (u8)~MARK_LISTED;
		err = follow(f, pc);
	}
	return err;
}

/* Somebody loaded from a summary before it was complete: all that was visited again. */
static int settle(struct flow *f)
{
	int err = drain(f);

	while (!err && f->summary_grew) {
		f->summary_grew = 0;
		for (u32 pc = f->env->len; pc--;)
			if (f->at[pc] && f->env->marks[pc] & MARK_REACHED)
				list(f, pc);
		err = drain(f);
	}
	return err;
}

static int make_frames(struct flow *f)
{
	struct env *env = f->env;

	f->frames = arena_alloc(&env->arena, env->nr_subprogs * sizeof(*f->frames));
	if (!f->frames)
		return -ENOMEM;
	for (u32 i = 0; i < env->nr_subprogs; i++) {
		struct frame *frame = &f->frames[i];

		frame->nr_slots = stack_slots_of(env, &env->subprogs[i]);
		frame->all = arena_alloc(&env->arena, frame->nr_slots * sizeof(struct val));
		frame->out = arena_alloc(&env->arena, frame->nr_slots * sizeof(struct val));
		if (!frame->all || !frame->out)
			return -ENOMEM;
	}
	return 0;
}

static int begin(struct flow *f, struct env *env)
{
	const struct val args[5] = {{.kinds = K_CTX, .known = KNOWN_ALL}};
	int err;

	*f = (struct flow){.env = env};
	f->at = arena_alloc(&env->arena, env->len * sizeof(*f->at));
	f->todo = arena_alloc(&env->arena, env->len * sizeof(*f->todo));
	f->cur = arena_alloc(&env->arena, state_size(NR_SLOTS));
	f->bases = arena_alloc(&env->arena, env->len * sizeof(*f->bases));
	err = make_frames(f);
	if (err || !f->bases || !f->at || !f->todo || !f->cur)
		return -ENOMEM;
	return flow_enter(f, 0, args);
}

/* What the address register can be, where it is one thing (a NULL or number besides faults). */
static u8 mem_kind(u16 kinds)
{
	switch (kinds & (u16)~K_SCALAR) {
	case K_CTX:
		return MEM_CTX;
	case K_STACK:
		return MEM_STACK;
	case K_PACKET:
		return MEM_PACKET;
	case K_MAP_VALUE:
		return MEM_MAP_VALUE;
	case K_OTHER:
		return MEM_OTHER;
	default:
		return MEM_UNKNOWN;
	}
}

int pass_kinds(struct env *env)
{
	struct flow f;
	u64 quiet = log_wanted(env->log) ? env->log->end : 0;
	int err = begin(&f, env);

	if (err)
		return err;
	log_printf(env->log, "0: R1=ctx() R10=fp0\n");
	err = settle(&f);
	for (u32 pc = 0; pc < env->len; pc++)
		env->mem[pc] = mem_kind(f.bases[pc]);
	/* as Linux: at level 1 the path is worth reading only if it failed */
	if (!err && log_wanted(env->log) && !(env->log->level & LOG_LEVEL2))
		log_reset(env->log, quiet);
	return err;
}
