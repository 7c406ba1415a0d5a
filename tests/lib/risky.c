/* Random programs that a verifier has to think about, see risky.h. */
#include "tests/lib/risky_gen.h"

/* Keys are few: else what one run leaves in the hash would be there in the next. */
static void put_key(struct risky_gen *g, u32 limit)
{
	u32 reg;

	if (risky_chance(g, 60)) {
		risky_emit(g, ST(BPF_DW, 10, SCRATCH, (s32)risky_below(g, limit)));
		return;
	}
	reg = risky_number(g);
	risky_emit(g, ALU64_K(BPF_AND, reg, RISKY_KEYS - 1));
	risky_emit(g, STX(BPF_DW, 10, SCRATCH, reg));
}

static void forget_caller_saved(struct risky_gen *g)
{
	for (u32 r = 0; r <= 5; r++)
		g->kind[r] = NOTHING;
}

static void call(struct risky_gen *g, u32 helper)
{
	risky_emit(g, CALL((s32)helper));
	forget_caller_saved(g);
}

/* r0 may be NULL: the function returns, or what follows is skipped. */
static u32 null_check(struct risky_gen *g)
{
	if (risky_oops(g))
		return 0;
	risky_emit(g, JMP_K(BPF_JEQ, 0, 0, 0));
	if (!g->holds && risky_chance(g, 50)) {
		risky_to_bail(g);
		return 0;
	}
	return g->p->len;
}

static void land(struct risky_gen *g, u32 from)
{
	if (from)
		g->p->insns[from - 1].off = (s16)(g->p->len - from);
}

static void both_ways(struct risky_gen *g, const u8 kind[10], u64 filled)
{
	for (u32 r = 0; r < 10; r++)
		if (g->kind[r] != kind[r])
			g->kind[r] = NOTHING;
	g->filled &= filled;
}

static void do_lookup(struct risky_gen *g)
{
	enum risky_map map = risky_chance(g, 60) ? RISKY_ARRAY : RISKY_HASH;
	u8 kind[10];
	u32 skip;

	put_key(g, 5);
	risky_emit_map(g, 1, map, BPF_PSEUDO_MAP_FD, 0);
	risky_emit(g, MOV_X(2, 10));
	risky_emit(g, ALU64_K(BPF_ADD, 2, SCRATCH));
	call(g, BPF_FUNC_map_lookup_elem);
	skip = null_check(g);
	memcpy(kind, g->kind, sizeof(kind));
	g->kind[0] = VALUE;
	for (u32 n = 1 + risky_below(g, 2); n; n--) {
		u32 base = risky_fresh_but(g, 0, INPUT);

		if (g->kind[base] > NUMBER)
			continue;
		risky_emit(g, MOV_X(base, 0));
		g->kind[base] = POINTER;
		risky_touch(g, base, (struct risky_area){0, RISKY_VALUE, 0});
		g->kind[base] = NOTHING;
	}
	g->kind[0] = NOTHING;
	both_ways(g, kind, g->filled);
	land(g, skip);
}

static void do_stack(struct risky_gen *g)
{
	u32 base = risky_fresh(g);

	risky_emit(g, MOV_X(base, 10));
	g->kind[base] = POINTER;
	risky_touch(g, base, (struct risky_area){BUFFER, 64, 1});
	g->kind[base] = NOTHING;
}

static void do_input(struct risky_gen *g)
{
	u32 base = risky_fresh(g);

	risky_emit(g, MOV_X(base, INPUT));
	g->kind[base] = POINTER;
	risky_touch(g, base, (struct risky_area){0, RISKY_VALUE, 0});
	g->kind[base] = NOTHING;
}

static void do_atomic(struct risky_gen *g)
{
	static const s32 ops[] = {
		BPF_ADD, BPF_OR, BPF_XOR, BPF_AND | BPF_FETCH, BPF_ADD | BPF_FETCH, BPF_XCHG};
	u32 reg = risky_number(g), size = risky_chance(g, 50) ? 4 : 8;

	risky_emit(g, ATOMIC(risky_size_code(size), ops[risky_below(g, ARRAY_SIZE(ops))], INPUT,
			     (s16)(risky_below(g, RISKY_VALUE / size) * size +
				   (risky_oops(g) ? RISKY_VALUE : 0)),
			     reg));
}

