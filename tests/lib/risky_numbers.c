/* Random programs, see risky.h: numbers, and memory that is indexed by them. */
#include "tests/lib/risky_gen.h"

u32 risky_below(struct risky_gen *g, u32 n)
{
	return (u32)(gen_random(&g->random) >> 32) % n;
}

int risky_chance(struct risky_gen *g, u32 percent)
{
	return risky_below(g, 100) < percent;
}

/* Does this step go wrong? */
int risky_oops(struct risky_gen *g)
{
	int wrong = !risky_below(g, g->oops);

	g->went_wrong += (u32)wrong;
	return wrong;
}

struct bpf_insn *risky_emit(struct risky_gen *g, struct bpf_insn insn)
{
	struct bpf_insn *at = &g->p->insns[g->p->len++];

	*at = insn;
	return at;
}

void risky_emit_map(struct risky_gen *g, u32 dst, enum risky_map map, u32 pseudo, u32 off)
{
	risky_emit(g, INSN(BPF_LD | BPF_IMM | BPF_DW, dst, pseudo, 0, (s32)map));
	risky_emit(g, INSN(0, 0, 0, 0, (s32)off));
	g->p->maps |= (u8)(1u << map);
}

u8 risky_size_code(u32 size)
{
	return size == 1 ? BPF_B : size == 2 ? BPF_H : size == 4 ? BPF_W : BPF_DW;
}

s32 risky_some_imm(struct risky_gen *g)
{
	static const s32 common[] = {1, 2, 3, 7, 8, 15, 16, 31, 63, 64, 100, 255, 256, -1, -2, -8};

	return risky_chance(g, 60) ? common[risky_below(g, ARRAY_SIZE(common))]
				   : (s32)gen_value(&g->random);
}

/* A register to write to: 0 to 5 and 8; 9 too where it counts no loop. */
u32 risky_any_reg(struct risky_gen *g)
{
	static const u8 regs[] = {0, 1, 2, 3, 4, 5, 8, 9};

	return regs[risky_below(g, g->in_loop ? 7 : 8)];
}

u32 risky_fresh(struct risky_gen *g)
{
	u32 reg = risky_any_reg(g);

	/* in a loop what is a pointer at its head has to be one at its end */
	for (u32 i = 0; i < 20 && g->kind[reg] > NUMBER; i++)
		reg = risky_any_reg(g);
	return reg;
}

u32 risky_load_input(struct risky_gen *g, u32 dst)
{
	static const u8 modes[] = {BPF_MEM, BPF_MEM, BPF_MEM, BPF_MEMSX};
	u8 mode = modes[risky_below(g, 4)];
	u32 size = 1u << risky_below(g, mode == BPF_MEMSX ? 3 : 4);

	risky_emit(g, INSN(BPF_LDX | mode | risky_size_code(size), dst, INPUT,
			   (s16)(risky_below(g, RISKY_VALUE / size) * size), 0));
	g->kind[dst] = NUMBER;
	return dst;
}

/* A register with a number; one is made if there is none. */
u32 risky_number(struct risky_gen *g)
{
	for (u32 i = 0; i < 12; i++) {
		u32 reg = risky_any_reg(g);

		if (g->kind[reg] == NUMBER)
			return reg;
	}
	return risky_load_input(g, risky_fresh(g));
}

static u32 other_number(struct risky_gen *g, u32 than)
{
	for (u32 i = 0; i < 12; i++) {
		u32 reg = risky_number(g);

		if (reg != than)
			return reg;
	}
	return than;
}

/* A register that is neither. */
u32 risky_fresh_but(struct risky_gen *g, u32 a, u32 b)
{
	u32 reg;

	do
		reg = risky_any_reg(g);
	while (reg == a || reg == b);
	return reg;
}

/* The instruction that was emitted last jumps to the way out. */
void risky_to_bail(struct risky_gen *g)
{
	if (g->nr_bails < MAX_BAILS)
		g->bail[g->nr_bails++] = g->p->len - 1;
}

/* ---- numbers ---- */

static s32 alu_imm(struct risky_gen *g, u8 code)
{
	s32 imm = risky_some_imm(g), bits = BPF_CLASS(code) == BPF_ALU64 ? 64 : 32;

	switch (BPF_OP(code)) {
	case BPF_LSH:
	case BPF_RSH:
	case BPF_ARSH:
		return (s32)risky_below(g, (u32)bits);
	case BPF_DIV:
	case BPF_MOD:
		return imm ? imm : 3;
	default:
		return imm;
	}
}

static void alu_on(struct risky_gen *g, u32 dst, u32 src)
{
	u32 groups =
		1 << ISA_GROUP_ALU | 1 << ISA_GROUP_MOV | 1 << ISA_GROUP_NEG | 1 << ISA_GROUP_END;
	const struct isa_row *row;
	struct bpf_insn insn;
	enum isa_op op;

	do
		op = 1 + risky_below(g, ISA_OPS - 1);
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
	risky_emit(g, insn);
}

void risky_do_alu(struct risky_gen *g)
{
	u32 dst = risky_number(g);

	alu_on(g, dst, other_number(g, dst));
}

