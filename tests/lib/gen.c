/* Random valid programs, see gen.h. */
#include "isa/isa.h"
#include "tests/lib/gen.h"

enum {
	CTX = 6,      /* the register that is left alone */
	SLOTS = 6,    /* stack slots of 8 bytes that are loaded and stored */
	SHARED = 2,   /* behind them: those that only atomics touch */
	COUNTERS = 2, /* and a loop's counter, by depth */
	ROOM = 260,   /* what a function's end, a statement and its nest may take */
};

struct gen {
	struct gen_program *p;
	u64 random;
	u32 depth;    /* of ifs and loops */
	u32 branches; /* left: what Linux's verifier has to look at grows with them */
	u32 called;   /* functions, a bit each */
	int in_main;
};

u64 gen_random(u64 *state)
{
	u64 z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

u64 gen_value(u64 *state)
{
	static const u64 limits[] = {
		0,
		1,
		2,
		7,
		31,
		32,
		63,
		64,
		0x7f,
		0x80,
		0xff,
		0x7fff,
		0x8000,
		0xffff,
		0x7fffffff,
		0x80000000,
		0xffffffff,
		0x100000000,
		0x7fffffffffffffff,
		0x8000000000000000,
		-1ull,
		-2ull,
		-128ull,
		-32768ull,
		-2147483648ull,
	};
	u64 x = gen_random(state);

	return x & 1 ? x : limits[(x >> 8) % ARRAY_SIZE(limits)];
}

static u32 below(struct gen *g, u32 n)
{
	return (u32)(gen_random(&g->random) >> 32) % n;
}

static struct bpf_insn *emit(struct gen *g, struct bpf_insn insn)
{
	struct bpf_insn *at = &g->p->insns[g->p->len++];

	*at = insn;
	return at;
}

static struct bpf_insn *op(struct gen *g, enum isa_op number, u32 dst, u32 src)
{
	const struct isa_row *row = &isa_rows[number];
	struct bpf_insn insn = {.code = row->code};

	if (row->uses & ISA_DST)
		insn.dst_reg = dst;
	if (row->uses & ISA_SRC)
		insn.src_reg = src;
	if (row->by == ISA_BY_OFF)
		insn.off = (s16)row->value;
	if (row->by == ISA_BY_IMM)
		insn.imm = row->value;
	return emit(g, insn);
}

/* A register that may be changed. */
static u32 any_reg(struct gen *g)
{
	u32 reg = below(g, 9);

	return reg < CTX ? reg : reg + 1;
}

static s16 slot_offset(u32 slot)
{
	return (s16)(-8 * (s32)(slot + 1));
}

static void ld_imm64(struct gen *g, u32 dst, u64 value)
{
	op(g, ISA_LD_IMM64, dst, 0)->imm = (s32)value;
	emit(g, (struct bpf_insn){.imm = (s32)(value >> 32)});
}

static enum isa_op random_op(struct gen *g, u32 groups)
{
	enum isa_op number;

	do
		number = 1 + below(g, ISA_OPS - 1);
	while (!(groups >> isa_rows[number].group & 1) || number == ISA_ADDR_SPACE_CAST);
	return number;
}

/* A constant that Linux lets this operation have. */
static s32 operand(struct gen *g, u8 code)
{
	s32 imm = (s32)gen_value(&g->random), bits = BPF_CLASS(code) == BPF_ALU64 ? 64 : 32;

	switch (BPF_OP(code)) {
	case BPF_LSH:
	case BPF_RSH:
	case BPF_ARSH:
		return imm & (bits - 1);
	case BPF_DIV:
	case BPF_MOD:
		return imm ? imm : 1;
	default:
		return imm;
	}
}

static void gen_alu(struct gen *g)
{
	u32 groups =
		1 << ISA_GROUP_ALU | 1 << ISA_GROUP_MOV | 1 << ISA_GROUP_NEG | 1 << ISA_GROUP_END;
	enum isa_op number = random_op(g, groups);
	struct bpf_insn *insn = op(g, number, any_reg(g), any_reg(g));

	if (isa_rows[number].uses & ISA_I)
		insn->imm = operand(g, insn->code);
}

/* Loads and stores, ordered ones too: of a stack slot, aligned, or (not ordered) of the context. */
static void gen_access(struct gen *g, enum isa_op number)
{
	const struct isa_row *row = &isa_rows[number];
	u32 size = isa_size(row->code), other = any_reg(g);
	u32 in_ctx = g->in_main && row->group != ISA_GROUP_ATOMIC && !below(g, 3);
	u32 base = in_ctx ? CTX : 10, is_load = row->uses & ISA_WD;
	struct bpf_insn *insn = is_load ? op(g, number, other, base) : op(g, number, base, other);

	if (in_ctx)
		insn->off = (s16)(below(g, GEN_CTX / size) * size);
	else
		insn->off = (s16)(slot_offset(below(g, SLOTS)) + below(g, 8 / size) * size);
	if (row->uses & ISA_I)
		insn->imm = (s32)gen_value(&g->random);
}

/*
 * What reads and writes at once.  Two ways of Linux 6.18's are left out: an atomic that fetches a
 * stack slot whose value it knew (a later path with another value there may be taken for the same
 * and run with a jump too few), and r0's upper half after a cmpxchg that succeeds.
 */
static void gen_atomic(struct gen *g, enum isa_op number)
{
	struct bpf_insn *insn = op(g, number, 10, any_reg(g));
	u32 size = isa_size(insn->code);

	insn->off = (s16)(slot_offset(SLOTS + below(g, SHARED)) + below(g, 8 / size) * size);
	if (number == ISA_CMPXCHG32)
		op(g, ISA_MOV32_X, 0, 0);
}

static void gen_memory(struct gen *g)
{
	u32 groups =
		1 << ISA_GROUP_LDX | 1 << ISA_GROUP_ST | 1 << ISA_GROUP_STX | 1 << ISA_GROUP_ATOMIC;
	enum isa_op number = random_op(g, groups);
	const struct isa_row *row = &isa_rows[number];

	if (row->group != ISA_GROUP_ATOMIC || row->value >= BPF_LOAD_ACQ)
		gen_access(g, number);
	else if (g->in_main)
		gen_atomic(g, number);
}

static void gen_statements(struct gen *g, u32 n);

/* if (...) { ... } else { ... }, or without the second half, or a may_goto, which never goes */
static void gen_if(struct gen *g)
{
	enum isa_op number = random_op(g, 1 << ISA_GROUP_JMP | 1 << ISA_GROUP_MAY_GOTO);
	struct bpf_insn *jump = op(g, number, any_reg(g), any_reg(g)), *over;
	u32 at = g->p->len;

	if (isa_rows[number].group == ISA_GROUP_JMP && isa_rows[number].uses & ISA_I)
		jump->imm = (s32)gen_value(&g->random);
	gen_statements(g, 1 + below(g, 3));
	over = below(g, 2) ? op(g, below(g, 2) ? ISA_JA : ISA_GOTOL, 0, 0) : NULL;
	jump->off = (s16)(g->p->len - at);
	if (!over)
		return;
	at = g->p->len;
	gen_statements(g, 1 + below(g, 3));
	if (over->code == (BPF_JMP | BPF_JA))
		over->off = (s16)(g->p->len - at);
	else
		over->imm = (s32)(g->p->len - at);
}

/* do { ... } while (--counter) */
static void gen_loop(struct gen *g)
{
	s16 counter = slot_offset(SLOTS + SHARED + g->depth - 1);
	u32 reg = any_reg(g), top;
	struct bpf_insn *insn = op(g, ISA_ST64, 10, 0);

	insn->off = counter;
	insn->imm = 1 + below(g, 3);
	top = g->p->len;
	gen_statements(g, 1 + below(g, 4));
	op(g, ISA_LDX64, reg, 10)->off = counter;
	op(g, ISA_ADD64_K, reg, 0)->imm = -1;
	op(g, ISA_STX64, 10, reg)->off = counter;
	insn = op(g, ISA_JNE64_K, reg, 0);
	insn->off = (s16)((s32)top - (s32)g->p->len);
}

/* imm is the callee's number until it is there: gen_callee. */
static void gen_call(struct gen *g)
{
	struct bpf_insn *call = op(g, ISA_CALL_SUBPROG, 0, 0);

	call->src_reg = BPF_PSEUDO_CALL;
	call->imm = 1 + (s32)below(g, GEN_FUNCS - 1);
	g->called |= 1u << call->imm;
	for (u32 reg = 1; reg <= 5; reg++)
		op(g, ISA_LDX64, reg, 10)->off = slot_offset(reg);
}

static void gen_nest(struct gen *g)
{
	if (g->depth == COUNTERS || !g->branches)
		return gen_alu(g);
	g->branches--;
	g->depth++;
	if (below(g, 3))
		gen_if(g);
	else
		gen_loop(g);
	g->depth--;
}

static void gen_statement(struct gen *g)
{
	u32 kind = below(g, 32);

	if (kind < 18)
		gen_alu(g);
	else if (kind < 26)
		gen_memory(g);
	else if (kind < 27)
		ld_imm64(g, any_reg(g), gen_value(&g->random));
	else if (kind == 27 && g->in_main && !g->depth)
		gen_call(g);
	else
		gen_nest(g);
}

static void gen_statements(struct gen *g, u32 n)
{
	while (n-- && g->p->len + ROOM < GEN_INSNS)
		gen_statement(g);
}

/* Registers from the context in main, from the arguments elsewhere; slots from registers. */
static void gen_prologue(struct gen *g)
{
	if (g->in_main)
		op(g, ISA_MOV64_X, CTX, 1);
	for (u32 slot = SLOTS; g->in_main && slot < SLOTS + SHARED; slot++) {
		op(g, ISA_LDX64, 0, CTX)->off = (s16)(8 * slot);
		op(g, ISA_STX64, 10, 0)->off = slot_offset(slot);
	}
	for (u32 reg = 0; reg < 10; reg++) {
		if (g->in_main && reg != CTX && below(g, 4))
			op(g, ISA_LDX64, reg, CTX)->off = (s16)(8 * reg);
		else if (g->in_main && reg != CTX)
			ld_imm64(g, reg, gen_value(&g->random));
		else if (!g->in_main && (reg == 0 || reg > 5))
			op(g, ISA_MOV64_X, reg, 1 + below(g, 5));
	}
	for (u32 slot = 0; slot < SLOTS; slot++)
		op(g, ISA_STX64, 10, any_reg(g))->off = slot_offset(slot);
}

static void gen_epilogue(struct gen *g)
{
	for (u32 reg = 0; reg < 10; reg++) {
		if (reg == CTX)
			continue;
		if (g->in_main)
			op(g, ISA_STX64, CTX, reg)->off = (s16)(8 * reg);
		if (reg) {
			op(g, ISA_MUL64_K, 0, 0)->imm = 0x01000193;
			op(g, ISA_XOR64_X, 0, reg);
		}
	}
	op(g, ISA_EXIT, 0, 0);
}

static void gen_function(struct gen *g, u32 statements)
{
	struct subprog *func = &g->p->func[g->p->nr_func++];

	*func = (struct subprog){.start = g->p->len, .stack = 8 * (SLOTS + SHARED + COUNTERS)};
	g->depth = 0;
	g->branches = g->in_main ? 5 : 1;
	gen_prologue(g);
	gen_statements(g, statements);
	gen_epilogue(g);
	func->end = g->p->len;
}

/* Function number `number`, if main calls it, and where it is for those calls. */
static void gen_callee(struct gen *g, s32 number)
{
	s32 start = (s32)g->p->len;

	if (!(g->called >> number & 1))
		return;
	gen_function(g, 2 + below(g, 8));
	for (s32 pc = 0; pc < (s32)g->p->func[0].end; pc++) {
		struct bpf_insn *insn = &g->p->insns[pc];

		if (isa_decode(insn) == ISA_CALL_SUBPROG && !insn->off && insn->imm == number) {
			insn->imm = start - pc - 1;
			insn->off = 1; /* is done: until gen_program clears it */
		}
	}
}

void gen_program(u64 seed, struct gen_program *program)
{
	struct gen g = {.p = program, .random = seed, .in_main = 1};

	program->len = program->nr_func = 0;
	gen_function(&g, 8 + below(&g, 24));
	g.in_main = 0;
	for (s32 number = 1; number < GEN_FUNCS; number++)
		gen_callee(&g, number);
	for (u32 pc = 0; pc < program->func[0].end; pc++)
		if (isa_decode(&program->insns[pc]) == ISA_CALL_SUBPROG)
			program->insns[pc].off = 0;
}

void gen_load(struct prog *prog, struct gen_program *program, struct skep *skep, struct fact *facts)
{
	memset(prog, 0, sizeof(*prog));
	prog->obj.skep = skep;
	prog->insns = program->insns;
	prog->facts = facts;
	prog->len = program->len;
	prog->subprogs = program->func;
	prog->nr_subprogs = program->nr_func;
}
