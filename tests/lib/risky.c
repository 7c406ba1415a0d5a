/* Random programs that a verifier has to think about, see risky.h. */
#include "tests/lib/risky.h"

#include "isa/isa.h"
#include "tests/lib/gen.h"
#include "tests/lib/hand.h"

enum {
	CTX = 6,
	INPUT = 7,
	COUNTER = 9,
	SLOTS = 64,   /* [fp-64, fp): spills */
	BUFFER = -128, /* 64 bytes of buffer, filled at the start */
	SCRATCH = -136, /* a key, a pointer for a while */
	MAX_BAILS = 64,
	FUNCS = 2,
	ROOM = 200, /* what a statement and a function's end may take */
};

enum kind { NOTHING, NUMBER, CONTEXT, VALUE /* RISKY_VALUE bytes */, POINTER };

struct gen {
	struct risky *p;
	u64 random;
	u8 kind[10];	/* enum kind, by register */
	u64 filled;	/* bytes of [fp-64, fp) that hold something, from fp-64 up */
	u32 bail[MAX_BAILS], nr_bails; /* jumps to the way out */
	u32 calls[FUNCS]; /* pc of the call, 0: none */
	u32 depth, oops;  /* oops: one in so many steps goes wrong */
	u8 in_main, in_loop, holds; /* holds: no way out from here */
};

static u32 below(struct gen *g, u32 n)
{
	return (u32)(gen_random(&g->random) >> 32) % n;
}

static int chance(struct gen *g, u32 percent)
{
	return below(g, 100) < percent;
}

/* Does this step go wrong? */
static int oops(struct gen *g)
{
	return !below(g, g->oops);
}

static struct bpf_insn *emit(struct gen *g, struct bpf_insn insn)
{
	struct bpf_insn *at = &g->p->insns[g->p->len++];

	*at = insn;
	return at;
}

static void emit_map(struct gen *g, u32 dst, enum risky_map map, u32 pseudo, u32 off)
{
	emit(g, INSN(BPF_LD | BPF_IMM | BPF_DW, dst, pseudo, 0, (s32)map));
	emit(g, INSN(0, 0, 0, 0, (s32)off));
	g->p->uses_ring |= map == RISKY_RING;
}

static u8 size_code(u32 size)
{
	return size == 1 ? BPF_B : size == 2 ? BPF_H : size == 4 ? BPF_W : BPF_DW;
}

static s32 some_imm(struct gen *g)
{
	static const s32 common[] = {1, 2, 3, 7, 8, 15, 16, 31, 63, 64, 100, 255, 256, -1, -2, -8};

	return chance(g, 60) ? common[below(g, ARRAY_SIZE(common))] : (s32)gen_value(&g->random);
}

/* A register to write to: 0 to 5 and 8; 9 too where it counts no loop. */
static u32 any_reg(struct gen *g)
{
	static const u8 regs[] = {0, 1, 2, 3, 4, 5, 8, 9};

	return regs[below(g, g->in_loop ? 7 : 8)];
}

static u32 fresh(struct gen *g)
{
	u32 reg = any_reg(g);

	/* in a loop what is a pointer at its head has to be one at its end */
	for (u32 i = 0; i < 20 && g->kind[reg] > NUMBER; i++)
		reg = any_reg(g);
	return reg;
}

static u32 load_input(struct gen *g, u32 dst)
{
	static const u8 modes[] = {BPF_MEM, BPF_MEM, BPF_MEM, BPF_MEMSX};
	u8 mode = modes[below(g, 4)];
	u32 size = 1u << below(g, mode == BPF_MEMSX ? 3 : 4);

	emit(g, INSN(BPF_LDX | mode | size_code(size), dst, INPUT,
		     (s16)(below(g, RISKY_VALUE / size) * size), 0));
	g->kind[dst] = NUMBER;
	return dst;
}

/* A register with a number; one is made if there is none. */
static u32 number(struct gen *g)
{
	for (u32 i = 0; i < 12; i++) {
		u32 reg = any_reg(g);

		if (g->kind[reg] == NUMBER)
			return reg;
	}
	return load_input(g, fresh(g));
}

static u32 other_number(struct gen *g, u32 than)
{
	for (u32 i = 0; i < 12; i++) {
		u32 reg = number(g);

		if (reg != than)
			return reg;
	}
	return than;
}

