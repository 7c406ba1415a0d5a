#include "tests/lib/embed.h"

#include <stdio.h>
#include <stdlib.h>

#include "helper/packet.h"
#include "progtype/progtype.h"
#include "isa/isa.h"
#include "verifier/state.h"

/* ---- what was held possible ---- */

static struct embed *embed_of(struct verify_watch *watch)
{
	return container_of(watch, struct embed, watch);
}

static void visit(struct verify_watch *watch, u32 pc, u32 live, const struct state *s)
{
	struct embed *e = embed_of(watch);
	struct embed_state *to;

	if (pc >= EMBED_PCS || e->nr_states == EMBED_STATES) {
		e->overflow = 1;
		return;
	}
	to = &e->states[e->nr_states++];
	memcpy(to->reg, state_top(s)->reg, sizeof(to->reg));
	to->live = live;
	to->depth = s->depth;
	to->next = e->first[pc];
	e->first[pc] = e->nr_states;
}

/* ---- is a value among them? ---- */

static int num_holds(const struct num *n, u64 x)
{
	return tnum_contains(n->var, x) && x >= n->umin && x <= n->umax && (s64)x >= n->smin &&
	       (s64)x <= n->smax && (u32)x >= n->umin32 && (u32)x <= n->umax32 &&
	       (s32)x >= n->smin32 && (s32)x <= n->smax32;
}

static int packet_holds(const struct embed *e, const struct reg *r, u64 x)
{
	u64 base = x - (u64)(s64)r->off;

	if (r->range > 0 && base + (u64)r->range > e->data_end)
		return 0;
	return num_holds(&r->num, base - e->data);
}

/* The offset into some value of an array whose values can be named. */
static int map_value_holds(const struct reg *r, u64 x)
{
	u64 base;

	if (r->map->type != BPF_MAP_TYPE_ARRAY || !r->map->ops->value_addr ||
	    r->map->ops->value_addr(r->map, 0, &base))
		return x != 0;
	return num_holds(&r->num, x - base - (u64)(s64)r->off);
}

static int reg_holds(const struct embed *e, const struct reg *r, u64 x)
{
	if (r->flags & REG_OR_NULL && !x)
		return 1;
	switch (r->type) {
	case REG_NOTHING:
		return 1;
	case REG_SCALAR:
		return num_holds(&r->num, x);
	case REG_CTX:
		return num_holds(&r->num, x - e->ctx - (u64)(s64)r->off);
	case REG_STACK:
		return num_holds(&r->num, x - e->fp[r->frame] - (u64)(s64)r->off);
	case REG_PACKET:
		return packet_holds(e, r, x);
	case REG_PACKET_END:
		return x == e->data_end;
	case REG_MAP_VALUE:
		return map_value_holds(r, x);
	default:
		return x != 0;
	}
}

/* -1: all lie in it; else the register that does not, r10 for another depth of calls. */
static int outside(const struct embed *e, const struct embed_state *s, u32 live, const u64 *values)
{
	if (s->depth != e->depth)
		return REG_FP;
	for (u32 i = 0; i < 10; i++)
		if (live >> i & 1 && !reg_holds(e, &s->reg[i], values[i]))
			return (int)i;
	return -1;
}

