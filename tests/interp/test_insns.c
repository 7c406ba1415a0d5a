/*
 * Every instruction on registers and memory, with random and extreme operands: both interpreters
 * against a model that is deliberately stupid (bits one by one, bytes one by one) and does not know
 * isa.def, only RFC 9669's opcode fields.
 *
 * Registers come from the context and go back there; so do 16 bytes of stack.
 */
#include "interp/interp.h"
#include "isa/isa.h"
#include "tests/lib/gen.h"
#include "tests/lib/hand.h"
#include "tests/tap.h"

enum { REGS = 10, BYTES = 16, ROUNDS = 400, VALUES = REGS + BYTES / 8 + 1 };
enum { CTX_AT = -8, REGS_AT = -96, FLAG_AT = -104, BYTES_AT = -128 };

/* What an instruction can change. */
struct state {
	u64 r[REGS];
	u8 bytes[BYTES];
	u64 taken; /* of a jump: 1 */
};

static u64 mask_of(u32 bits)
{
	u64 mask = 0;

	while (bits--)
		mask = mask << 1 | 1;
	return mask;
}

static u64 slow_add(u64 a, u64 b)
{
	u64 sum = 0, carry = 0;

	for (u32 i = 0; i < 64; i++) {
		u64 x = a >> i & 1, y = b >> i & 1;

		sum |= (x ^ y ^ carry) << i;
		carry = (x & y) | (x & carry) | (y & carry);
	}
	return sum;
}

static u64 slow_neg(u64 a)
{
	return slow_add(~a, 1);
}

static u64 slow_mul(u64 a, u64 b)
{
	u64 product = 0;

	for (u32 i = 0; i < 64; i++)
		if (b >> i & 1)
			product = slow_add(product, a << i);
	return product;
}

/* Long division, as at school: b != 0. */
static u64 slow_div(u64 a, u64 b, u64 *rest)
{
	u64 quotient = 0, r = 0;

	for (u32 i = 64; i--;) {
		u64 overflow = r >> 63;

		r = r << 1 | (a >> i & 1);
		if (overflow || r >= b) {
			r = slow_add(r, slow_neg(b));
			quotient |= 1ull << i;
		}
	}
	*rest = r;
	return quotient;
}

static int sign_of(u64 a, u32 bits)
{
	return a >> (bits - 1) & 1;
}

static u64 extend(u64 a, u32 bits)
{
	return sign_of(a, bits) ? a | ~mask_of(bits) : a & mask_of(bits);
}

static u64 slow_divmod(u64 a, u64 b, u32 bits, int is_signed, int want_rest)
{
	int a_negative = is_signed && sign_of(a, bits), b_negative = is_signed && sign_of(b, bits);
	u64 mask = mask_of(bits), quotient, rest;

	if (!(b & mask))
		return want_rest ? a : 0;
	a = (a_negative ? slow_neg(a) : a) & mask;
	b = (b_negative ? slow_neg(b) : b) & mask;
	quotient = slow_div(a, b, &rest);
	if (want_rest)
		return a_negative ? slow_neg(rest) : rest;
	return a_negative != b_negative ? slow_neg(quotient) : quotient;
}

static u64 slow_shift(u64 a, u64 by, u32 bits, u8 op)
{
	int fill = op == BPF_ARSH && sign_of(a, bits);

	for (by %= bits; by--;)
		a = op == BPF_LSH ? slow_add(a, a)
				  : (a & mask_of(bits)) >> 1 | (u64)fill << (bits - 1);
	return a;
}

static u64 reverse_bytes(u64 a, u32 bits)
{
	u64 reversed = 0;

	for (u32 i = 0; i < bits; i += 8)
		reversed = reversed << 8 | (a >> i & 0xff);
	return reversed;
}

