/*
 * Every instruction, with every register and with extreme and random operands: the JIT does what
 * the interpreter does, and what Linux does where there is bpf().
 *
 * A case is a few instructions.  Around them, all registers come from the context, which is an
 * array of 64-bit values, and go back there; so do 16 bytes of stack, which memory is tested on.
 */
#include "interp/interp.h"
#include "jit/internal.h"
#include "tests/lib/hand.h"
#include "tests/lib/linux_prog.h"
#include "tests/tap.h"

enum { REGS = 10, MEMORY = 2, VALUES = REGS + MEMORY, BODY = 8, ROUNDS = 12 };
enum { CTX_AT = -8, REGS_AT = -96, MEMORY_AT = -208 };

struct body {
	struct bpf_insn insn[BODY];
	u32 len;
};

struct counts {
	u32 programs, runs, linux_runs, linux_refused, differences;
};

/* The JIT as on a machine that has nothing beyond the base instructions. */
static int compile_plain(struct prog *prog)
{
	return jit_compile(prog, 0xff);
}

static struct engine engine_plain = {.name = "plain", .compile = compile_plain};
static const struct engine *engine = &engine_jit; /* that is tested */
static struct skep *skep;
static struct counts counts;
static int have_linux;
static u64 seed = 0x9e3779b97f4a7c15;

static u64 random64(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed * 0x2545f4914f6cdd1d;
}

static u64 operand(void)
{
	static const u64 extremes[] = {
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
		0x8000000000000001,
		0xffffffff80000000,
		0xffffffff7fffffff,
		-2ull,
		-1ull,
	};
	u64 r = random64();

	switch (r % 4) {
	case 0:
		return random64();
	case 1:
		return random64() >> (r >> 8 & 63);
	default:
		return extremes[(r >> 8) % ARRAY_SIZE(extremes)];
	}
}

static void add(struct body *b, struct bpf_insn insn)
{
	b->insn[b->len++] = insn;
}

/* The whole program: its length. */
static u32 surround(const struct body *b, struct bpf_insn *insns)
{
	struct bpf_insn *p = insns;

	*p++ = STX(BPF_DW, 10, CTX_AT, 1);
	for (s16 i = 0; i < MEMORY; i++) {
		*p++ = LDX(BPF_DW, 0, 1, (s16)(8 * (REGS + i)));
		*p++ = STX(BPF_DW, 10, (s16)(MEMORY_AT + 8 * i), 0);
	}
	for (u8 r = 0; r < REGS; r++)
		if (r != 1)
			*p++ = LDX(BPF_DW, r, 1, 8 * r);
	*p++ = LDX(BPF_DW, 1, 1, 8);
	memcpy(p, b->insn, b->len * sizeof(*p));
	p += b->len;
	for (u8 r = 0; r < REGS; r++)
		*p++ = STX(BPF_DW, 10, (s16)(REGS_AT + 8 * r), r);
	*p++ = LDX(BPF_DW, 1, 10, CTX_AT);
	for (s16 i = 0; i < VALUES; i++) {
		s16 from = (s16)(i < REGS ? REGS_AT + 8 * i : MEMORY_AT + 8 * (i - REGS));

		*p++ = LDX(BPF_DW, 2, 10, from);
		*p++ = STX(BPF_DW, 1, (s16)(8 * i), 2);
	}
	*p++ = MOV_K(0, 7);
	*p++ = EXIT;
	return (u32)(p - insns);
}

static void differ(const struct body *b, const char *who, const u64 *in, const u64 *want,
		   const u64 *got)
{
	if (counts.differences++ > 10)
		return;
	for (u32 i = 0; i < b->len; i++)
		printf("# %02x dst %d src %d off %d imm %d\n", b->insn[i].code, b->insn[i].dst_reg,
		       b->insn[i].src_reg, b->insn[i].off, b->insn[i].imm);
	for (u32 i = 0; i < VALUES; i++)
		if (want[i] != got[i])
			printf("# value %u: was %llx, %s makes it %llx, not %llx\n", i,
			       (unsigned long long)in[i], who, (unsigned long long)got[i],
			       (unsigned long long)want[i]);
}