/* A pointer goes through the stack. */
static void do_park(struct risky_gen *g)
{
	risky_emit(g, STX(BPF_DW, 10, SCRATCH - 8, INPUT));
	risky_do_alu(g);
	risky_emit(g, LDX(risky_oops(g) ? BPF_W : BPF_DW, INPUT, 10, SCRATCH - 8));
}

/* ---- packets ---- */

static void load_packet(struct risky_gen *g, u32 data, u32 end)
{
	int xdp = g->p->type == BPF_PROG_TYPE_XDP;

	risky_emit(g, LDX(BPF_W, data, CTX, xdp ? 0 : 76));
	risky_emit(g, LDX(BPF_W, end, CTX, xdp ? 4 : 80));
	g->kind[data] = g->kind[end] = POINTER;
}

/* at + n is not past the end, or the function returns */
static void packet_check(struct risky_gen *g, u32 at, u32 end, u32 n)
{
	u32 t = risky_fresh_but(g, at, end);

	if (g->kind[t] > NUMBER || risky_oops(g))
		return;
	risky_emit(g, MOV_X(t, at));
	risky_emit(g, ALU64_K(BPF_ADD, t, (s32)n));
	g->kind[t] = NOTHING;
	switch (risky_below(g, 3)) {
	case 0:
		risky_emit(g, JMP_X(BPF_JGT, t, end, 0));
		break;
	case 1:
		risky_emit(g, JMP_X(BPF_JLT, end, t, 0));
		break;
	default:
		risky_emit(g, JMP_X(risky_oops(g) ? BPF_JLE : BPF_JGE, t, end, 0));
	}
	risky_to_bail(g);
}

/* Something that makes old packet pointers worthless. */
static void move_packet(struct risky_gen *g)
{
	int xdp = g->p->type == BPF_PROG_TYPE_XDP;

	risky_emit(g, MOV_X(1, CTX));
	risky_emit(g, MOV_K(2, xdp ? (s32)risky_below(g, 9) - 4 : (s32)risky_below(g, 64)));
	if (xdp)
		call(g, risky_chance(g, 50) ? BPF_FUNC_xdp_adjust_head : BPF_FUNC_xdp_adjust_tail);
	else
		call(g, BPF_FUNC_skb_pull_data);
	g->kind[0] = NUMBER;
}

static void do_packet(struct risky_gen *g)
{
	u32 data = 8, end = 2 + risky_below(g, 4), max, n = 1 + risky_below(g, 32), size, index;

	if (g->holds || !g->in_main || g->kind[8] > NUMBER || g->kind[end] > NUMBER)
		return;
	if (risky_chance(g, 20))
		move_packet(g);
	load_packet(g, data, end);
	if (risky_chance(g, 50)) {
		index = risky_bounded(g, 40, data, &max);
		if (index == end || index == data)
			goto out;
		risky_emit(g, ALU64_X(BPF_ADD, data, index));
	}
	packet_check(g, data, end, n);
	if (risky_oops(g)) { /* further, after it was checked */
		index = risky_bounded(g, 40, data, &max);
		if (index != end && index != data)
			risky_emit(g, ALU64_X(BPF_ADD, data, index));
	}
	if (risky_oops(g)) {
		move_packet(g);
		g->kind[end] = NOTHING;
	}
	for (u32 i = 1 + risky_below(g, 2); i; i--) {
		size = 1u << risky_below(g, 4);
		if (size > n)
			size = 1;
		risky_access_at(g, data, risky_oops(g) ? (s32)n : (s32)risky_below(g, n - size + 1),
				size);
	}
out:
	g->kind[data] = g->kind[end] = NOTHING;
}

/* ---- helpers that take memory and its size ---- */