/* A register that is neither. */
static u32 fresh_but(struct gen *g, u32 a, u32 b)
{
	u32 reg;

	do
		reg = any_reg(g);
	while (reg == a || reg == b);
	return reg;
}

/* The instruction that was emitted last jumps to the way out. */
static void to_bail(struct gen *g)
{
	if (g->nr_bails < MAX_BAILS)
		g->bail[g->nr_bails++] = g->p->len - 1;
}

/* ---- numbers ---- */

static s32 alu_imm(struct gen *g, u8 code)
{
	s32 imm = some_imm(g), bits = BPF_CLASS(code) == BPF_ALU64 ? 64 : 32;

	switch (BPF_OP(code)) {
	case BPF_LSH:
	case BPF_RSH:
	case BPF_ARSH:
		return (s32)below(g, (u32)bits);
	case BPF_DIV:
	case BPF_MOD:
		return imm ? imm : 3;
	default:
		return imm;
	}
}

static void alu_on(struct gen *g, u32 dst, u32 src)
{
	u32 groups =
		1 << ISA_GROUP_ALU | 1 << ISA_GROUP_MOV | 1 << ISA_GROUP_NEG | 1 << ISA_GROUP_END;
	const struct isa_row *row;
	struct bpf_insn insn;
	enum isa_op op;

	do
		op = 1 + below(g, ISA_OPS - 1);
	while (!(groups >> isa_rows[op].group & 1) || op == ISA_ADDR_SPACE_CAST);
	row = &isa_rows[op];
	insn = (struct bpf_insn){.code = row->code, .dst_reg = dst & 15};
	if (row->uses & ISA_SRC)
		insn.src_reg = src & 15;
	if (row->uses & ISA_I)
		insn.imm = alu_imm(g, insn.code);
	if (row->by == ISA_BY_OFF)
		insn.off = (s16)row->value;
	if (row->by == ISA_BY_IMM)
		insn.imm = row->value;
	emit(g, insn);
}

static void do_alu(struct gen *g)
{
	u32 dst = number(g);

	alu_on(g, dst, other_number(g, dst));
}

static u8 jump_op(struct gen *g)
{
	static const u8 ops[] = {BPF_JEQ,  BPF_JNE,  BPF_JGT, BPF_JGE,	BPF_JLT, BPF_JLE,
				 BPF_JSGT, BPF_JSGE, BPF_JSLT, BPF_JSLE, BPF_JSET};

	return ops[below(g, ARRAY_SIZE(ops))];
}

static struct bpf_insn *jump_if(struct gen *g, u32 reg)
{
	u8 class = chance(g, 40) ? BPF_JMP32 : BPF_JMP, op = jump_op(g);

	if (chance(g, 30))
		return emit(g, INSN(class | op | BPF_X, reg, other_number(g, reg), 0, 0));
	return emit(g, INSN(class | op | BPF_K, reg, 0, 0, some_imm(g)));
}

/* What holds of a number from here on, else the function returns. */
static void do_assume(struct gen *g)
{
	if (g->holds)
		return;
	jump_if(g, number(g));
	to_bail(g);
}

/* ---- the stack ---- */

static u64 bytes_at(u32 at, u32 size)
{
	return (size == 8 ? ~0ull >> 56 : (1ull << size) - 1) << at;
}

static void do_spill(struct gen *g)
{
	u32 size = 1u << below(g, 4), at = below(g, SLOTS / size) * size;
	s16 off = (s16)(at - SLOTS);

	if (chance(g, 25))
		emit(g, INSN(BPF_ST | BPF_MEM | size_code(size), 10, 0, off, some_imm(g)));
	else
		emit(g, INSN(BPF_STX | BPF_MEM | size_code(size), 10, number(g), off, 0));
	g->filled |= bytes_at(at, size);
}

static void do_fill(struct gen *g)
{
	for (u32 i = 0; i < 16; i++) {
		u32 size = 1u << below(g, 4), at = below(g, SLOTS / size) * size, dst;
		u8 mode = size < 8 && chance(g, 30) ? BPF_MEMSX : BPF_MEM;

		if ((g->filled & bytes_at(at, size)) != bytes_at(at, size))
			continue;
		dst = fresh(g);
		emit(g, INSN(BPF_LDX | mode | size_code(size), dst, 10, (s16)(at - SLOTS), 0));
		g->kind[dst] = NUMBER;
		return;
	}
	do_spill(g);
}

/* ---- bounded offsets ---- */

