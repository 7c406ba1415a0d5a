/*
 * Loads and stores on the stack.  Where the offset is known spills keep whole registers, and zeros
 * stay zeros; where it is not, every slot that may be meant changes.
 */
#include <errno.h>

#include "verifier/walk.h"

typedef long long ll;

/* Bytes [off, off + size) of a frame, off < 0. */
struct place {
	struct frame *frame;
	s64 off;
	u32 size, slot;
	struct stack_slot *at;
};

static u32 byte_of(s64 off)
{
	return (u32)(-off - 1) % 8;
}

static struct place place_of(struct frame *f, s64 off, u32 size)
{
	u32 slot = (u32)(-off - 1) / 8;

	return (struct place){f, off, size, slot, &f->slot[slot]};
}

static u32 stack_flags(const struct place *p)
{
	return STEP_STACK_ACCESS | p->slot | (u32)p->frame->no << STEP_FRAME_SHIFT;
}

/* Spills, and later dynptrs and iterators, are more than their bytes. */
static void scrub(struct walk *w, struct stack_slot *s)
{
	if (s->kind[7] != SLOT_SPILL && s->kind[7] < SLOT_DYNPTR)
		return;
	slot_drop_spill(&w->pool, s);
	for (u32 i = 0; i < 8; i++)
		if (s->kind[i] != SLOT_INVALID)
			s->kind[i] = SLOT_MISC;
}

static int spill(struct walk *w, const struct place *p, const struct reg *r)
{
	u32 i = 8;

	if (slot_set_spill(&w->pool, p->at, r))
		return -ENOMEM;
	for (; i > 8 - p->size; i--)
		p->at->kind[i - 1] = SLOT_SPILL;
	/* what else is in the slot is bytes from now on; uninitialised ones stay that */
	for (; i; i--)
		if (p->at->kind[i - 1] != SLOT_ZERO && p->at->kind[i - 1] != SLOT_INVALID)
			p->at->kind[i - 1] = SLOT_MISC;
	return 0;
}

static u32 width_of(const struct num *n)
{
	return n->umax ? 64 - (u32)__builtin_clzll(n->umax) : 0;
}

static int spill_number(struct walk *w, const struct place *p, struct reg *r)
{
	int fits = width_of(&r->num) <= 8 * p->size;
	struct reg copy;

	if (fits)
		links_assign(w, r);
	copy = *r;
	if (!fits)
		reg_unlink(&copy);
	return spill(w, p, &copy);
}

static int spill_pointer(struct walk *w, const struct place *p, const struct reg *r)
{
	if (p->size != 8) {
		show_source(w, w->pc, "; ");
		return reject(w->env, -EACCES, "invalid size of register spill");
	}
	if (p->frame != state_top(w->cur) && r->type == REG_STACK)
		return reject(w->env, -EINVAL,
			      "cannot spill pointers to stack into stack frame of the caller");
	return spill(w, p, r);
}

/* The constant that a store by ST writes: 1 and *value. */
static int stored_imm(const struct walk *w, s32 *value)
{
	const struct bpf_insn *insn = insn_at(w, w->pc);

	*value = insn->imm;
	return BPF_CLASS(insn->code) == BPF_ST;
}

static int store_bytes(struct walk *w, const struct access *a, const struct place *p, int zero)
{
	int err;

	scrub(w, p->at);
	/* zeros on the stack cannot be traced back: where they came from has to be exact */
	if (zero && a->value != NO_REG) {
		err = precise_reg(w, a->value);
		if (err)
			return err;
	}
	for (u32 i = 0; i < p->size; i++)
		p->at->kind[byte_of(p->off + i)] = zero ? SLOT_ZERO : SLOT_MISC;
	return 0;
}

static int is_special(const struct stack_slot *s)
{
	return s->kind[7] >= SLOT_DYNPTR || s->kind[0] >= SLOT_DYNPTR;
}

