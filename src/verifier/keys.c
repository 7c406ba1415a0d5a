/*
 * Constant keys for the engines, where the walk does not follow the key's bytes (Linux follows
 * whole slots): the store that made the key, found by going back from the call.
 *
 * Sound because: only within a stretch that is entered at its top alone, past nothing that writes
 * the stack in another way, so the store is the last one on every path to the call.
 */
#include "verifier/walk.h"

enum { KEY_SIZE = 4 };

struct search {
	struct walk *w;
	const u8 *target; /* by pc: something jumps there */
	u32 reg;          /* that holds the key's address */
	s64 off;          /* from r10, once `based` */
	u8 based;
};

enum found { GO_ON, FOUND, LOST };

static int writes_memory(const struct helper *h)
{
	for (u32 i = 0; i < 5; i++) {
		u32 kind = ARG_KIND(h->arg[i]);

		if (h->arg[i] & (ARG_UNINIT | ARG_WRITE) || kind >= ARG_DYNPTR)
			return 1;
	}
	return 0;
}

static enum found over_call(const struct search *s, const struct bpf_insn *insn)
{
	const struct helper *h = helper_for((u32)insn->imm, s->w->env->prog->type->id);

	return !insn->src_reg && h && s->based && !writes_memory(h) ? GO_ON : LOST;
}

static enum found over_store(const struct search *s, const struct bpf_insn *insn, u32 *key)
{
	s64 at = insn->off, size = isa_size(insn->code);

	if (insn->dst_reg != REG_FP || !s->based)
		return LOST;
	if (at >= s->off + KEY_SIZE || s->off >= at + size)
		return GO_ON;
	if (BPF_CLASS(insn->code) != BPF_ST || at > s->off || at + size < s->off + KEY_SIZE)
		return LOST;
	*key = (u32)((u64)(s64)insn->imm >> 8 * (s->off - at));
	return FOUND;
}

static enum found over_alu(struct search *s, const struct bpf_insn *insn)
{
	if (s->based || insn->dst_reg != s->reg)
		return GO_ON;
	if (insn->code == (BPF_ALU64 | BPF_ADD | BPF_K)) {
		s->off += insn->imm;
		return GO_ON;
	}
	if (insn->code != (BPF_ALU64 | BPF_MOV | BPF_X) || insn->off)
		return LOST;
	s->reg = insn->src_reg;
	s->based = insn->src_reg == REG_FP;
	return GO_ON;
}

static enum found over(struct search *s, u32 pc, u32 *key)
{
	const struct bpf_insn *insn = insn_at(s->w, pc);

	if (s->w->env->marks[pc] & MARK_SECOND)
		return GO_ON;
	switch (isa_rows[s->w->note[pc].op].group) {
	case ISA_GROUP_ALU:
	case ISA_GROUP_MOV:
	case ISA_GROUP_NEG:
	case ISA_GROUP_END:
		return over_alu(s, insn);
	case ISA_GROUP_LDX:
	case ISA_GROUP_LD_IMM64:
		return s->based || insn->dst_reg != s->reg ? GO_ON : LOST;
	case ISA_GROUP_JMP:
		return GO_ON;
	case ISA_GROUP_ST:
	case ISA_GROUP_STX:
		return over_store(s, insn, key);
	case ISA_GROUP_CALL:
		return over_call(s, insn);
	default:
		return LOST;
	}
}

static int find(struct walk *w, const u8 *target, u32 call, u32 reg, u32 *key)
{
	struct search s = {w, target, reg, 0, 0};
	enum found found = GO_ON;

	for (u32 pc = call; found == GO_ON && pc && !s.target[pc]; pc--)
		found = over(&s, pc - 1, key);
	return found == FOUND;
}

static u32 key_register(const struct walk *w, u32 pc)
{
	const struct bpf_insn *insn = insn_at(w, pc);
	const struct helper *h;

	if (insn->code != (BPF_JMP | BPF_CALL) || insn->src_reg || w->env->marks[pc] & MARK_SECOND)
		return 0;
	h = helper_for((u32)insn->imm, w->env->prog->type->id);
	for (u32 i = 0; h && i < 5; i++)
		if (ARG_KIND(h->arg[i]) == ARG_MAP_KEY)
			return i + 1;
	return 0;
}

static void find_targets(const struct walk *w, u8 *target)
{
	for (u32 i = 0; i < w->env->nr_subprogs; i++)
		target[w->env->subprogs[i].start] = 1;
	for (u32 pc = 0; pc < w->env->len; pc++)
		if (!(w->env->marks[pc] & MARK_SECOND) && isa_is_jump((enum isa_op)w->note[pc].op))
			target[pc + 1 +
			       (u32)isa_jump_offset((enum isa_op)w->note[pc].op, insn_at(w, pc))] =
				1;
}

void keys_find(struct walk *w)
{
	u8 *target = arena_alloc(&w->env->arena, w->env->len);

	/* without memory less is known, and that is all */
	if (!target)
		return;
	find_targets(w, target);
	for (u32 pc = 0; pc < w->env->len; pc++) {
		struct insn_note *note = &w->note[pc];
		u32 reg = key_register(w, pc);

		if (reg && note->map && note->map != MAP_SEVERAL &&
		    note->map->key_size == KEY_SIZE && note->key_state != KEY_KNOWN &&
		    find(w, target, pc, reg, &note->key))
			note->key_state = KEY_KNOWN;
	}
}