/* One way to bound reg to [0, max], more or less. */
static void bound(struct gen *g, u32 reg, u32 max)
{
	u32 k = oops(g) ? max + 1 : max, how = below(g, 12);
	u32 bits = 32 - (u32)__builtin_clz(max | 1);
	u8 small = (u8)(max >= (1u << bits) - 1 ? bits : bits - 1);

	if (g->holds && how >= 5)
		how %= 5;
	switch (how) {
	case 0:
		emit(g, ALU64_K(BPF_AND, reg, oops(g) ? (s32)gen_value(&g->random) : (1 << small) - 1));
		return;
	case 1:
		emit(g, ALU64_K(BPF_MOD, reg, (s32)k + 1));
		return;
	case 2:
		emit(g, ALU64_K(BPF_RSH, reg, 64 - small));
		return;
	case 3:
		emit(g, ALU32_K(BPF_AND, reg, (1 << small) - 1));
		return;
	case 4:
		emit(g, ALU32_K(BPF_RSH, reg, small ? 32 - small : 31));
		return;
	case 5:
	case 6:
		emit(g, JMP_K(BPF_JGT, reg, (s32)k, 0));
		break;
	case 7:
		emit(g, JMP_K(BPF_JGE, reg, (s32)k + 1, 0));
		break;
	case 8: /* signed: both ends */
		emit(g, JMP_K(BPF_JSGT, reg, (s32)k, 0));
		to_bail(g);
		if (oops(g))
			return;
		emit(g, JMP_K(BPF_JSLT, reg, 0, 0));
		break;
	case 9: /* 32 bits: of a number that has no more */
		if (!oops(g))
			emit(g, ALU32_X(BPF_MOV, reg, reg));
		emit(g, INSN(BPF_JMP32 | BPF_JGT | BPF_K, reg, 0, 0, (s32)k));
		break;
	case 10:
		emit(g, JMP_K(BPF_JSET, reg, oops(g) ? some_imm(g) : ~((1 << small) - 1), 0));
		break;
	default: /* the bound is in a register */
	{
		u32 r = fresh_but(g, reg, reg);

		if (g->kind[r] > NUMBER || r == INPUT)
			emit(g, JMP_K(BPF_JGT, reg, (s32)k, 0));
		else {
			emit(g, MOV_K(r, (s32)k));
			g->kind[r] = NUMBER;
			emit(g, JMP_X(BPF_JLT, r, reg, 0));
		}
	}
	}
	to_bail(g);
}

/* After the bounds: something that keeps most of them.  What [0, max] has become. */
static u32 stretch(struct gen *g, u32 reg, u32 max, u32 limit)
{
	switch (below(g, 10)) {
	case 0:
		if (max * 3 > limit)
			return max;
		emit(g, ALU64_K(BPF_MUL, reg, 3));
		return max * 3;
	case 1:
		if (max * 4 > limit)
			return max;
		emit(g, ALU64_K(BPF_LSH, reg, 2));
		return max * 4;
	case 2:
		emit(g, ALU64_K(BPF_ADD, reg, 1));
		return max + 1;
	case 3:
		emit(g, ALU64_K(BPF_DIV, reg, 2));
		return max;
	case 4:
		emit(g, ALU64_K(BPF_ARSH, reg, 1));
		return max;
	case 5: /* sign extension of a byte that has no sign */
		emit(g, INSN(BPF_ALU64 | BPF_MOV | BPF_X, reg, reg, 8, 0));
		return max;
	case 6:
		if (!oops(g))
			return max;
		alu_on(g, reg, other_number(g, reg));
		return max;
	default:
		return max;
	}
}

/* A number within [0, *max] in a register of its own; *max is at most `limit`. */
static u32 bounded(struct gen *g, u32 limit, u32 but, u32 *max)
{
	u32 from = number(g), reg = fresh_but(g, but, INPUT);
	u32 want = 1 + below(g, limit);

	for (u32 i = 0; i < 20 && g->kind[reg] > NUMBER; i++)
		reg = fresh_but(g, but, INPUT);
	g->kind[reg] = NUMBER;
	if (reg != from)
		emit(g, MOV_X(reg, from));
	for (u32 n = below(g, 3); n; n--)
		alu_on(g, reg, other_number(g, reg));
	if (oops(g)) {
		*max = want;
		return reg;
	}
	/* the same number in another register is bounded: both are */
	if (chance(g, 15) && reg != from)
		bound(g, from, want);
	bound(g, reg, want);
	*max = stretch(g, reg, want, limit);
	return reg;
}