/* r2 is a size within [least, 64] of the buffer that the register holds. */
static void sized_args(struct risky_gen *g, u32 ptr, u32 size, u32 least)
{
	u32 max, n, wrong = g->went_wrong;

	if (risky_oops(g)) {
		risky_emit(g, MOV_K(size, 65 + (s32)risky_below(g, 100)));
	} else if (risky_chance(g, 40)) {
		risky_emit(g, MOV_K(size, (s32)(least + 4 * risky_below(g, 15))));
	} else {
		n = risky_bounded(g, 56, 0, &max);
		risky_emit(g, MOV_X(size, n));
		if (least && !risky_oops(g))
			risky_emit(g, ALU64_K(BPF_ADD, size, (s32)least));
	}
	/* past the buffer is what nobody wrote */
	g->p->leaks |= g->went_wrong != wrong;
	risky_emit(g, MOV_X(ptr, 10));
	risky_emit(g, ALU64_K(BPF_ADD, ptr, BUFFER));
}

static void do_csum(struct risky_gen *g)
{
	sized_args(g, 1, 2, 4);
	risky_emit(g, ALU64_K(BPF_AND, 2, 0x7c));
	if (risky_oops(g))
		g->p->leaks = 1;
	else
		risky_emit(g, ALU64_K(BPF_AND, 2, 0x3c));
	risky_emit(g, MOV_K(3, 0));
	risky_emit(g, MOV_K(4, 0));
	risky_emit(g, MOV_K(5, risky_some_imm(g)));
	call(g, BPF_FUNC_csum_diff);
	g->kind[0] = NUMBER;
}

static void do_load_bytes(struct risky_gen *g)
{
	if (!g->in_main)
		return do_csum(g);
	sized_args(g, 3, 4, 1);
	risky_emit(g, MOV_X(1, CTX));
	risky_emit(g, MOV_K(2, (s32)risky_below(g, 30)));
	call(g,
	     g->p->type == BPF_PROG_TYPE_XDP ? BPF_FUNC_xdp_load_bytes : BPF_FUNC_skb_load_bytes);
	g->kind[0] = NUMBER;
}

static void do_update(struct risky_gen *g)
{
	put_key(g, 6);
	risky_emit_map(g, 1, risky_chance(g, 60) ? RISKY_HASH : RISKY_ARRAY, BPF_PSEUDO_MAP_FD, 0);
	risky_emit(g, MOV_X(2, 10));
	risky_emit(g, ALU64_K(BPF_ADD, 2, SCRATCH));
	if (risky_chance(g, 50)) {
		risky_emit(g, MOV_X(3, 10));
		risky_emit(g, ALU64_K(BPF_ADD, 3, risky_oops(g) ? -32 : BUFFER));
	} else {
		risky_emit(g, MOV_X(3, INPUT));
		if (risky_oops(g))
			risky_emit(g, ALU64_K(BPF_ADD, 3, 1));
	}
	risky_emit(g, MOV_K(4, 0));
	call(g, BPF_FUNC_map_update_elem);
	g->kind[0] = NUMBER;
}

/* ---- references ---- */

static void statements(struct risky_gen *g, u32 n);

static void do_ring(struct risky_gen *g)
{
	u8 kind[10], held = g->holds;
	u64 filled;
	u32 skip;

	if (!g->in_main || g->in_loop || g->kind[8] > NUMBER)
		return;
	risky_emit_map(g, 1, RISKY_RING, BPF_PSEUDO_MAP_FD, 0);
	risky_emit(g, MOV_K(2, 32));
	risky_emit(g, MOV_K(3, 0));
	call(g, BPF_FUNC_ringbuf_reserve);
	g->holds = !risky_oops(g);
	skip = null_check(g);
	memcpy(kind, g->kind, sizeof(kind));
	kind[8] = NOTHING;
	filled = g->filled;
	risky_emit(g, MOV_X(8, 0));
	g->kind[8] = POINTER;
	/* all of it, for what nobody wrote is whatever was there */
	for (s16 off = 0; off < 32; off += 8)
		risky_emit(g, ST(BPF_DW, 8, off, 0));
	risky_emit(g, MOV_X(1, 8));
	g->kind[1] = POINTER;
	risky_touch(g, 1, (struct risky_area){0, 32, 0});
	g->kind[1] = NOTHING;
	statements(g, risky_below(g, 3));
	risky_emit(g, MOV_X(1, 8));
	risky_emit(g, MOV_K(2, 0));
	if (!risky_oops(g))
		call(g, risky_chance(g, 60) ? BPF_FUNC_ringbuf_submit : BPF_FUNC_ringbuf_discard);
	if (risky_oops(g))
		risky_access_at(g, 8, 0, 4);
	forget_caller_saved(g);
	g->kind[8] = NOTHING;
	g->holds = held;
	both_ways(g, kind, filled);
	land(g, skip);
}

