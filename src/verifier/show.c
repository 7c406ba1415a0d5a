/*
 * States in the words of Linux's log:
 *	R0=scalar(smin=0,smax=umax=255,var_off=(0x0; 0xff)) R10=fp0 fp-8=mmmm0000
 */
#include <stdio.h>

#include "btf/btf.h"
#include "verifier/walk.h"

#define P(...) log_printf(w->env->log, __VA_ARGS__)

typedef unsigned long long llu;

static int is_small(s64 v)
{
	return v >= INT16_MIN && v <= INT16_MAX;
}

/* Small numbers in decimal, others in hexadecimal. */
static void show_signed(struct walk *w, s64 v)
{
	if (is_small(v))
		P("%lld", (long long)v);
	else
		P("0x%llx", (llu)v);
}

static void show_unsigned(struct walk *w, u64 v)
{
	if (v <= UINT16_MAX)
		P("%llu", (llu)v);
	else
		P("0x%llx", (llu)v);
}

struct end {
	const char *name;
	u64 value;
	u8 omit;
};

static u64 low_signed(s32 v)
{
	return is_small(v) ? (u64)(s64)v : (u32)v;
}

static int is_negative(const struct end *e)
{
	return e->name[0] == 's' && (s64)e->value < 0;
}

/* Ends of the same kind and value are written once: "smin=umin=5". */
static void show_end(struct walk *w, struct end *e, struct end *past, const char **sep)
{
	P("%s%s=", *sep, e->name);
	*sep = ",";
	for (struct end *o = e + 2; o < past; o += 2) {
		if (o->omit || o->value != e->value || is_negative(o) != is_negative(e))
			continue;
		o->omit = 1;
		P("%s=", o->name);
	}
	if (e->name[0] == 's')
		show_signed(w, (s64)e->value);
	else
		show_unsigned(w, e->value);
}

static void show_ranges(struct walk *w, const struct num *n, const char **sep)
{
	struct end ends[] = {
		{"smin", (u64)n->smin, n->smin == INT64_MIN},
		{"smax", (u64)n->smax, n->smax == INT64_MAX},
		{"umin", n->umin, n->umin == 0},
		{"umax", n->umax, n->umax == UINT64_MAX},
		{"smin32", low_signed(n->smin32), n->smin32 == INT32_MIN},
		{"smax32", low_signed(n->smax32), n->smax32 == INT32_MAX},
		{"umin32", n->umin32, n->umin32 == 0},
		{"umax32", n->umax32, n->umax32 == UINT32_MAX},
	};

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (!ends[i].omit)
			show_end(w, &ends[i], ends + ARRAY_SIZE(ends), sep);
}

static int has_map(const struct reg *r)
{
	return r->type == REG_MAP_PTR || r->type == REG_MAP_VALUE || r->type == REG_MAP_KEY;
}

static void show_map(struct walk *w, const struct map *map, const char **sep)
{
	if (map->name[0]) {
		P("%smap=%s", *sep, map->name);
		*sep = ",";
	}
	P("%sks=%u,vs=%u", *sep, map->key_size, map->value_size);
	*sep = ",";
}

static void show_ids(struct walk *w, const struct reg *r, const char **sep)
{
	if (r->id) {
		P("id=%u", r->id & ~ID_ADD_CONST);
		*sep = ",";
	}
	if (r->id & ID_ADD_CONST)
		P("%+d", r->off);
	if (r->ref_id) {
		P("%sref_obj_id=%u", *sep, r->ref_id);
		*sep = ",";
	}
	if (r->flags & REG_NON_OWNING) {
		P("%snon_own_ref", *sep);
		*sep = ",";
	}
}

static void show_kind_details(struct walk *w, const struct reg *r, const char **sep)
{
	if (has_map(r))
		show_map(w, r->map, sep);
	if (r->type != REG_SCALAR && r->off) {
		P("%soff=", *sep);
		*sep = ",";
		show_signed(w, r->off);
	}
	if (reg_is_packet(r)) {
		P("%sr=", *sep);
		*sep = ",";
		show_unsigned(w, (u64)(s64)r->range);
	}
	if (r->type == REG_MEM) {
		P("%ssz=", *sep);
		*sep = ",";
		show_unsigned(w, r->mem_size);
	}
}