/* ---- memory at a pointer that holds `room` bytes ---- */

static void access_at(struct gen *g, u32 base, s32 off, u32 size)
{
	u32 reg;

	switch (below(g, 8)) {
	case 0:
	case 1:
		reg = number(g);
		emit(g, INSN(BPF_STX | BPF_MEM | size_code(size), base, reg, (s16)off, 0));
		return;
	case 2:
		emit(g, INSN(BPF_ST | BPF_MEM | size_code(size), base, 0, (s16)off, some_imm(g)));
		return;
	default:
		reg = fresh(g);
		if (reg == base)
			return;
		emit(g, INSN(BPF_LDX | (size < 8 && chance(g, 30) ? BPF_MEMSX : BPF_MEM) |
				     size_code(size),
			     reg, base, (s16)off, 0));
		g->kind[reg] = NUMBER;
	}
}

/* At base + something within `room` bytes from base + first.  base is changed. */
static void touch(struct gen *g, u32 base, s32 first, u32 room)
{
	u32 size = 1u << below(g, 4), max, index;

	if (chance(g, 30)) {
		s32 off = (s32)(below(g, (room - size) / size + 1) * size);

		access_at(g, base, first + (oops(g) ? off + (s32)room - 3 : off), size);
		return;
	}
	index = bounded(g, room - size > 1 ? room - size - 1 : 1, base, &max);
	if (max + size > room)
		max = room - size;
	emit(g, ALU64_X(BPF_ADD, base, index));
	if (chance(g, 10))
		emit(g, ALU64_X(BPF_SUB, base, index));
	access_at(g, base, first + (oops(g) ? (s32)(room - size - max + 1) : (s32)below(g, room - size - max + 1)),
		  size);
}

static void put_key(struct gen *g, u32 limit)
{
	if (chance(g, 60)) {
		emit(g, ST(BPF_DW, 10, SCRATCH, (s32)below(g, limit)));
		return;
	}
	emit(g, ALU64_K(BPF_AND, number(g), 7));
	emit(g, STX(BPF_DW, 10, SCRATCH, number(g)));
}

static void forget_caller_saved(struct gen *g)
{
	for (u32 r = 0; r <= 5; r++)
		g->kind[r] = NOTHING;
}

static void call(struct gen *g, u32 helper)
{
	emit(g, CALL((s32)helper));
	forget_caller_saved(g);
}

/* r0 may be NULL: the function returns, or what follows is skipped. */
static u32 null_check(struct gen *g)
{
	if (oops(g))
		return 0;
	emit(g, JMP_K(BPF_JEQ, 0, 0, 0));
	if (!g->holds && chance(g, 50)) {
		to_bail(g);
		return 0;
	}
	return g->p->len;
}

static void land(struct gen *g, u32 from)
{
	if (from)
		g->p->insns[from - 1].off = (s16)(g->p->len - from);
}

static void both_ways(struct gen *g, const u8 kind[10], u64 filled)
{
	for (u32 r = 0; r < 10; r++)
		if (g->kind[r] != kind[r])
			g->kind[r] = NOTHING;
	g->filled &= filled;
}

static void do_lookup(struct gen *g)
{
	enum risky_map map = chance(g, 60) ? RISKY_ARRAY : RISKY_HASH;
	u8 kind[10];
	u32 skip;

	put_key(g, 5);
	emit_map(g, 1, map, BPF_PSEUDO_MAP_FD, 0);
	emit(g, MOV_X(2, 10));
	emit(g, ALU64_K(BPF_ADD, 2, SCRATCH));
	call(g, BPF_FUNC_map_lookup_elem);
	skip = null_check(g);
	memcpy(kind, g->kind, sizeof(kind));
	g->kind[0] = VALUE;
	for (u32 n = 1 + below(g, 2); n; n--) {
		u32 base = fresh_but(g, 0, INPUT);

		if (g->kind[base] > NUMBER)
			continue;
		emit(g, MOV_X(base, 0));
		g->kind[base] = POINTER;
		touch(g, base, 0, RISKY_VALUE);
		g->kind[base] = NOTHING;
	}
	g->kind[0] = NOTHING;
	both_ways(g, kind, g->filled);
	land(g, skip);
}

static void do_stack(struct gen *g)
{
	u32 base = fresh(g);

	emit(g, MOV_X(base, 10));
	g->kind[base] = POINTER;
	touch(g, base, BUFFER, 64);
	g->kind[base] = NOTHING;
}