static u64 model_end(const struct bpf_insn *insn, u64 a)
{
	u32 bits = (u32)insn->imm;

	/* the host is little-endian: to little is to cut off, to big is to swap */
	if (BPF_CLASS(insn->code) == BPF_ALU && !BPF_SRC(insn->code))
		return a & mask_of(bits);
	return reverse_bytes(a, bits);
}

static u64 model_alu(const struct bpf_insn *insn, u64 a, u64 b)
{
	u32 bits = BPF_CLASS(insn->code) == BPF_ALU64 ? 64 : 32;
	u8 op = BPF_OP(insn->code);

	switch (op) {
	case BPF_ADD:
		return slow_add(a, b);
	case BPF_SUB:
		return slow_add(a, slow_neg(b));
	case BPF_MUL:
		return slow_mul(a, b);
	case BPF_DIV:
	case BPF_MOD:
		return slow_divmod(a, b, bits, insn->off, op == BPF_MOD);
	case BPF_OR:
		return ~(~a & ~b);
	case BPF_AND:
		return ~(~a | ~b);
	case BPF_XOR:
		return (a | b) & ~(a & b);
	case BPF_NEG:
		return slow_neg(a);
	case BPF_MOV:
		return insn->off ? extend(b, (u32)insn->off) : b;
	default:
		return slow_shift(a, b, bits, op);
	}
}

static int model_condition(u8 code, u64 a, u64 b)
{
	u32 bits = BPF_CLASS(code) == BPF_JMP ? 64 : 32;
	u64 flip = 1ull << 63; /* makes signed order unsigned */

	a &= mask_of(bits);
	b &= mask_of(bits);
	switch (BPF_OP(code)) {
	case BPF_JEQ:
		return !(a ^ b);
	case BPF_JNE:
		return !!(a ^ b);
	case BPF_JSET:
		return !!(a & b);
	case BPF_JSGT:
	case BPF_JSGE:
	case BPF_JSLT:
	case BPF_JSLE:
		a = extend(a, bits) ^ flip;
		b = extend(b, bits) ^ flip;
	}
	switch (BPF_OP(code)) {
	case BPF_JGT:
	case BPF_JSGT:
		return a > b;
	case BPF_JGE:
	case BPF_JSGE:
		return !(a < b);
	case BPF_JLT:
	case BPF_JSLT:
		return b > a;
	default:
		return !(a > b);
	}
}

static u64 get_bytes(const u8 *bytes, u32 size)
{
	u64 value = 0;

	for (u32 i = 0; i < size; i++)
		value |= (u64)bytes[i] << 8 * i;
	return value;
}

static void put_bytes(u8 *bytes, u32 size, u64 value)
{
	for (u32 i = 0; i < size; i++)
		bytes[i] = (u8)(value >> 8 * i);
}

static void model_atomic(const struct bpf_insn *insn, struct state *s, u8 *at, u32 size)
{
	int is_load = insn->imm == BPF_LOAD_ACQ; /* then src is r10 */
	u64 old = get_bytes(at, size), b = is_load ? 0 : s->r[insn->src_reg];
	u64 mask = mask_of(size * 8);
	struct bpf_insn alu = {.code = (u8)(BPF_ALU64 | (insn->imm & 0xf0))};

	switch (insn->imm) {
	case BPF_LOAD_ACQ:
		s->r[insn->dst_reg] = old;
		return;
	case BPF_STORE_REL:
	case BPF_XCHG:
		put_bytes(at, size, b);
		break;
	case BPF_CMPXCHG:
		if (!((s->r[0] ^ old) & mask))
			put_bytes(at, size, b);
		s->r[0] = old;
		return;
	default:
		put_bytes(at, size, model_alu(&alu, old, b));
	}
	if (insn->imm & BPF_FETCH)
		s->r[insn->src_reg] = old;
}

