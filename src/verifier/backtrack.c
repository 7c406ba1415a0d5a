/* One instruction back: what has to be exact before it, so that what has to be exact after it is.
 */
#include <errno.h>

#include "verifier/walk.h"

enum { ARG_MASK = 0x3e };

struct position {
	u32 pc, after;
};

static int is_linked_set(const struct precise *p, struct link l)
{
	return l.is_reg ? p->regs[l.frame] >> l.at & 1 : (int)(p->slots[l.frame] >> l.at & 1);
}

/* Registers that learnt together are exact together. */
static void sync_linked(struct precise *p, const struct step *step)
{
	int any = 0;

	if (!step || !step->linked)
		return;
	for (u32 i = 0; i < links_count(step->linked); i++)
		any |= is_linked_set(p, links_get(step->linked, i));
	for (u32 i = 0; any && i < links_count(step->linked); i++) {
		struct link l = links_get(step->linked, i);

		if (l.is_reg)
			p->regs[l.frame] |= 1u << l.at;
		else
			p->slots[l.frame] |= 1ull << l.at;
	}
}

static void add_unless_fp(struct precise *p, u32 reg)
{
	if (reg != REG_FP)
		precise_add(p, reg);
}

static int back_alu(struct precise *p, const struct bpf_insn *insn)
{
	u8 op = BPF_OP(insn->code);

	if (!precise_has(p, insn->dst_reg) || op == BPF_END || op == BPF_NEG)
		return 0;
	if (op == BPF_MOV)
		precise_drop(p, insn->dst_reg);
	if (BPF_SRC(insn->code) == BPF_X)
		add_unless_fp(p, insn->src_reg);
	return 0;
}

static int is_stack_access(const struct step *step)
{
	return step && step->flags & STEP_STACK_ACCESS;
}

static u64 *slots_of(struct precise *p, const struct step *step)
{
	return &p->slots[step->flags >> STEP_FRAME_SHIFT & 15];
}

static u64 slot_bit(const struct step *step)
{
	return 1ull << (step->flags & STEP_SPI);
}

/* A register that was filled from the stack: its slot. */
static int back_load(struct precise *p, u32 reg, const struct step *step)
{
	if (!precise_has(p, reg))
		return 0;
	precise_drop(p, reg);
	if (is_stack_access(step))
		*slots_of(p, step) |= slot_bit(step);
	return 0;
}

static int back_store(struct precise *p, const struct bpf_insn *insn, const struct step *step)
{
	/* a difference of pointers was added to something */
	if (precise_has(p, insn->dst_reg))
		return -ENOTSUPP;
	if (!is_stack_access(step) || !(*slots_of(p, step) & slot_bit(step)))
		return 0;
	*slots_of(p, step) &= ~slot_bit(step);
	if (BPF_CLASS(insn->code) == BPF_STX)
		precise_add(p, insn->src_reg);
	return 0;
}

/* Sound because: what it leaves in memory is unknown, what it fetched came from there. */
static int back_atomic(struct precise *p, const struct bpf_insn *insn, const struct step *step)
{
	u32 loaded = insn->imm == BPF_CMPXCHG ? 0 : insn->src_reg;

	if (insn->imm == BPF_LOAD_ACQ)
		return back_load(p, insn->dst_reg, step);
	if (insn->imm == BPF_STORE_REL)
		return back_store(p, insn, step);
	if (precise_has(p, insn->dst_reg))
		return -ENOTSUPP;
	return insn->imm & BPF_FETCH ? back_load(p, loaded, step) : 0;
}

/* Out of a function, at its call: its arguments are the caller's. */
static int back_out(struct precise *p)
{
	u32 args = p->regs[p->frame] & ARG_MASK;

	if (!p->frame || p->regs[p->frame] & ~(u32)ARG_MASK || p->slots[p->frame])
		return -EFAULT;
	p->regs[p->frame] = 0;
	p->frame--;
	p->regs[p->frame] |= args;
	return 0;
}