static void do_input(struct gen *g)
{
	u32 base = fresh(g);

	emit(g, MOV_X(base, INPUT));
	g->kind[base] = POINTER;
	touch(g, base, 0, RISKY_VALUE);
	g->kind[base] = NOTHING;
}

static void do_atomic(struct gen *g)
{
	static const s32 ops[] = {BPF_ADD, BPF_OR, BPF_XOR, BPF_AND | BPF_FETCH, BPF_ADD | BPF_FETCH,
				  BPF_XCHG};
	u32 reg = number(g), size = chance(g, 50) ? 4 : 8;

	emit(g, ATOMIC(size_code(size), ops[below(g, ARRAY_SIZE(ops))], INPUT,
		       (s16)(below(g, RISKY_VALUE / size) * size + (oops(g) ? RISKY_VALUE : 0)), reg));
}

/* A pointer goes through the stack. */
static void do_park(struct gen *g)
{
	emit(g, STX(BPF_DW, 10, SCRATCH - 8, INPUT));
	do_alu(g);
	emit(g, LDX(oops(g) ? BPF_W : BPF_DW, INPUT, 10, SCRATCH - 8));
}

/* ---- packets ---- */

static void load_packet(struct gen *g, u32 data, u32 end)
{
	int xdp = g->p->type == BPF_PROG_TYPE_XDP;

	emit(g, LDX(BPF_W, data, CTX, xdp ? 0 : 76));
	emit(g, LDX(BPF_W, end, CTX, xdp ? 4 : 80));
	g->kind[data] = g->kind[end] = POINTER;
}

/* at + n is not past the end, or the function returns */
static void packet_check(struct gen *g, u32 at, u32 end, u32 n)
{
	u32 t = fresh_but(g, at, end);

	if (g->kind[t] > NUMBER || oops(g))
		return;
	emit(g, MOV_X(t, at));
	emit(g, ALU64_K(BPF_ADD, t, (s32)n));
	g->kind[t] = NOTHING;
	switch (below(g, 3)) {
	case 0:
		emit(g, JMP_X(BPF_JGT, t, end, 0));
		break;
	case 1:
		emit(g, JMP_X(BPF_JLT, end, t, 0));
		break;
	default:
		emit(g, JMP_X(oops(g) ? BPF_JLE : BPF_JGE, t, end, 0));
	}
	to_bail(g);
}

/* Something that makes old packet pointers worthless. */
static void move_packet(struct gen *g)
{
	int xdp = g->p->type == BPF_PROG_TYPE_XDP;

	emit(g, MOV_X(1, CTX));
	emit(g, MOV_K(2, xdp ? (s32)below(g, 9) - 4 : (s32)below(g, 64)));
	if (xdp)
		call(g, chance(g, 50) ? BPF_FUNC_xdp_adjust_head : BPF_FUNC_xdp_adjust_tail);
	else
		call(g, BPF_FUNC_skb_pull_data);
	g->kind[0] = NUMBER;
}

static void do_packet(struct gen *g)
{
	u32 data = 8, end = 2 + below(g, 4), max, n = 1 + below(g, 32), size, index;

	if (g->holds || !g->in_main || g->kind[8] > NUMBER || g->kind[end] > NUMBER)
		return;
	if (chance(g, 20))
		move_packet(g);
	load_packet(g, data, end);
	if (chance(g, 50)) {
		index = bounded(g, 40, data, &max);
		if (index == end || index == data)
			goto out;
		emit(g, ALU64_X(BPF_ADD, data, index));
	}
	packet_check(g, data, end, n);
	if (oops(g)) {
		move_packet(g);
		g->kind[end] = NOTHING;
	}
	for (u32 i = 1 + below(g, 2); i; i--) {
		size = 1u << below(g, 4);
		if (size > n)
			size = 1;
		access_at(g, data, oops(g) ? (s32)n : (s32)below(g, n - size + 1), size);
	}
out:
	g->kind[data] = g->kind[end] = NOTHING;
}

/* ---- helpers that take memory and its size ---- */