static u8 jump_op(struct risky_gen *g)
{
	static const u8 ops[] = {BPF_JEQ,  BPF_JNE,  BPF_JGT,  BPF_JGE,  BPF_JLT, BPF_JLE,
				 BPF_JSGT, BPF_JSGE, BPF_JSLT, BPF_JSLE, BPF_JSET};

	return ops[risky_below(g, ARRAY_SIZE(ops))];
}

struct bpf_insn *risky_jump_if(struct risky_gen *g, u32 reg)
{
	u8 class = risky_chance(g, 40) ? BPF_JMP32 : BPF_JMP, op = jump_op(g);

	if (risky_chance(g, 30))
		return risky_emit(g, INSN(class | op | BPF_X, reg, other_number(g, reg), 0, 0));
	return risky_emit(g, INSN(class | op | BPF_K, reg, 0, 0, risky_some_imm(g)));
}

/* What holds of a number from here on, else the function returns. */
void risky_do_assume(struct risky_gen *g)
{
	if (g->holds)
		return;
	risky_jump_if(g, risky_number(g));
	risky_to_bail(g);
}

/* ---- the stack ---- */

static u64 bytes_at(u32 at, u32 size)
{
	return (size == 8 ? ~0ull >> 56 : (1ull << size) - 1) << at;
}

void risky_do_spill(struct risky_gen *g)
{
	u32 size = 1u << risky_below(g, 4), at = risky_below(g, SLOTS / size) * size;
	s16 off = (s16)(at - SLOTS);

	if (risky_chance(g, 25))
		risky_emit(g, INSN(BPF_ST | BPF_MEM | risky_size_code(size), 10, 0, off,
				   risky_some_imm(g)));
	else
		risky_emit(g, INSN(BPF_STX | BPF_MEM | risky_size_code(size), 10, risky_number(g),
				   off, 0));
	g->filled |= bytes_at(at, size);
}

void risky_do_fill(struct risky_gen *g)
{
	for (u32 i = 0; i < 16; i++) {
		u32 size = 1u << risky_below(g, 4), at = risky_below(g, SLOTS / size) * size, dst;
		u8 mode = size < 8 && risky_chance(g, 30) ? BPF_MEMSX : BPF_MEM;

		if ((g->filled & bytes_at(at, size)) != bytes_at(at, size))
			continue;
		dst = risky_fresh(g);
		risky_emit(g, INSN(BPF_LDX | mode | risky_size_code(size), dst, 10,
				   (s16)(at - SLOTS), 0));
		g->kind[dst] = NUMBER;
		return;
	}
	risky_do_spill(g);
}

/* ---- bounded offsets ---- */

/* One way to bound reg to [0, max], more or less. */
static void bound(struct risky_gen *g, u32 reg, u32 max)
{
	u32 k = risky_oops(g) ? max + 1 : max, how = risky_below(g, 12);
	u32 bits = 32 - (u32)__builtin_clz(max | 1);
	u8 small = (u8)(max >= (1u << bits) - 1 ? bits : bits - 1);

	if (g->holds && how >= 5)
		how %= 5;
	/* a remainder is anything to Linux */
	if (how == 1 && risky_chance(g, 85))
		how = 0;
	switch (how) {
	case 0:
		risky_emit(g,
			   ALU64_K(BPF_AND, reg,
				   risky_oops(g) ? (s32)gen_value(&g->random) : (1 << small) - 1));
		return;
	case 1:
		risky_emit(g, ALU64_K(BPF_MOD, reg, (s32)k + 1));
		return;
	case 2:
		risky_emit(g, ALU64_K(BPF_RSH, reg, 64 - small));
		return;
	case 3:
		risky_emit(g, ALU32_K(BPF_AND, reg, (1 << small) - 1));
		return;
	case 4:
		risky_emit(g, ALU32_K(BPF_RSH, reg, small ? 32 - small : 31));
		return;
	case 5:
	case 6:
		risky_emit(g, JMP_K(BPF_JGT, reg, (s32)k, 0));
		break;
	case 7:
		risky_emit(g, JMP_K(BPF_JGE, reg, (s32)k + 1, 0));
		break;
	case 8: /* signed: both ends */
		risky_emit(g, JMP_K(BPF_JSGT, reg, (s32)k, 0));
		risky_to_bail(g);
		if (risky_oops(g))
			return;
		risky_emit(g, JMP_K(BPF_JSLT, reg, 0, 0));
		break;
	case 9: /* 32 bits: of a number that has no more */
		if (!risky_oops(g))
			risky_emit(g, ALU32_X(BPF_MOV, reg, reg));
		risky_emit(g, INSN(BPF_JMP32 | BPF_JGT | BPF_K, reg, 0, 0, (s32)k));
		break;
	case 10:
		risky_emit(g, JMP_K(BPF_JSET, reg,
				    risky_oops(g) ? risky_some_imm(g) : ~((1 << small) - 1), 0));
		break;
	default: /* the bound is in a register */
	{
		u32 r = risky_fresh_but(g, reg, reg);

		if (g->kind[r] > NUMBER || r == INPUT)
			risky_emit(g, JMP_K(BPF_JGT, reg, (s32)k, 0));
		else {
			risky_emit(g, MOV_K(r, (s32)k));
			g->kind[r] = NUMBER;
			risky_emit(g, JMP_X(BPF_JLT, r, reg, 0));
		}
	}
	}
	risky_to_bail(g);
}