static void compare(const struct body *b, struct hand *interp, struct hand *jit, int fd)
{
	u64 in[VALUES], want[VALUES], got[VALUES];
	u32 r0;

	for (u32 i = 0; i < VALUES; i++)
		in[i] = operand();
	memcpy(want, in, sizeof(in));
	memcpy(got, in, sizeof(in));
	CHECK_EQ(hand_run(interp, want), 7);
	CHECK_EQ(hand_run(jit, got), 7);
	counts.runs++;
	if (memcmp(want, got, sizeof(want)))
		differ(b, "the JIT", in, want, got);
	if (fd < 0)
		return;
	memcpy(got, in, sizeof(in));
	CHECK_EQ(linux_run(fd, got, sizeof(got), &r0), 0);
	counts.linux_runs++;
	if (memcmp(want, got, sizeof(want)))
		differ(b, "Linux", in, want, got);
}

static void try(const struct body *b, int on_linux)
{
	struct bpf_insn insns[128];
	u32 len = surround(b, insns);
	struct hand interp, jit;
	int fd = -1;

	hand_init(&interp, skep, insns, len);
	hand_init(&jit, skep, insns, len);
	if (!CHECK(!hand_compile(&interp, &engine_interp)) || !CHECK(!hand_compile(&jit, engine)))
		return;
	if (on_linux && have_linux) {
		fd = linux_load(insns, len);
		counts.linux_refused += fd < 0;
	}
	counts.programs++;
	for (u32 i = 0; i < ROUNDS; i++)
		compare(b, &interp, &jit, fd);
	if (fd >= 0)
		close(fd);
	hand_free(&interp);
	hand_free(&jit);
}

/* Linux is slow to ask: it sees a few of the 100 pairs, those with registers that are special. */
static int ask_linux(u32 dst, u32 src)
{
	return have_linux && (dst == src ? dst == 0 || dst == 4 : dst * 7 % 10 == src);
}

static const u8 binary[] = {
	BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_OR,  BPF_AND,
	BPF_LSH, BPF_RSH, BPF_MOD, BPF_XOR, BPF_MOV, BPF_ARSH,
};

/* Offsets that make other instructions of it, beside 0. */
static u32 variants(u8 op, u8 class, s16 *offs)
{
	u32 n = 0;

	offs[n++] = 0;
	if (op == BPF_DIV || op == BPF_MOD)
		offs[n++] = 1;
	if (op != BPF_MOV)
		return n;
	offs[n++] = 8;
	offs[n++] = 16;
	if (class == BPF_ALU64)
		offs[n++] = 32;
	return n;
}

static void one_alu_reg(u8 code, s16 off)
{
	for (u8 dst = 0; dst < REGS; dst++) {
		for (u8 src = 0; src < REGS; src++) {
			struct body b = {.len = 0};

			add(&b, INSN(code, dst, src, off, 0));
			try(&b, ask_linux(dst, src));
		}
	}
}

static void alu_with_registers(void)
{
	static const u8 classes[] = {BPF_ALU, BPF_ALU64};
	s16 offs[4];

	for (u32 c = 0; c < 2; c++) {
		for (u32 i = 0; i < ARRAY_SIZE(binary); i++) {
			u32 n = variants(binary[i], classes[c], offs);

			for (u32 v = 0; v < n; v++)
				one_alu_reg(classes[c] | binary[i] | BPF_X, offs[v]);
		}
	}
	CHECK_EQ(counts.differences, 0);
}

static const s32 imms[] = {
	0, 1, -1, 2, 16, 31, 127, 128, -128, -129, 1000, 0x7fffffff, -0x7fffffff - 1, 0x40000000,
};

/* What Linux's verifier refuses: division by 0, shifts out of range. */
static int imm_is_odd(u8 code, s32 imm)
{
	u8 op = BPF_OP(code);

	if (op == BPF_DIV || op == BPF_MOD)
		return !imm;
	if (op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH)
		return (u32)imm >= (BPF_CLASS(code) == BPF_ALU64 ? 64 : 32);
	return 0;
}

static void one_alu_imm(u8 code, s16 off)
{
	for (u8 dst = 0; dst < REGS; dst++) {
		for (u32 i = 0; i < ARRAY_SIZE(imms); i++) {
			struct body b = {.len = 0};

			add(&b, INSN(code, dst, 0, off, imms[i]));
			try(&b, ask_linux(dst, i % REGS) && !imm_is_odd(code, imms[i]));
		}
	}
}

static void alu_with_immediates(void)
{
	static const u8 classes[] = {BPF_ALU, BPF_ALU64};

	for (u32 c = 0; c < 2; c++) {
		for (u32 i = 0; i < ARRAY_SIZE(binary); i++) {
			u8 op = binary[i];

			one_alu_imm(classes[c] | op | BPF_K, 0);
			if (op == BPF_DIV || op == BPF_MOD)
				one_alu_imm(classes[c] | op | BPF_K, 1);
		}
	}
	CHECK_EQ(counts.differences, 0);
}