/* r2 is a size within [least, 64] of the buffer that the register holds. */
static void sized_args(struct gen *g, u32 ptr, u32 size, u32 least)
{
	u32 max, n;

	if (chance(g, 40)) {
		emit(g, MOV_K(size, oops(g) ? 65 + (s32)below(g, 100) : (s32)(least + 4 * below(g, 15))));
	} else {
		n = bounded(g, 56, 0, &max);
		emit(g, MOV_X(size, n));
		if (least && !oops(g))
			emit(g, ALU64_K(BPF_ADD, size, (s32)least));
	}
	emit(g, MOV_X(ptr, 10));
	emit(g, ALU64_K(BPF_ADD, ptr, BUFFER));
}

static void do_csum(struct gen *g)
{
	sized_args(g, 1, 2, 4);
	emit(g, ALU64_K(BPF_AND, 2, 0x7c));
	if (!oops(g))
		emit(g, ALU64_K(BPF_AND, 2, 0x3c));
	emit(g, MOV_K(3, 0));
	emit(g, MOV_K(4, 0));
	emit(g, MOV_K(5, some_imm(g)));
	call(g, BPF_FUNC_csum_diff);
	g->kind[0] = NUMBER;
}

static void do_load_bytes(struct gen *g)
{
	if (!g->in_main)
		return do_csum(g);
	sized_args(g, 3, 4, 1);
	emit(g, MOV_X(1, CTX));
	emit(g, MOV_K(2, (s32)below(g, 30)));
	call(g, g->p->type == BPF_PROG_TYPE_XDP ? BPF_FUNC_xdp_load_bytes :
						  BPF_FUNC_skb_load_bytes);
	g->kind[0] = NUMBER;
}

static void do_update(struct gen *g)
{
	put_key(g, 6);
	emit_map(g, 1, chance(g, 60) ? RISKY_HASH : RISKY_ARRAY, BPF_PSEUDO_MAP_FD, 0);
	emit(g, MOV_X(2, 10));
	emit(g, ALU64_K(BPF_ADD, 2, SCRATCH));
	if (chance(g, 50)) {
		emit(g, MOV_X(3, 10));
		emit(g, ALU64_K(BPF_ADD, 3, oops(g) ? -56 : BUFFER));
	} else {
		emit(g, MOV_X(3, INPUT));
		if (oops(g))
			emit(g, ALU64_K(BPF_ADD, 3, 1));
	}
	emit(g, MOV_K(4, 0));
	call(g, BPF_FUNC_map_update_elem);
	g->kind[0] = NUMBER;
}

/* ---- references ---- */

static void statements(struct gen *g, u32 n);

static void do_ring(struct gen *g)
{
	u8 kind[10], held = g->holds;
	u64 filled;
	u32 skip;

	if (!g->in_main || g->in_loop || g->kind[8] > NUMBER)
		return;
	emit_map(g, 1, RISKY_RING, BPF_PSEUDO_MAP_FD, 0);
	emit(g, MOV_K(2, 32));
	emit(g, MOV_K(3, 0));
	call(g, BPF_FUNC_ringbuf_reserve);
	g->holds = !oops(g);
	skip = null_check(g);
	memcpy(kind, g->kind, sizeof(kind));
	kind[8] = NOTHING;
	filled = g->filled;
	emit(g, MOV_X(8, 0));
	g->kind[8] = POINTER;
	/* all of it, for what nobody wrote is whatever was there */
	for (s16 off = 0; off < 32; off += 8)
		emit(g, ST(BPF_DW, 8, off, 0));
	emit(g, MOV_X(1, 8));
	g->kind[1] = POINTER;
	touch(g, 1, 0, 32);
	g->kind[1] = NOTHING;
	statements(g, below(g, 3));
	emit(g, MOV_X(1, 8));
	emit(g, MOV_K(2, 0));
	if (!oops(g))
		call(g, chance(g, 60) ? BPF_FUNC_ringbuf_submit : BPF_FUNC_ringbuf_discard);
	if (oops(g))
		access_at(g, 8, 0, 4);
	forget_caller_saved(g);
	g->kind[8] = NOTHING;
	g->holds = held;
	both_ways(g, kind, filled);
	land(g, skip);
}

static void do_socket(struct gen *g)
{
	u32 skip;

	if (!g->in_main || g->holds)
		return;
	emit(g, MOV_X(1, CTX));
	emit(g, MOV_X(2, 10));
	emit(g, ALU64_K(BPF_ADD, 2, BUFFER));
	emit(g, MOV_K(3, 12));
	emit(g, MOV_K(4, -1));
	emit(g, MOV_K(5, 0));
	call(g, BPF_FUNC_sk_lookup_tcp);
	g->holds = 1;
	skip = null_check(g);
	g->holds = 0;
	if (chance(g, 50))
		emit(g, LDX(BPF_W, 2, 0, oops(g) ? 400 : 4));
	emit(g, MOV_X(1, 0));
	if (!oops(g))
		call(g, BPF_FUNC_sk_release);
	forget_caller_saved(g);
	land(g, skip);
}