static void do_socket(struct risky_gen *g)
{
	u32 skip;

	if (!g->in_main || g->holds)
		return;
	risky_emit(g, MOV_X(1, CTX));
	risky_emit(g, MOV_X(2, 10));
	risky_emit(g, ALU64_K(BPF_ADD, 2, BUFFER));
	risky_emit(g, MOV_K(3, 12));
	risky_emit(g, MOV_K(4, -1));
	risky_emit(g, MOV_K(5, 0));
	call(g, BPF_FUNC_sk_lookup_tcp);
	g->holds = 1;
	skip = null_check(g);
	g->holds = 0;
	if (risky_chance(g, 50))
		risky_emit(g, LDX(BPF_W, 2, 0, risky_oops(g) ? 400 : 4));
	risky_emit(g, MOV_X(1, 0));
	if (!risky_oops(g))
		call(g, BPF_FUNC_sk_release);
	forget_caller_saved(g);
	land(g, skip);
}

/* ---- control ---- */

static void do_if(struct risky_gen *g)
{
	u8 before[10], after[10];
	u64 filled = g->filled, filled_after;
	u32 at, over;

	if (g->depth >= 2)
		return risky_do_alu(g);
	g->depth++;
	risky_jump_if(g, risky_number(g));
	at = g->p->len;
	memcpy(before, g->kind, sizeof(before));
	statements(g, 1 + risky_below(g, 3));
	memcpy(after, g->kind, sizeof(after));
	filled_after = g->filled;
	over = risky_chance(g, 50) ? (risky_emit(g, JA(0)), g->p->len) : 0;
	land(g, at);
	if (over) {
		memcpy(g->kind, before, sizeof(before));
		g->filled = filled;
		statements(g, 1 + risky_below(g, 3));
		land(g, over);
		both_ways(g, after, filled_after);
	} else {
		both_ways(g, before, filled);
	}
	g->depth--;
}

/* What was a number at the loop's head is one at its end. */
static void end_of_body(struct risky_gen *g, const u8 head[10])
{
	for (u32 r = 0; r < 9; r++)
		if (r != CTX && r != INPUT && head[r] == NUMBER && g->kind[r] != NUMBER)
			risky_emit(g, MOV_K(r, risky_some_imm(g)));
}

static void do_loop(struct risky_gen *g)
{
	u32 top, out = 0, rounds = 1 + risky_below(g, 6);
	int lazy = risky_chance(g, 30);
	u8 head[10];
	u64 filled;

	if (g->in_loop || g->kind[COUNTER] > NUMBER)
		return risky_do_alu(g);
	g->in_loop = 1;
	g->kind[COUNTER] = NOTHING;
	risky_emit(g, MOV_K(COUNTER, 0));
	top = g->p->len;
	memcpy(head, g->kind, sizeof(head));
	filled = g->filled;
	if (lazy) {
		risky_emit(g, MAY_GOTO(0));
		out = g->p->len;
	}
	statements(g, 1 + risky_below(g, 4));
	end_of_body(g, head);
	risky_emit(g, ALU64_K(BPF_ADD, COUNTER, 1));
	risky_emit(g, JMP_K(BPF_JLT, COUNTER, (s32)rounds, (s16)((s32)top - (s32)g->p->len - 1)));
	if (lazy)
		land(g, out);
	memcpy(g->kind, head, sizeof(head));
	g->kind[COUNTER] = NUMBER;
	g->filled = filled;
	g->in_loop = 0;
}