static void model_memory(const struct bpf_insn *insn, struct state *s)
{
	u32 size = isa_size(insn->code);
	u8 *at = s->bytes + (insn->off - BYTES_AT);

	switch (BPF_CLASS(insn->code) | BPF_MODE(insn->code)) {
	case BPF_LDX | BPF_MEM:
		s->r[insn->dst_reg] = get_bytes(at, size);
		break;
	case BPF_LDX | BPF_MEMSX:
		s->r[insn->dst_reg] = extend(get_bytes(at, size), size * 8);
		break;
	case BPF_ST | BPF_MEM:
		put_bytes(at, size, extend((u32)insn->imm, 32));
		break;
	case BPF_STX | BPF_MEM:
		put_bytes(at, size, s->r[insn->src_reg]);
		break;
	default:
		model_atomic(insn, s, at, size);
	}
}

static void model(const struct bpf_insn *insn, struct state *s)
{
	u8 class = BPF_CLASS(insn->code);
	u64 a, b;

	if (class < BPF_ALU) {
		model_memory(insn, s);
		return;
	}
	a = s->r[insn->dst_reg];
	b = BPF_SRC(insn->code) ? s->r[insn->src_reg] : extend((u32)insn->imm, 32);
	if (class == BPF_JMP || class == BPF_JMP32)
		s->taken = model_condition(insn->code, a, b);
	else if (BPF_OP(insn->code) == BPF_END)
		s->r[insn->dst_reg] = model_end(insn, a);
	else
		s->r[insn->dst_reg] = model_alu(insn, a, b) & mask_of(class == BPF_ALU ? 32 : 64);
}

/* Registers and bytes from the context, the instruction, all back; a jump skips clearing its flag.
 */
static u32 surround(struct bpf_insn body, struct bpf_insn *insns)
{
	struct bpf_insn *p = insns;

	*p++ = STX(BPF_DW, 10, CTX_AT, 1);
	for (s16 i = 0; i < BYTES / 8; i++) {
		*p++ = LDX(BPF_DW, 0, 1, (s16)(8 * (REGS + i)));
		*p++ = STX(BPF_DW, 10, (s16)(BYTES_AT + 8 * i), 0);
	}
	*p++ = ST(BPF_DW, 10, FLAG_AT, 1);
	for (u8 r = 0; r < REGS; r++)
		if (r != 1)
			*p++ = LDX(BPF_DW, r, 1, 8 * r);
	*p++ = LDX(BPF_DW, 1, 1, 8);
	*p++ = body;
	*p++ = ST(BPF_DW, 10, FLAG_AT, 0);
	for (u8 r = 0; r < REGS; r++)
		*p++ = STX(BPF_DW, 10, (s16)(REGS_AT + 8 * r), r);
	*p++ = LDX(BPF_DW, 1, 10, CTX_AT);
	for (s16 i = 0; i < VALUES; i++) {
		s16 from = (s16)(i < REGS         ? REGS_AT + 8 * i
				 : i < VALUES - 1 ? BYTES_AT + 8 * (i - REGS)
						  : FLAG_AT);

		*p++ = LDX(BPF_DW, 2, 10, from);
		*p++ = STX(BPF_DW, 1, (s16)(8 * i), 2);
	}
	*p++ = MOV_K(0, 0);
	*p++ = EXIT;
	return (u32)(p - insns);
}

/* Some instruction of this row; its memory is the 16 bytes. */
static struct bpf_insn random_insn(const struct isa_row *row, u64 *random)
{
	struct bpf_insn insn = {.code = row->code, .dst_reg = gen_random(random) % REGS};
	u64 x = gen_random(random);
	int is_memory = row->uses & ISA_O && row->group != ISA_GROUP_JMP;

	if (row->by == ISA_BY_OFF)
		insn.off = (s16)row->value;
	insn.imm = row->by == ISA_BY_IMM ? row->value
		   : row->uses & ISA_I   ? (s32)gen_value(random)
					 : 0;
	if (row->uses & ISA_SRC)
		insn.src_reg = x % REGS;
	if (row->group == ISA_GROUP_JMP)
		insn.off = 1;
	if (!is_memory)
		return insn;
	insn.off = (s16)(BYTES_AT + (x >> 8) % (BYTES / isa_size(row->code)) * isa_size(row->code));
	if (row->uses & ISA_WD)
		insn.src_reg = 10;
	else
		insn.dst_reg = 10;
	return insn;
}