/* ---- control ---- */

static void do_if(struct gen *g)
{
	u8 before[10], after[10];
	u64 filled = g->filled, filled_after;
	u32 at, over;

	if (g->depth >= 2)
		return do_alu(g);
	g->depth++;
	jump_if(g, number(g));
	at = g->p->len;
	memcpy(before, g->kind, sizeof(before));
	statements(g, 1 + below(g, 3));
	memcpy(after, g->kind, sizeof(after));
	filled_after = g->filled;
	over = chance(g, 50) ? (emit(g, JA(0)), g->p->len) : 0;
	land(g, at);
	if (over) {
		memcpy(g->kind, before, sizeof(before));
		g->filled = filled;
		statements(g, 1 + below(g, 3));
		land(g, over);
		both_ways(g, after, filled_after);
	} else {
		both_ways(g, before, filled);
	}
	g->depth--;
}

/* What was a number at the loop's head is one at its end. */
static void end_of_body(struct gen *g, const u8 head[10])
{
	for (u32 r = 0; r < 9; r++)
		if (r != CTX && r != INPUT && head[r] == NUMBER && g->kind[r] != NUMBER)
			emit(g, MOV_K(r, some_imm(g)));
}

static void do_loop(struct gen *g)
{
	u32 top, out = 0, rounds = 1 + below(g, 6);
	int lazy = chance(g, 30);
	u8 head[10];
	u64 filled;

	if (g->in_loop || g->kind[COUNTER] > NUMBER)
		return do_alu(g);
	g->in_loop = 1;
	g->kind[COUNTER] = NOTHING;
	emit(g, MOV_K(COUNTER, 0));
	top = g->p->len;
	memcpy(head, g->kind, sizeof(head));
	filled = g->filled;
	if (lazy) {
		emit(g, MAY_GOTO(0));
		out = g->p->len;
	}
	statements(g, 1 + below(g, 4));
	end_of_body(g, head);
	emit(g, ALU64_K(BPF_ADD, COUNTER, 1));
	emit(g, JMP_K(BPF_JLT, COUNTER, (s32)rounds, (s16)((s32)top - (s32)g->p->len - 1)));
	if (lazy)
		land(g, out);
	memcpy(g->kind, head, sizeof(head));
	g->kind[COUNTER] = NUMBER;
	g->filled = filled;
	g->in_loop = 0;
}

/* f(r1: the buffer, r2, r3: numbers); the number of the callee until it is there */
static void do_call(struct gen *g)
{
	u32 which = below(g, FUNCS), a = number(g), b = number(g);

	if (!g->in_main || g->calls[which])
		return do_alu(g);
	emit(g, MOV_X(0, a));
	emit(g, MOV_X(3, b));
	emit(g, MOV_X(2, 0));
	emit(g, MOV_X(1, 10));
	emit(g, ALU64_K(BPF_ADD, 1, BUFFER));
	g->calls[which] = g->p->len;
	emit(g, CALL_SUB(0));
	forget_caller_saved(g);
	g->kind[0] = NUMBER;
}

static void do_leak(struct gen *g)
{
	u32 reg = number(g);

	if (!oops(g))
		return do_alu(g);
	g->p->leaks = 1;
	emit(g, ALU64_X(BPF_SUB, reg, chance(g, 50) ? INPUT : 10));
}

static void do_const(struct gen *g)
{
	u32 reg = fresh(g);
	u64 value = gen_value(&g->random);

	emit(g, INSN(BPF_LD | BPF_IMM | BPF_DW, reg, 0, 0, (s32)value));
	emit(g, INSN(0, 0, 0, 0, (s32)(value >> 32)));
	g->kind[reg] = NUMBER;
}

static void do_load_input(struct gen *g)
{
	load_input(g, fresh(g));
}