/* f(r1: the buffer, r2, r3: numbers); the number of the callee until it is there */
static void do_call(struct risky_gen *g)
{
	u32 which = risky_below(g, FUNCS), a = risky_number(g), b = risky_number(g);

	if (!g->in_main || g->calls[which])
		return risky_do_alu(g);
	risky_emit(g, MOV_X(0, a));
	risky_emit(g, MOV_X(3, b));
	risky_emit(g, MOV_X(2, 0));
	risky_emit(g, MOV_X(1, 10));
	risky_emit(g, ALU64_K(BPF_ADD, 1, BUFFER));
	g->calls[which] = g->p->len;
	risky_emit(g, CALL_SUB(0));
	forget_caller_saved(g);
	g->kind[0] = NUMBER;
}

static void do_leak(struct risky_gen *g)
{
	u32 reg = risky_number(g);

	if (!risky_oops(g))
		return risky_do_alu(g);
	g->p->leaks = 1;
	risky_emit(g, ALU64_X(BPF_SUB, reg, risky_chance(g, 50) ? INPUT : 10));
}

static void do_const(struct risky_gen *g)
{
	u32 reg = risky_fresh(g);
	u64 value = gen_value(&g->random);

	risky_emit(g, INSN(BPF_LD | BPF_IMM | BPF_DW, reg, 0, 0, (s32)value));
	risky_emit(g, INSN(0, 0, 0, 0, (s32)(value >> 32)));
	g->kind[reg] = NUMBER;
}

static void do_load_input(struct risky_gen *g)
{
	risky_load_input(g, risky_fresh(g));
}

static void do_ctx(struct risky_gen *g)
{
	static const u8 skb[] = {0, 4, 8, 32, 48, 52, 56, 60, 64}, xdp[] = {12, 16};
	int is_xdp = g->p->type == BPF_PROG_TYPE_XDP;
	u32 reg = risky_fresh(g), off = is_xdp ? xdp[risky_below(g, 2)] : skb[risky_below(g, 9)],
	    size = 1u << risky_below(g, 3);

	if (!g->in_main)
		return risky_do_alu(g);
	/* a part of pkt_type is all of it to Linux */
	if (is_xdp || off == 4)
		size = 4;
	if (risky_oops(g))
		off += 1;
	risky_emit(g, LDX(risky_size_code(size), reg, CTX, (s16)off));
	g->kind[reg] = NUMBER;
}

/* A number that goes through the stack and comes back as part of itself, which is then judged. */
static void do_part(struct risky_gen *g)
{
	u32 from = risky_number(g), to = risky_fresh_but(g, from, INPUT),
	    size = 1u << risky_below(g, 3);
	s16 off = (s16)(-8 * (s32)(1 + risky_below(g, 8)));

	if (g->holds || g->kind[to] > NUMBER)
		return;
	if (risky_chance(g, 60))
		risky_emit(g, ALU32_K(BPF_RSH, from, (s32)(8 * (4 - size))));
	risky_emit(g, STX(BPF_DW, 10, off, from));
	risky_emit(g, INSN(BPF_LDX | (risky_chance(g, 60) ? BPF_MEMSX : BPF_MEM) |
				   risky_size_code(size),
			   to, 10, off, 0));
	g->filled |= 0xffull << (SLOTS + off);
	g->kind[to] = NUMBER;
	risky_jump_if(g, risky_chance(g, 80) ? to : from);
	risky_to_bail(g);
}

/* Two numbers at a distance from each other; what is learnt of one is known of the other. */
static void do_distance(struct risky_gen *g)
{
	u32 from = risky_number(g), to = risky_fresh_but(g, from, INPUT);
	u8 class = risky_chance(g, 70) ? BPF_ALU64 : BPF_ALU;

	if (g->holds || g->kind[to] > NUMBER)
		return;
	risky_emit(g, INSN(class | BPF_MOV | BPF_X, to, from, 0, 0));
	risky_emit(g, INSN(class | (risky_chance(g, 70) ? BPF_ADD : BPF_SUB) | BPF_K, to, 0, 0,
			   risky_some_imm(g)));
	g->kind[to] = NUMBER;
	if (risky_chance(g, 30))
		risky_do_alu(g);
	risky_jump_if(g, risky_chance(g, 50) ? to : from);
	risky_to_bail(g);
}

static void do_nothing_read(struct risky_gen *g)
{
	u32 reg = risky_any_reg(g);

	if (risky_oops(g) && g->kind[reg] == NOTHING)
		risky_emit(g, MOV_X(reg, reg));
	else
		risky_do_alu(g);
}