static int in_scope(enum isa_op op)
{
	u32 groups = 1 << ISA_GROUP_ALU | 1 << ISA_GROUP_MOV | 1 << ISA_GROUP_NEG |
		     1 << ISA_GROUP_END | 1 << ISA_GROUP_JMP | 1 << ISA_GROUP_LDX |
		     1 << ISA_GROUP_ST | 1 << ISA_GROUP_STX | 1 << ISA_GROUP_ATOMIC;

	return groups >> isa_rows[op].group & 1 && op != ISA_ADDR_SPACE_CAST;
}

static struct skep *skep;
static u32 differences, cases;

static void run_on(const struct engine *engine, const struct bpf_insn *insns, u32 len,
		   u64 values[VALUES])
{
	struct hand hand;
	struct run run;

	hand_init(&hand, skep, insns, len);
	CHECK_EQ(hand_compile(&hand, engine), 0);
	run_begin(&run, skep, NULL);
	run.ctx_size = VALUES * 8;
	CHECK_EQ(hand.prog.entry(values, &run, &hand.prog), 0);
	CHECK_EQ(run.fault, 0);
	run_end(&run);
	hand_free(&hand);
}

static void compare(const struct bpf_insn *insn, u64 *random)
{
	static const struct engine *const engines[] = {&engine_interp, &engine_checked};
	struct bpf_insn insns[128];
	u32 len = surround(*insn, insns);
	u64 in[VALUES], want[VALUES], got[VALUES];
	char text[ISA_TEXT_MAX];
	struct state s;

	for (u32 i = 0; i < VALUES; i++)
		in[i] = gen_value(random);
	/* what compares has to be equal sometimes */
	if (gen_random(random) % 4 == 0)
		in[insn->src_reg % REGS] = in[insn->dst_reg % REGS];
	if (gen_random(random) % 2)
		in[0] = in[REGS + (u32)(insn->off - BYTES_AT) / 8 % 2];
	memcpy(&s, in, sizeof(s));
	s.taken = 0;
	model(insn, &s);
	memcpy(want, &s, sizeof(s));
	for (u32 i = 0; i < ARRAY_SIZE(engines); i++) {
		memcpy(got, in, sizeof(got));
		run_on(engines[i], insns, len, got);
		if (!memcmp(got, want, sizeof(got)) || differences++ > 10)
			continue;
		isa_disasm(insn, 1, NULL, text);
		printf("# %s, %s:\n", engines[i]->name, text);
		for (u32 v = 0; v < VALUES; v++)
			if (got[v] != want[v])
				printf("# value %u: was %llx, is %llx, not %llx\n", v,
				       (unsigned long long)in[v], (unsigned long long)got[v],
				       (unsigned long long)want[v]);
	}
	cases++;
}

static void test_model(void)
{
	u64 random = 3;
	u32 rows = 0;

	for (u32 op = 1; op < ISA_OPS; op++) {
		if (!in_scope(op))
			continue;
		rows++;
		for (u32 i = 0; i < ROUNDS; i++) {
			struct bpf_insn insn = random_insn(&isa_rows[op], &random);

			CHECK_EQ(isa_decode(&insn), op);
			compare(&insn, &random);
		}
	}
	printf("# %u rows, %u cases, %u differences\n", rows, cases, differences);
	CHECK_EQ(differences, 0);
}

int main(void)
{
	struct skep_config config = {.ncpu = 2};

	if (skep_base_create(&config, &skep))
		return EXIT_FAILURE;
	TEST(test_model);
	skep_base_free(skep);
	return tap_status();
}