static int store_fixed(struct walk *w, const struct access *a, const struct place *p)
{
	struct reg *r = a->value != NO_REG ? reg_at(w, a->value) : NULL, imm_reg;
	int aligned = !(p->off % 8), is_imm, err;
	s32 imm;

	if (is_special(p->at))
		return not_yet(w, "writing over dynptrs and iterators");
	is_imm = stored_imm(w, &imm) && !r;
	touch_slot(w, p->slot);
	if (p->size == 8)
		livestack_written(w, p->frame->no, 1ull << p->slot);
	if (r && aligned && reg_is_scalar(r)) {
		err = spill_number(w, p, r);
	} else if (is_imm && aligned) {
		reg_set_const(&imm_reg, (u64)(s64)imm);
		err = spill(w, p, &imm_reg);
	} else if (r && !reg_is_scalar(r)) {
		err = spill_pointer(w, p, r);
	} else {
		return store_bytes(w, a, p, (r && reg_is_null(r)) || (is_imm && !imm));
	}
	return err ? err : walk_record(w, stack_flags(p), 0);
}

/* One byte that may be written, or not. 1: it relies on a zero being stored */
static int store_maybe(struct walk *w, struct frame *f, s64 off, int zero)
{
	struct place p = place_of(f, off, 1);
	u8 *kind = &p.at->kind[byte_of(off)];

	touch_slot(w, p.slot);
	if (zero && *kind == SLOT_SPILL && slot_is_scalar(p.at) && reg_is_null(&p.at->spill->reg))
		return 1;
	if (*kind == SLOT_SPILL || slot_is_spill(p.at))
		scrub(w, p.at);
	if (zero && *kind == SLOT_ZERO)
		return 1;
	*kind = SLOT_MISC;
	return 0;
}

static int store_anywhere(struct walk *w, const struct access *a, const struct reg *ptr)
{
	struct frame *f = frame_of(w, ptr);
	s64 off = a->off + ptr->off, min = ptr->num.smin + off;
	s64 max = ptr->num.smax + off + a->size;
	int zero, relies = 0;
	s32 imm;

	zero = a->value != NO_REG ? reg_is_null(reg_at(w, a->value)) : stored_imm(w, &imm) && !imm;
	for (s64 i = min; i < max; i++)
		if (is_special(place_of(f, i, 1).at))
			return not_yet(w, "writing over dynptrs and iterators");
	for (s64 i = min; i < max; i++)
		relies |= store_maybe(w, f, i, zero);
	return relies && a->value != NO_REG ? precise_reg(w, a->value) : 0;
}

int slots_store(struct walk *w, const struct access *a)
{
	const struct reg *ptr = reg_at(w, a->reg);
	struct place p;

	if (!num_is_const(&ptr->num))
		return store_anywhere(w, a, ptr);
	p = place_of(frame_of(w, ptr), (s64)ptr->num.var.value + ptr->off + a->off, a->size);
	return store_fixed(w, a, &p);
}

static void set_loaded(struct walk *w, u32 reg, int zero)
{
	if (reg == NO_REG)
		return;
	if (zero)
		reg_set_const(reg_at(w, reg), 0);
	else
		reg_set_unknown(reg_at(w, reg));
}

static u32 count_kind(const struct place *p, u8 kind)
{
	u32 n = 0;

	for (u32 i = 0; i < p->size; i++)
		n += p->at->kind[byte_of(p->off + i)] == kind;
	return n;
}

/* Dynptrs and iterators are not there to be looked into. */
static int check_bytes(struct walk *w, const struct place *p)
{
	for (u32 i = 0; i < p->size; i++)
		if (p->at->kind[byte_of(p->off + i)] >= SLOT_DYNPTR)
			return reject(w->env, -EACCES,
				      "invalid read from stack off %lld+%u size %u", (ll)p->off, i,
				      p->size);
	return 0;
}

static int load_bytes(struct walk *w, const struct access *a, const struct place *p)
{
	int err = check_bytes(w, p);

	if (!err)
		set_loaded(w, a->value, count_kind(p, SLOT_ZERO) == p->size);
	return err;
}