/* After the bounds: something that keeps most of them.  What [0, max] has become. */
static u32 stretch(struct risky_gen *g, u32 reg, u32 max, u32 limit)
{
	switch (risky_below(g, 10)) {
	case 0:
		if (max * 3 > limit)
			return max;
		risky_emit(g, ALU64_K(BPF_MUL, reg, 3));
		return max * 3;
	case 1:
		if (max * 4 > limit)
			return max;
		risky_emit(g, ALU64_K(BPF_LSH, reg, 2));
		return max * 4;
	case 2:
		risky_emit(g, ALU64_K(BPF_ADD, reg, 1));
		return max + 1;
	case 3:
		if (risky_oops(g))
			risky_emit(g, ALU64_K(BPF_DIV, reg, 2));
		return max;
	case 4:
		risky_emit(g, ALU64_K(BPF_ARSH, reg, 1));
		return max;
	case 5: /* sign extension of a byte that has no sign */
		risky_emit(g, INSN(BPF_ALU64 | BPF_MOV | BPF_X, reg, reg, 8, 0));
		return max;
	case 6:
		if (!risky_oops(g))
			return max;
		alu_on(g, reg, other_number(g, reg));
		return max;
	default:
		return max;
	}
}

/* A number within [0, *max] in a register of its own; *max is at most `limit`. */
u32 risky_bounded(struct risky_gen *g, u32 limit, u32 but, u32 *max)
{
	u32 from = risky_number(g), reg = risky_fresh_but(g, but, INPUT);
	u32 want = 1 + risky_below(g, limit);

	for (u32 i = 0; i < 20 && g->kind[reg] > NUMBER; i++)
		reg = risky_fresh_but(g, but, INPUT);
	g->kind[reg] = NUMBER;
	if (reg != from)
		risky_emit(g, MOV_X(reg, from));
	for (u32 n = risky_below(g, 3); n; n--)
		alu_on(g, reg, other_number(g, reg));
	if (risky_oops(g)) {
		*max = want;
		return reg;
	}
	/* the same number in another register is bounded: both are */
	if (risky_chance(g, 15) && reg != from)
		bound(g, from, want);
	bound(g, reg, want);
	*max = stretch(g, reg, want, limit);
	return reg;
}

/* ---- memory at a pointer that holds `room` bytes ---- */

void risky_access_at(struct risky_gen *g, u32 base, s32 off, u32 size)
{
	u32 reg;

	switch (risky_below(g, 8)) {
	case 0:
	case 1:
		reg = risky_number(g);
		risky_emit(g,
			   INSN(BPF_STX | BPF_MEM | risky_size_code(size), base, reg, (s16)off, 0));
		return;
	case 2:
		risky_emit(g, INSN(BPF_ST | BPF_MEM | risky_size_code(size), base, 0, (s16)off,
				   risky_some_imm(g)));
		return;
	default:
		reg = risky_fresh(g);
		if (reg == base)
			return;
		risky_emit(g,
			   INSN(BPF_LDX | (size < 8 && risky_chance(g, 30) ? BPF_MEMSX : BPF_MEM) |
					risky_size_code(size),
				reg, base, (s16)off, 0));
		g->kind[reg] = NUMBER;
	}
}

/* Somewhere in the area; base is changed. */
void risky_touch(struct risky_gen *g, u32 base, struct risky_area a)
{
	u32 size = 1u << risky_below(g, 4), room = a.room, wrong = g->went_wrong, max, index, left;

	if (risky_chance(g, 30)) {
		s32 off = (s32)(risky_below(g, (room - size) / size + 1) * size);

		if (risky_oops(g))
			off += (s32)room - 3;
		g->p->leaks |= a.is_stack && g->went_wrong != wrong;
		risky_access_at(g, base, a.first + off, size);
		return;
	}
	index = risky_bounded(g, room - size > 1 ? room - size - 1 : 1, base, &max);
	if (max + size > room)
		max = room - size;
	/* on the stack alignment counts */
	if (a.is_stack && size > 1 && !risky_oops(g))
		risky_emit(g, ALU64_K(BPF_AND, index, -(s32)size));
	risky_emit(g, ALU64_X(BPF_ADD, base, index));
	if (risky_chance(g, 5) && !a.is_stack)
		risky_emit(g, ALU64_X(BPF_SUB, base, index));
	left = (room - size - max) / size * size;
	if (risky_oops(g))
		left += size;
	else
		left = risky_below(g, left + 1) / size * size;
	/* the stack may be read where nobody wrote */
	g->p->leaks |= a.is_stack && g->went_wrong != wrong;
	risky_access_at(g, base, a.first + (s32)left, size);
}
