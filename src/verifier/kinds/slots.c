/*
 * The stack of the flow pass: exact slots of the running frame, summaries of what goes through
 * pointers that left it.
 */
#include "verifier/kinds/flow.h"

u32 stack_slots_of(const struct env *env, const struct subprog *sub)
{
	s32 low = 0;

	for (u32 pc = sub->start; pc < sub->end; pc++) {
		const struct bpf_insn *insn = &env->insns[pc];
		u8 class = BPF_CLASS(insn->code);
		s32 off = 0;

		/* r10 is only dereferenced as it is; pointers that others hold are made by
		 * additions */
		if ((class == BPF_LDX && insn->src_reg == 10) || class == BPF_ST ||
		    class == BPF_STX)
			off = insn->off;
		else if (insn->code == (BPF_ALU64 | BPF_ADD | BPF_K))
			off = insn->imm;
		if (off < low && off >= -MAX_BPF_STACK)
			low = off;
	}
	return ((u32)-low + 7) / 8;
}

struct place {
	u32 slot, at; /* the slot, and the first byte in it */
	u8 exact;     /* offset known, inside one slot */
};

static struct place place_of(const struct val *base, s64 off, u32 size)
{
	struct place p = {0};

	off += (s64)base->value;
	if (base->known != KNOWN_ALL || off >= 0 || off < -MAX_BPF_STACK)
		return p;
	p.slot = (u32)((-off - 1) / 8);
	p.at = (u32)(off + 8 * ((s64)p.slot + 1));
	p.exact = p.at + size <= 8;
	return p;
}

static int is_own(const struct flow *f, const struct val *base)
{
	return val_is(base, K_STACK) && base->frame == f->sub;
}

/* The slot may hold v in these bytes from now on, or what it held before. */
static int join_bytes_of(struct val *slot, struct place p, u32 size, const struct val *v)
{
	struct val after = *slot;

	if (!slot->kinds)
		after = val_of_kind(K_SCALAR);
	val_set_bytes(&after, p.at, size, v);
	return val_join(slot, &after);
}

static void grew(struct flow *f, int news)
{
	if (news && f->summary_read)
		f->summary_grew = 1;
}

static void summarise(struct flow *f, const struct val *base, struct place p, u32 size,
		      const struct val *v)
{
	struct frame *frame = &f->frames[base->frame];

	if (p.slot >= frame->nr_slots)
		return;
	grew(f, join_bytes_of(&frame->all[p.slot], p, size, v));
	if (base->frame != f->sub && join_bytes_of(&frame->out[p.slot], p, size, v))
		f->summary_grew = 1;
}

/* Somewhere in the running frame: every slot may have changed. */
static void store_anywhere(struct flow *f, const struct val *v)
{
	struct val blurred = *v;

	blurred.known = 0;
	blurred.value = 0;
	for (u32 i = 0; i < f->frames[f->sub].nr_slots; i++)
		val_join(&f->cur->slot[i], &blurred);
}

void kinds_stack_store(struct flow *f, const struct val *base, s64 off, u32 size,
		       const struct val *v)
{
	struct place p = place_of(base, off, size);

	if (v->kinds & K_POINTERS)
		grew(f, val_join(&f->spilled, v));
	if (!p.exact || base->frame == FRAME_MANY) {
		store_anywhere(f, v);
		return;
	}
	summarise(f, base, p, size, v);
	if (base->frame != f->sub || p.slot >= f->frames[f->sub].nr_slots)
		return;
	if (is_own(f, base))
		val_set_bytes(&f->cur->slot[p.slot], p.at, size, v);
	else
		join_bytes_of(&f->cur->slot[p.slot], p, size, v);
}

/* What might be anywhere on any stack. */
static struct val load_anything(struct flow *f)
{
	struct val v = val_of_kind(K_SCALAR | K_UNKNOWN);

	f->summary_read = 1;
	val_join(&v, &f->spilled);
	return v;
}

static struct val load_slot(struct flow *f, const struct val *base, u32 i)
{
	struct frame *frame = &f->frames[base->frame];
	struct val v;

	if (base->frame == f->sub) {
		v = f->cur->slot[i];
		val_join(&v, &frame->out[i]);
		return v;
	}
	f->summary_read = 1;
	v = frame->all[i];
	/* nothing seen yet: its owner's part comes later, and this is visited again then */
	return v.kinds ? v : val_of_kind(K_SCALAR);
}

struct val kinds_stack_load(struct flow *f, const struct val *base, s64 off, u32 size)
{
	struct place p = place_of(base, off, size);
	struct val v;

	if (!p.exact || base->frame == FRAME_MANY || p.slot >= f->frames[base->frame].nr_slots)
		return load_anything(f);
	v = load_slot(f, base, p.slot);
	return size == 8 ? v : val_get_bytes(&v, p.at, size);
}

void kinds_stack_clobber(struct flow *f, const struct val *base, u32 size)
{
	struct val scalar = val_of_kind(K_SCALAR);
	s64 off = (s64)base->value;

	if (base->known != KNOWN_ALL || base->frame == FRAME_MANY || off >= 0 ||
	    off < -MAX_BPF_STACK) {
		store_anywhere(f, &scalar);
		return;
	}
	if (!size || size > (u64)-off)
		size = (u32)-off;
	for (u32 i = 0; i < size; i++)
		kinds_stack_store(f, base, i, 1, &scalar);
}

void kinds_stack_reach(struct flow *f, const struct val *base, s64 off)
{
	struct subprog *subs = f->env->subprogs;
	u32 need = MAX_BPF_STACK;

	if (base->frame == FRAME_MANY)
		return; /* frames that pointers leave have been noted where they left */
	off += (s64)base->value;
	if (base->known == KNOWN_ALL && off >= -MAX_BPF_STACK)
		need = off < 0 ? (u32)-off : 0;
	need = (u32)round_up_to(need, 8);
	if (need > subs[base->frame].stack)
		subs[base->frame].stack = (u16)need;
}