/* The spilled number, or its low part.  The link holds if nothing is cut off. */
static int fill_number(struct walk *w, const struct access *a, const struct place *p, int link)
{
	struct reg *dst = reg_at(w, a->value);
	struct reg *r = slot_spill_mut(&w->pool, p->at);

	if (!r)
		return -ENOMEM;
	if (link)
		links_assign(w, r);
	*dst = *r;
	/* sound because: a top bit that is set makes another number of it where signs are extended
	 */
	if (p->size < 8 && width_of(&r->num) > 8 * p->size - a->sign)
		reg_unlink(dst);
	return walk_record(w, stack_flags(p), 0);
}

static int fill_part(struct walk *w, const struct access *a, const struct place *p, u32 spilled)
{
	const struct reg *r = &p->at->spill->reg;
	int zeros;

	if (!reg_is_scalar(r)) {
		show_source(w, w->pc, "; ");
		return reject(w->env, -EACCES, "invalid size of register fill");
	}
	if (a->value == NO_REG)
		return walk_record(w, stack_flags(p), 0);
	if (p->size <= spilled && !(p->off % 8))
		return fill_number(w, a, p,
				   p->size == 4 && spilled == 4 && width_of(&r->num) <= 32);
	if (check_bytes(w, p))
		return -EACCES;
	zeros = count_kind(p, SLOT_SPILL) == p->size && reg_is_null(r);
	set_loaded(w, a->value, zeros || count_kind(p, SLOT_ZERO) == p->size);
	return zeros ? walk_record(w, stack_flags(p), 0) : 0;
}

static int load_fixed(struct walk *w, const struct access *a, const struct place *p)
{
	u32 spilled = 0;
	int err = livestack_read(w, p->frame->no, w->pc, 1ull << p->slot);

	touch_slot(w, p->slot);
	if (err)
		return err;
	if (!slot_is_spill(p->at))
		return load_bytes(w, a, p);
	while (spilled < 8 && p->at->kind[7 - spilled] == SLOT_SPILL)
		spilled++;
	if (p->size != 8 || spilled != 8)
		return fill_part(w, a, p, spilled);
	if (a->value == NO_REG)
		return walk_record(w, stack_flags(p), 0);
	return fill_number(w, a, p, 1);
}

static int load_anywhere(struct walk *w, const struct access *a, const struct reg *ptr)
{
	struct stack_arg range = {.reg = a->reg, .off = a->off + ptr->off, .size = a->size};
	struct frame *f = frame_of(w, ptr);
	s64 min = ptr->num.smin + range.off, max = ptr->num.smax + range.off + a->size;
	int zeros = 1, err = slots_arg(w, &range);

	if (err)
		return err;
	for (s64 i = min; i < max && zeros; i++)
		zeros = place_of(f, i, 1).at->kind[byte_of(i)] == SLOT_ZERO;
	set_loaded(w, a->value, zeros);
	return 0;
}

int slots_load(struct walk *w, const struct access *a)
{
	const struct reg *ptr = reg_at(w, a->reg);
	struct place p;

	if (num_is_const(&ptr->num)) {
		p = place_of(frame_of(w, ptr), (s64)ptr->num.var.value + ptr->off + a->off,
			     a->size);
		return load_fixed(w, a, &p);
	}
	if (a->value == NO_REG)
		return reject(w->env, -EACCES,
			      "variable offset stack pointer cannot be passed into helper "
			      "function; var_off=%s off=%d size=%u",
			      tnum_text(ptr->num.var).text, ptr->off + a->off, a->size);
	return load_anywhere(w, a, ptr);
}

static int reject_range(struct walk *w, u32 reg, const struct stack_arg *a, int err)
{
	const struct reg *ptr = reg_at(w, reg);
	const char *how = a->write ? "write to" : "read from";

	if (num_is_const(&ptr->num))
		return reject(w->env, err, "invalid %s stack R%u off=%lld size=%d", how, reg,
			      (ll)((s64)ptr->num.var.value + a->off), (int)a->size);
	return reject(w->env, err,
		      "invalid variable-offset %s stack R%u var_off=%s off=%lld size=%d", how, reg,
		      tnum_text(ptr->num.var).text, (ll)a->off, (int)a->size);
}