static void report(struct embed *e, u32 pc, const u64 *values, const struct embed_state *s, int reg)
{
	const struct reg *r = s && reg < REG_FP ? &s->reg[reg] : NULL;
	char text[ISA_TEXT_MAX];
	u32 states = 0;

	for (u32 at = e->first[pc]; at; at = e->states[at - 1].next)
		states++;
	isa_disasm(&e->prog->orig_insns[pc], e->prog->orig_len - pc, &(struct isa_names){0}, text);
	if (!r) {
		snprintf(e->violation, sizeof(e->violation),
			 "insn %u: %s: runs, and was held unreachable from there", pc, text);
		return;
	}
	snprintf(e->violation, sizeof(e->violation),
		 "insn %u: %.60s: r%d = 0x%llx is in none of %u states, one of which has %s off=%d "
		 "var=%s s64=[%lld, %lld] u64=[%llu, %llu] s32=[%d, %d] u32=[%u, %u] range=%d",
		 pc, text, reg, (unsigned long long)values[reg], states, reg_name(reg_full(r)).text,
		 r->off, tnum_text(r->num.var).text, (long long)r->num.smin, (long long)r->num.smax,
		 (unsigned long long)r->num.umin, (unsigned long long)r->num.umax, r->num.smin32,
		 r->num.smax32, r->num.umin32, r->num.umax32, reg_is_packet(r) ? r->range : 0);
}

static u32 reads(const struct bpf_insn *insn)
{
	u8 uses = isa_rows[isa_decode(insn)].uses;

	return (uses & ISA_RD ? 1u << insn->dst_reg : 0) |
	       (uses & ISA_RS ? 1u << insn->src_reg : 0);
}

/* Helpers move packets: where they are is asked anew. */
static void find_packet(struct embed *e)
{
	const struct packet *pkt = e->prog->type->id == BPF_PROG_TYPE_XDP
					   ? &((struct xdp *)u64_to_ptr(e->ctx))->pkt
					   : &((struct skb *)u64_to_ptr(e->ctx))->pkt;

	e->data = ptr_to_u64(pkt->data);
	e->data_end = ptr_to_u64(pkt->data_end);
}

/* Frames are told apart by r10, which grows by the call. */
static void find_frame(struct embed *e, u64 fp)
{
	while (e->depth && fp < e->fp[e->depth])
		e->depth--;
	if (e->fp[0] == -1ull)
		e->fp[0] = fp;
	else if (fp > e->fp[e->depth])
		e->fp[++e->depth] = fp;
}

static void step(struct interp_watch *steps, u32 pc, const u64 *values)
{
	struct embed *e = container_of(steps, struct embed, steps);
	u32 extra, *link = &e->first[pc];
	const struct embed_state *first = NULL;
	int bad = 0, reg;

	if (e->violation[0] || e->overflow || pc >= e->prog->orig_len)
		return;
	extra = reads(&e->prog->orig_insns[pc]);
	find_packet(e);
	find_frame(e, values[REG_FP]);
	e->steps_checked++;
	for (u32 at = *link; at; at = *link) {
		struct embed_state *s = &e->states[at - 1];

		reg = outside(e, s, s->live | extra, values);
		if (reg < 0) {
			/* to the front: the next one is likely to be of the same state */
			*link = s->next;
			s->next = e->first[pc];
			e->first[pc] = at;
			return;
		}
		if (!first) {
			first = s;
			bad = reg;
		}
		link = &s->next;
	}
	report(e, pc, values, first, bad);
}

u64 embed_run(struct embed *e, void *ctx, struct run *run, const struct prog *prog,
	      prog_entry entry)
{
	void *outer = run->engine;
	u64 value;

	e->prog = prog;
	e->ctx = ptr_to_u64(ctx);
	e->depth = 0;
	e->fp[0] = -1ull;
	run->engine = &e->steps;
	value = entry(ctx, run, prog);
	run->engine = outer;
	return value;
}

int embed_begin(struct embed *e)
{
	memset(e, 0, sizeof(*e));
	e->watch = (struct verify_watch){.visit = visit, .all_precise = 1};
	e->steps.step = step;
	e->steps.insn_limit = 1 << 22;
	e->states = malloc(EMBED_STATES * sizeof(*e->states));
	return e->states != NULL;
}

void embed_end(struct embed *e)
{
	free(e->states);
}

void embed_forget(struct embed *e)
{
	memset(e->first, 0, sizeof(e->first));
	e->nr_states = 0;
	e->overflow = 0;
	e->violation[0] = 0;
	e->steps.fault.text[0] = 0;
}