static void unary(void)
{
	static const struct bpf_insn forms[] = {
		INSN(BPF_ALU | BPF_NEG, 0, 0, 0, 0),
		INSN(BPF_ALU64 | BPF_NEG, 0, 0, 0, 0),
		INSN(BPF_ALU | BPF_END | BPF_TO_LE, 0, 0, 0, 16),
		INSN(BPF_ALU | BPF_END | BPF_TO_LE, 0, 0, 0, 32),
		INSN(BPF_ALU | BPF_END | BPF_TO_LE, 0, 0, 0, 64),
		INSN(BPF_ALU | BPF_END | BPF_TO_BE, 0, 0, 0, 16),
		INSN(BPF_ALU | BPF_END | BPF_TO_BE, 0, 0, 0, 32),
		INSN(BPF_ALU | BPF_END | BPF_TO_BE, 0, 0, 0, 64),
		INSN(BPF_ALU64 | BPF_END | BPF_TO_LE, 0, 0, 0, 16),
		INSN(BPF_ALU64 | BPF_END | BPF_TO_LE, 0, 0, 0, 32),
		INSN(BPF_ALU64 | BPF_END | BPF_TO_LE, 0, 0, 0, 64),
	};

	for (u32 i = 0; i < ARRAY_SIZE(forms); i++) {
		for (u8 dst = 0; dst < REGS; dst++) {
			struct body b = {.len = 0};

			add(&b, forms[i]);
			b.insn[0].dst_reg = dst;
			try(&b, 1);
		}
	}
	CHECK_EQ(counts.differences, 0);
}

static void constants(void)
{
	static const u64 values[] = {
		0,
		1,
		0x7fffffff,
		0x80000000,
		0xffffffff,
		0x100000000,
		0x123456789abcdef0,
		0xffffffff80000000,
		0xffffffff7fffffff,
		-1ull,
	};

	for (u32 i = 0; i < ARRAY_SIZE(values); i++) {
		for (u8 dst = 0; dst < REGS; dst++) {
			const struct bpf_insn wide[] = {LD64(dst, values[i])};
			struct body b = {.len = 0};

			add(&b, wide[0]);
			add(&b, wide[1]);
			try(&b, dst == i);
		}
	}
	CHECK_EQ(counts.differences, 0);
}

static const u8 conditions[] = {
	BPF_JEQ,  BPF_JGT, BPF_JGE, BPF_JSET, BPF_JNE,  BPF_JSGT,
	BPF_JSGE, BPF_JLT, BPF_JLE, BPF_JSLT, BPF_JSLE,
};

/* Memory tells whether the jump was taken: 1 then, 2 if not. */
static void one_jump(struct bpf_insn jump, int on_linux)
{
	struct body b = {.len = 0};

	add(&b, ST(BPF_DW, 10, MEMORY_AT, 1));
	add(&b, jump);
	add(&b, ST(BPF_DW, 10, MEMORY_AT, 2));
	try(&b, on_linux);
}

static void one_condition(u8 code)
{
	for (u8 dst = 0; dst < REGS; dst++) {
		for (u8 src = 0; src < REGS; src++)
			one_jump(INSN(code | BPF_X, dst, src, 1, 0), ask_linux(dst, src));
		for (u32 i = 0; i < ARRAY_SIZE(imms); i++)
			one_jump(INSN(code | BPF_K, dst, 0, 1, imms[i]), ask_linux(dst, i % REGS));
	}
}

static void jumps(void)
{
	for (u32 i = 0; i < ARRAY_SIZE(conditions); i++) {
		one_condition(BPF_JMP | conditions[i]);
		one_condition(BPF_JMP32 | conditions[i]);
	}
	one_jump(JA(1), 0); /* Linux refuses what is never reached */
	one_jump(INSN(BPF_JMP32 | BPF_JA, 0, 0, 0, 1), 0);
	CHECK_EQ(counts.differences, 0);
}

static const u8 sizes[] = {BPF_B, BPF_H, BPF_W, BPF_DW};

/* `insn` with its base register pointing at memory by displacements of no, one and four bytes. */
static void one_access(struct bpf_insn insn, u8 base, int loads, int on_linux)
{
	static const s16 displacements[] = {0, -104, -208, 127, 128};

	for (u32 i = 0; i < ARRAY_SIZE(displacements); i++) {
		struct body b = {.len = 0};

		insn.off = displacements[i];
		add(&b, MOV_X(base, 10));
		add(&b, ALU64_K(BPF_ADD, base, MEMORY_AT - insn.off));
		add(&b, insn);
		if (!loads || insn.dst_reg != base)
			add(&b, MOV_K(base, 0));
		try(&b, on_linux);
	}
}