static int back_call_func(struct walk *w, struct precise *p, const struct bpf_insn *insn, u32 pc)
{
	int sub = subprog_at(w->env, pc + (u32)insn->imm + 1);

	if (sub < 0)
		return -EFAULT;
	if (!w->func[sub].is_global)
		return back_out(p);
	if (p->regs[p->frame] & ARG_MASK)
		return -EFAULT;
	precise_drop(p, 0);
	return 0;
}

/* Into a function, at its end: its R0 is the caller's. */
static int back_in(struct walk *w, struct precise *p, u32 after)
{
	const struct bpf_insn *call = after && after != NO_PC ? insn_at(w, after - 1) : NULL;
	int result = precise_has(p, 0) && call && call->code == (BPF_JMP | BPF_CALL) &&
		     call->src_reg == BPF_PSEUDO_CALL;

	if (p->regs[p->frame] & ARG_MASK || p->frame == STATE_FRAMES - 1)
		return -EFAULT;
	precise_drop(p, 0);
	p->frame++;
	p->regs[p->frame] = 0;
	p->slots[p->frame] = 0;
	if (result)
		precise_add(p, 0);
	return 0;
}

static int back_call(struct walk *w, struct precise *p, const struct position *at)
{
	const struct bpf_insn *insn = insn_at(w, at->pc);

	if (insn->src_reg == BPF_PSEUDO_CALL)
		return back_call_func(w, p, insn, at->pc);
	if (insn->src_reg == BPF_PSEUDO_KFUNC_CALL && !insn->imm)
		return -ENOTSUPP;
	precise_drop(p, 0);
	if (p->regs[p->frame] & ARG_MASK)
		return -EFAULT;
	/* a tail call that returned to the caller */
	return !insn->src_reg && insn->imm == BPF_FUNC_tail_call && at->after != at->pc + 1
		       ? back_in(w, p, at->after)
		       : 0;
}

static int back_condition(struct precise *p, const struct bpf_insn *insn, const struct step *step)
{
	u32 flags = step ? step->flags : 0;

	if (BPF_SRC(insn->code) != BPF_X ||
	    (!precise_has(p, insn->dst_reg) && !precise_has(p, insn->src_reg)))
		return 0;
	if (!(flags & STEP_SRC_STACK))
		precise_add(p, insn->src_reg);
	if (!(flags & STEP_DST_STACK))
		precise_add(p, insn->dst_reg);
	return 0;
}

static int back_ld(struct walk *w, struct precise *p, const struct position *at)
{
	const struct bpf_insn *insn = insn_at(w, at->pc);

	/* it returned to the caller, with a constant */
	if (!isa_is_ld_imm64(insn) && at->after != at->pc + 1) {
		precise_drop(p, 0);
		return back_in(w, p, at->after);
	}
	if (!precise_has(p, insn->dst_reg))
		return 0;
	precise_drop(p, insn->dst_reg);
	return isa_is_ld_imm64(insn) ? 0 : -ENOTSUPP;
}

static int back(struct walk *w, struct precise *p, u32 pc, u32 after, const struct step *step)
{
	const struct bpf_insn *insn = insn_at(w, pc);

	switch (isa_rows[w->note[pc].op].group) {
	case ISA_GROUP_ALU:
	case ISA_GROUP_MOV:
	case ISA_GROUP_NEG:
	case ISA_GROUP_END:
		return back_alu(p, insn);
	case ISA_GROUP_LDX:
		return back_load(p, insn->dst_reg, step);
	case ISA_GROUP_ST:
	case ISA_GROUP_STX:
		return back_store(p, insn, step);
	case ISA_GROUP_ATOMIC:
		return back_atomic(p, insn, step);
	case ISA_GROUP_CALL:
		return back_call(w, p, &(struct position){pc, after});
	case ISA_GROUP_EXIT:
		return back_in(w, p, after);
	case ISA_GROUP_JMP:
		return back_condition(p, insn, step);
	case ISA_GROUP_LD_IMM64:
	case ISA_GROUP_LD_ABS:
		return back_ld(w, p, &(struct position){pc, after});
	default:
		return 0;
	}
}

int backtrack(struct walk *w, struct precise *p, u32 pc, u32 after, const struct step *step)
{
	int err;

	sync_linked(p, step);
	err = back(w, p, pc, after, step);
	if (!err)
		sync_linked(p, step);
	return err;
}