static void do_ctx(struct gen *g)
{
	static const u8 skb[] = {0, 4, 8, 32, 48, 52, 56, 60, 64}, xdp[] = {12, 16};
	int is_xdp = g->p->type == BPF_PROG_TYPE_XDP;
	u32 reg = fresh(g), off = is_xdp ? xdp[below(g, 2)] : skb[below(g, 9)], size = 1u << below(g, 3);

	if (!g->in_main)
		return do_alu(g);
	if (is_xdp)
		size = 4;
	if (oops(g))
		off += 1;
	emit(g, LDX(size_code(size), reg, CTX, (s16)off));
	g->kind[reg] = NUMBER;
}

static void do_nothing_read(struct gen *g)
{
	u32 reg = any_reg(g);

	if (oops(g) && g->kind[reg] == NOTHING)
		emit(g, MOV_X(reg, reg));
	else
		do_alu(g);
}

static const struct {
	void (*emit)(struct gen *g);
	u32 weight;
} kinds[] = {
	{do_alu, 22},  {do_load_input, 8}, {do_const, 3},      {do_assume, 8}, {do_spill, 8},
	{do_fill, 8},  {do_lookup, 8},	   {do_stack, 7},      {do_input, 8},  {do_atomic, 2},
	{do_park, 2},  {do_packet, 8},	   {do_csum, 3},       {do_load_bytes, 3},
	{do_update, 3}, {do_ring, 4},	   {do_socket, 2},     {do_if, 12},    {do_loop, 5},
	{do_call, 3},  {do_leak, 1},	   {do_ctx, 3},	       {do_nothing_read, 2},
};

static void statement(struct gen *g)
{
	u32 all = 0, pick;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		all += kinds[i].weight;
	pick = below(g, all);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (pick < kinds[i].weight) {
			kinds[i].emit(g);
			return;
		}
		pick -= kinds[i].weight;
	}
}

static void statements(struct gen *g, u32 n)
{
	while (n-- && g->p->len + ROOM < RISKY_INSNS)
		statement(g);
}

static void begin_main(struct gen *g)
{
	emit(g, MOV_X(CTX, 1));
	g->kind[CTX] = CONTEXT;
	emit_map(g, INPUT, RISKY_INPUT, BPF_PSEUDO_MAP_VALUE, 0);
	g->kind[INPUT] = VALUE;
}

/* r1 is the caller's buffer, r2 and r3 are numbers */
static void begin_function(struct gen *g)
{
	emit(g, MOV_X(8, 1));
	emit_map(g, INPUT, RISKY_INPUT, BPF_PSEUDO_MAP_VALUE, 0);
	g->kind[INPUT] = VALUE;
	g->kind[8] = POINTER;
	g->kind[2] = g->kind[3] = NUMBER;
	touch(g, 8, 0, 64);
	g->kind[8] = NOTHING;
}

/* r0 is what all numbers hash to; and the way out. */
static void end_function(struct gen *g)
{
	if (g->kind[0] != NUMBER)
		emit(g, MOV_K(0, 0));
	for (u32 r = 1; r < 10; r++)
		if (g->kind[r] == NUMBER) {
			emit(g, ALU64_K(BPF_MUL, 0, 31));
			emit(g, ALU64_X(BPF_XOR, 0, r));
		}
	emit(g, EXIT);
	if (!g->nr_bails)
		return;
	for (u32 i = 0; i < g->nr_bails; i++)
		land(g, g->bail[i] + 1);
	emit(g, MOV_K(0, 1));
	emit(g, EXIT);
}

static void function(struct gen *g, u32 n)
{
	memset(g->kind, NOTHING, sizeof(g->kind));
	g->filled = 0;
	g->nr_bails = g->depth = g->in_loop = g->holds = 0;
	if (g->in_main)
		begin_main(g);
	for (s16 off = BUFFER; off < BUFFER + 64; off += 8)
		emit(g, ST(BPF_DW, 10, off, 0));
	if (!g->in_main)
		begin_function(g);
	statements(g, n);
	end_function(g);
}

void risky_program(u64 seed, struct risky *program)
{
	struct gen g = {.p = program, .random = seed, .in_main = 1};

	program->type = below(&g, 2) ? BPF_PROG_TYPE_XDP : BPF_PROG_TYPE_SCHED_CLS;
	program->len = 0;
	program->leaks = program->uses_ring = 0;
	g.oops = 40 + below(&g, 120);
	function(&g, 4 + below(&g, 14));
	g.in_main = 0;
	for (u32 i = 0; i < FUNCS; i++) {
		u32 at = g.calls[i];

		if (!at)
			continue;
		program->insns[at].imm = (s32)(program->len - at - 1);
		function(&g, 2 + below(&g, 6));
	}
}