static void loads_and_stores(void)
{
	for (u32 i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (u8 base = 0; base < REGS; base++) {
			for (u8 r = 0; r < REGS; r++) {
				int ask = ask_linux(base, r);

				one_access(LDX(sizes[i], r, base, 0), base, 1, ask);
				if (sizes[i] != BPF_DW)
					one_access(
						INSN(BPF_LDX | BPF_MEMSX | sizes[i], r, base, 0, 0),
						base, 1, ask);
				if (r != base)
					one_access(STX(sizes[i], base, 0, r), base, 0, ask);
			}
			one_access(ST(sizes[i], base, 0, (s32)operand()), base, 0, base == i);
		}
	}
	CHECK_EQ(counts.differences, 0);
}

static void atomics(void)
{
	static const s32 ops[] = {
		BPF_ADD,
		BPF_OR,
		BPF_AND,
		BPF_XOR,
		BPF_ADD | BPF_FETCH,
		BPF_OR | BPF_FETCH,
		BPF_AND | BPF_FETCH,
		BPF_XOR | BPF_FETCH,
		BPF_XCHG,
		BPF_CMPXCHG,
	};

	for (u32 i = 0; i < ARRAY_SIZE(ops) * 2; i++) {
		u8 size = i % 2 ? BPF_DW : BPF_W;
		s32 op = ops[i / 2];

		for (u8 base = 0; base < REGS; base++) {
			for (u8 src = 0; src < REGS; src++) {
				if (src == base || (op == BPF_CMPXCHG && !base))
					continue; /* an address would be data */
				one_access(ATOMIC(size, op, base, 0, src), base, 0,
					   ask_linux(base, src));
			}
		}
	}
	CHECK_EQ(counts.differences, 0);
}

/* cmpxchg with equal operands, which random ones hardly ever are. */
static void compare_exchange_succeeds(void)
{
	for (u32 i = 0; i < 2; i++) {
		for (u8 src = 0; src < REGS; src++) {
			struct body b = {.len = 0};

			add(&b, STX(BPF_DW, 10, MEMORY_AT, 0));
			add(&b, ATOMIC(i ? BPF_DW : BPF_W, BPF_CMPXCHG, 10, MEMORY_AT, src));
			try(&b, 1);
		}
	}
	CHECK_EQ(counts.differences, 0);
}

static void acquire_and_release(void)
{
	for (u32 i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (u8 base = 0; base < REGS; base++) {
			for (u8 r = 0; r < REGS; r++) {
				int ask = ask_linux(base, r);

				one_access(ATOMIC(sizes[i], BPF_LOAD_ACQ, r, 0, base), base, 1,
					   ask);
				if (r != base)
					one_access(ATOMIC(sizes[i], BPF_STORE_REL, base, 0, r),
						   base, 0, ask);
			}
		}
	}
	CHECK_EQ(counts.differences, 0);
}

static void shifts_without_bmi2(void)
{
	static const u8 shifts[] = {BPF_LSH, BPF_RSH, BPF_ARSH};

	engine_plain.release = engine_jit.release;
	engine = &engine_plain;
	for (u32 i = 0; i < ARRAY_SIZE(shifts); i++) {
		one_alu_reg(BPF_ALU | shifts[i] | BPF_X, 0);
		one_alu_reg(BPF_ALU64 | shifts[i] | BPF_X, 0);
	}
	engine = &engine_jit;
	CHECK_EQ(counts.differences, 0);
}

static void linux_was_asked(void)
{
	CHECK_EQ(counts.linux_refused, 0);
	CHECK(counts.linux_runs > 1000);
}

int main(void)
{
	struct skep_config config = {0};

	if (skep_base_create(&config, &skep))
		return EXIT_FAILURE;
	have_linux = linux_available();
	TEST(alu_with_registers);
	TEST(alu_with_immediates);
	TEST(shifts_without_bmi2);
	TEST(unary);
	TEST(constants);
	TEST(jumps);
	TEST(loads_and_stores);
	TEST(atomics);
	TEST(compare_exchange_succeeds);
	TEST(acquire_and_release);
	if (have_linux)
		TEST(linux_was_asked);
	else
		tap_skip("linux_was_asked", "no bpf()");
	printf("# figure %u programs, %u runs on both engines, %u on Linux\n", counts.programs,
	       counts.runs, counts.linux_runs);
	skep_base_free(skep);
	return tap_status();
}