/* Inside the 512 bytes; the frame grows to it. */
static int check_range(struct walk *w, const struct stack_arg *a)
{
	const struct reg *ptr = reg_at(w, a->reg);
	struct frame *f = frame_of(w, ptr);
	s64 min = ptr->num.smin + a->off, max = ptr->num.smax + a->off + (s32)a->size;
	struct subprog *sub = &w->env->subprogs[f->subprog];
	u32 need;

	if (!num_is_const(&ptr->num) &&
	    (ptr->num.smax >= MAX_VAR_OFF || ptr->num.smin <= -MAX_VAR_OFF))
		return reject(w->env, -EACCES, "invalid unbounded variable-offset %s stack R%u",
			      a->write ? "write to" : "read from", a->reg);
	if (min < -MAX_BPF_STACK || min > -1)
		return reject_range(w, a->reg, a, -EACCES);
	if (max > 0)
		return reject_range(w, a->reg, a, -EINVAL);
	if ((s32)a->size < 0)
		return reject_range(w, a->reg, a, -EFAULT);
	need = (u32)round_up_to((u64)-min, 8);
	if (frame_grow(&w->pool, f, need / 8))
		return -ENOMEM;
	if (sub->stack < need)
		sub->stack = (u16)need;
	return 0;
}

int slots_check(struct walk *w, const struct access *a)
{
	return check_range(w, &(struct stack_arg){.reg = a->reg,
						  .off = a->off + reg_at(w, a->reg)->off,
						  .size = a->size,
						  .write = a->write});
}

/* A byte that a helper reads, or may change. */
static int pass_byte(struct walk *w, const struct stack_arg *a, s64 off)
{
	const struct reg *ptr = reg_at(w, a->reg);
	struct place p = place_of(frame_of(w, ptr), off, 1);
	u8 *kind = &p.at->kind[byte_of(off)];

	if (*kind >= SLOT_DYNPTR) {
		if (num_is_const(&ptr->num))
			return reject(w->env, -EACCES,
				      "invalid read from stack R%u off %lld+%lld size %u", a->reg,
				      (ll)(ptr->num.smin + a->off),
				      (ll)(off - ptr->num.smin - a->off), a->size);
		return reject(w->env, -EACCES,
			      "invalid read from stack R%u var_off %s+%lld size %u", a->reg,
			      tnum_text(ptr->num.var).text, (ll)(off - ptr->num.smin - a->off),
			      a->size);
	}
	if (a->write) {
		if (slot_is_spill(p.at))
			scrub(w, p.at);
		*kind = SLOT_MISC;
	}
	return livestack_read(w, p.frame->no, w->pc, 1ull << p.slot);
}

int slots_arg(struct walk *w, const struct stack_arg *a)
{
	const struct reg *ptr = reg_at(w, a->reg);
	s64 min, max;
	int err;

	if (!a->size && !a->zero_ok)
		return reject(w->env, -EACCES, "invalid zero-sized read");
	err = check_range(w, a);
	if (err)
		return err;
	if (a->raw && num_is_const(&ptr->num)) {
		w->raw_reg = (u8)a->reg;
		w->raw_size = a->size;
		return 0;
	}
	min = ptr->num.smin + a->off;
	max = ptr->num.smax + a->off + a->size;
	for (s64 i = min; i < max && !err; i++)
		err = pass_byte(w, a, i);
	return err;
}

int slots_const(struct walk *w, const struct reg *ptr, u32 size, u64 *value)
{
	struct place p;
	s64 off = (s64)ptr->num.var.value + ptr->off;

	if (ptr->type != REG_STACK || !num_is_const(&ptr->num))
		return 0;
	p = place_of(frame_of(w, ptr), off, size);
	*value = 0;
	if (count_kind(&p, SLOT_ZERO) == size)
		return 1;
	if (p.off % 8 || !slot_is_scalar(p.at) || count_kind(&p, SLOT_SPILL) != size ||
	    (p.at->kind[7 - size] == SLOT_SPILL && size < 8) || !reg_is_const(&p.at->spill->reg))
		return 0;
	*value = p.at->spill->reg.num.var.value;
	/* what follows from it holds for this number alone */
	w->precise.slots[p.frame->no] |= 1ull << p.slot;
	return 1;
}