static const struct {
	void (*emit)(struct risky_gen *g);
	u32 weight;
} kinds[] = {{risky_do_alu, 22},  {do_load_input, 8}, {do_const, 3},  {risky_do_assume, 8},
	     {risky_do_spill, 8}, {risky_do_fill, 8}, {do_lookup, 8}, {do_stack, 7},
	     {do_input, 8},       {do_atomic, 2},     {do_park, 2},   {do_packet, 8},
	     {do_csum, 3},        {do_load_bytes, 3}, {do_update, 3}, {do_ring, 4},
	     {do_socket, 2},      {do_if, 12},        {do_loop, 5},   {do_call, 3},
	     {do_part, 4},        {do_distance, 4},   {do_leak, 1},   {do_ctx, 3},
	     {do_nothing_read, 2}};

static void statement(struct risky_gen *g)
{
	u32 all = 0, pick;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		all += kinds[i].weight;
	pick = risky_below(g, all);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (pick < kinds[i].weight) {
			kinds[i].emit(g);
			return;
		}
		pick -= kinds[i].weight;
	}
}

static void statements(struct risky_gen *g, u32 n)
{
	while (n-- && g->p->len + ROOM < RISKY_INSNS)
		statement(g);
}

static void begin_main(struct risky_gen *g)
{
	risky_emit(g, MOV_X(CTX, 1));
	g->kind[CTX] = CONTEXT;
	risky_emit_map(g, INPUT, RISKY_INPUT, BPF_PSEUDO_MAP_VALUE, 0);
	g->kind[INPUT] = VALUE;
}

/* r1 is the caller's buffer, r2 and r3 are numbers */
static void begin_function(struct risky_gen *g)
{
	risky_emit(g, MOV_X(8, 1));
	risky_emit_map(g, INPUT, RISKY_INPUT, BPF_PSEUDO_MAP_VALUE, 0);
	g->kind[INPUT] = VALUE;
	g->kind[8] = POINTER;
	g->kind[2] = g->kind[3] = NUMBER;
	risky_touch(g, 8, (struct risky_area){0, 64, 1});
	g->kind[8] = NOTHING;
}

/* r0 is what all numbers hash to; and the way out. */
static void end_function(struct risky_gen *g)
{
	if (g->kind[0] != NUMBER)
		risky_emit(g, MOV_K(0, 0));
	for (u32 r = 1; r < 10; r++)
		if (g->kind[r] == NUMBER) {
			risky_emit(g, ALU64_K(BPF_MUL, 0, 31));
			risky_emit(g, ALU64_X(BPF_XOR, 0, r));
		}
	risky_emit(g, EXIT);
	if (!g->nr_bails)
		return;
	for (u32 i = 0; i < g->nr_bails; i++)
		land(g, g->bail[i] + 1);
	risky_emit(g, MOV_K(0, 1));
	risky_emit(g, EXIT);
}

static void function(struct risky_gen *g, u32 n)
{
	memset(g->kind, NOTHING, sizeof(g->kind));
	g->filled = 0;
	g->nr_bails = g->depth = g->in_loop = g->holds = 0;
	if (g->in_main)
		begin_main(g);
	for (s16 off = BUFFER; off < BUFFER + 64; off += 8)
		risky_emit(g, ST(BPF_DW, 10, off, 0));
	if (!g->in_main)
		begin_function(g);
	statements(g, n);
	end_function(g);
}

void risky_program(u64 seed, struct risky *program)
{
	struct risky_gen g = {.p = program, .random = seed, .in_main = 1};

	program->type = risky_below(&g, 2) ? BPF_PROG_TYPE_XDP : BPF_PROG_TYPE_SCHED_CLS;
	program->len = 0;
	program->leaks = program->maps = 0;
	g.oops = 12 + risky_below(&g, 70);
	function(&g, 4 + risky_below(&g, 14));
	g.in_main = 0;
	for (u32 i = 0; i < FUNCS; i++) {
		u32 at = g.calls[i];

		if (!at)
			continue;
		program->insns[at].imm = (s32)(program->len - at - 1);
		function(&g, 2 + risky_below(&g, 6));
	}
}