static void show_number(struct walk *w, const struct reg *r, const char **sep)
{
	if (num_is_const(&r->num)) {
		if (r->num.var.value) {
			P("%simm=", *sep);
			show_signed(w, (s64)r->num.var.value);
		}
		return;
	}
	show_ranges(w, &r->num, sep);
	if (!tnum_is_unknown(r->num.var))
		P("%svar_off=(0x%llx; 0x%llx)", *sep, (llu)r->num.var.value, (llu)r->num.var.mask);
}

static void show_reg(struct walk *w, const struct frame *f, const struct reg *r, int precise)
{
	const char *sep = "";

	if (r->type == REG_SCALAR && precise)
		P("P");
	if (reg_is_const(r)) {
		show_signed(w, (s64)r->num.var.value);
		return;
	}
	P("%s", reg_name(reg_full(r)).text);
	if (r->type == REG_ARENA)
		return;
	if (r->type == REG_STACK) {
		if (f->no != r->frame)
			P("[%u]", r->frame);
		if (num_is_const(&r->num)) {
			show_signed(w, (s64)(r->num.var.value + (u64)(s64)r->off));
			return;
		}
	}
	if (r->type == REG_BTF)
		P("%s", btf_name(r->btf, btf_type_by_id(r->btf, r->btf_id)->name_off));
	P("(");
	show_ids(w, r, &sep);
	show_kind_details(w, r, &sep);
	show_number(w, r, &sep);
	P(")");
}

/* A character a byte, from the highest; of a spill those above it, and the register. */
static void show_slot(struct walk *w, const struct frame *f, u32 i)
{
	const struct stack_slot *s = &f->slot[i];
	char text[9];
	u32 n = 0, any = 0;

	for (u32 j = 0; j < 8; j++) {
		any |= s->kind[j];
		text[j] = "?rm0dif"[s->kind[j]];
	}
	if (!any)
		return;
	text[8] = 0;
	if (slot_is_spill(s)) {
		while (s->kind[n] != SLOT_SPILL)
			n++;
		text[n] = 0;
	}
	P(" fp%d=%s", -8 * (int)(i + 1), text);
	if (slot_is_spill(s))
		show_reg(w, f, &s->spill->reg, (int)(f->precise_slots >> i & 1));
}

static void show_held(struct walk *w, const struct state *s)
{
	for (u32 i = 0; i < s->nr_held; i++)
		P("%s%u", i ? "," : " refs=", s->held[i].id);
}

void show_state(struct walk *w, const struct state *s, u32 depth, int all)
{
	const struct frame *f = s->frame[depth];

	if (f->no)
		P(" frame%u:", f->no);
	for (u32 i = 0; i < STATE_REGS; i++) {
		if (f->reg[i].type == REG_NOTHING || (!all && !(w->scratched >> i & 1)))
			continue;
		P(" R%u=", i);
		show_reg(w, f, &f->reg[i], f->precise >> i & 1);
	}
	for (u32 i = 0; i < f->nr_slots; i++)
		if (all || w->scratched_slots >> i & 1)
			show_slot(w, f, i);
	show_held(w, s);
	if (f->in_callback)
		P(" cb");
	P("\n");
	if (!all) {
		w->scratched = 0;
		w->scratched_slots = 0;
	}
}

/* How far right of an instruction its effect is written. */
static u32 alignment(u64 len)
{
	u64 at = len + 4 > 40 ? len + 4 : 40;

	return (u32)(round_up_to(at, 8) - len - 1);
}

void show_insn_state(struct walk *w, const struct state *s, u32 depth)
{
	if (w->log_at && w->log_at == w->env->log->end) {
		log_reset(w->env->log, w->log_at - 1);
		P("%*c;", (int)alignment(w->log_len), ' ');
	} else {
		P("%u:", w->pc);
	}
	show_state(w, s, depth, 0);
}
