/*
 * Numbers of the verifier: whatever is in what is known of the operands, the result is in what is
 * known of the result.  All numbers of four unknown bits in places where widths and signs meet, in
 * all pairs; and random ones, as tight around a few values as bits and ranges can be.
 *
 * SKEP_ROUNDS says how many random pairs.
 */
#include "verifier/num.h"

#include "isa/alu.h"
#include "tests/lib/gen.h"
#include "tests/tap.h"

enum { PLACES = 5, BITS = 4, TNUMS = 81, MEMBERS = 16, DEFAULT_ROUNDS = 300000, MAX_SHOWN = 8 };

struct sample {
	struct num num;
	u64 member[MEMBERS]; /* values that are in it: all, or some */
	u32 nr;
};

static struct sample all[PLACES * TNUMS];
static u32 nr_all;
static u64 checks, random_state = 1;
static u32 shown;

static int holds(const struct num *n, u64 x)
{
	checks++;
	return tnum_contains(n->var, x) && x >= n->umin && x <= n->umax && (s64)x >= n->smin &&
	       (s64)x <= n->smax && (u32)x >= n->umin32 && (u32)x <= n->umax32 &&
	       (s32)x >= n->smin32 && (s32)x <= n->smax32;
}

static void complain(const char *what, u8 op, int is32, u64 x, u64 y, u64 result)
{
	tap_bad++;
	if (shown++ < MAX_SHOWN)
		printf("# %s, op 0x%02x, %d bits: 0x%llx with 0x%llx gives 0x%llx, held "
		       "impossible\n",
		       what, op, is32 ? 32 : 64, (unsigned long long)x, (unsigned long long)y,
		       (unsigned long long)result);
}

/* ---- operands ---- */

/* The bits of `code`, base 3, from `place` on: 0, 1, unknown. */
static struct sample sample_of_bits(u32 code, u32 place)
{
	struct sample s = {.num = num_unknown};

	s.num.var = tnum_const(0);
	for (u32 i = 0; i < BITS; i++, code /= 3) {
		u64 bit = 1ull << (place + i);

		s.num.var.value |= code % 3 == 1 ? bit : 0;
		s.num.var.mask |= code % 3 == 2 ? bit : 0;
	}
	num_sync(&s.num);
	for (u64 x = 0; x < 1 << BITS; x++)
		if (tnum_contains(s.num.var, x << place))
			s.member[s.nr++] = x << place;
	return s;
}

static void make_all(void)
{
	static const u8 places[PLACES] = {0, 6, 14, 29, 60};

	for (u32 p = 0; p < PLACES; p++)
		for (u32 code = 0; code < TNUMS; code++)
			all[nr_all++] = sample_of_bits(code, places[p]);
}

static void widen(struct num *n, u64 x)
{
	struct num c = num_const(x);

	n->var = tnum_union(n->var, c.var);
	n->umin = x < n->umin ? x : n->umin;
	n->umax = x > n->umax ? x : n->umax;
	n->smin = c.smin < n->smin ? c.smin : n->smin;
	n->smax = c.smax > n->smax ? c.smax : n->smax;
	n->umin32 = c.umin32 < n->umin32 ? c.umin32 : n->umin32;
	n->umax32 = c.umax32 > n->umax32 ? c.umax32 : n->umax32;
	n->smin32 = c.smin32 < n->smin32 ? c.smin32 : n->smin32;
	n->smax32 = c.smax32 > n->smax32 ? c.smax32 : n->smax32;
}

/* As little more than its one to three members; what ranges alone know, sometimes. */
static struct sample sample_of_values(void)
{
	struct sample s = {.nr = 1 + gen_random(&random_state) % 3};
	u64 base = gen_value(&random_state);

	for (u32 i = 0; i < s.nr; i++)
		s.member[i] = gen_random(&random_state) % 3
				      ? base + (gen_random(&random_state) & 0xff) - 128
				      : gen_value(&random_state);
	s.num = num_const(s.member[0]);
	for (u32 i = 1; i < s.nr; i++)
		widen(&s.num, s.member[i]);
	if (gen_random(&random_state) % 2)
		s.num.var = TNUM_UNKNOWN;
	num_sync(&s.num);
	for (u32 i = 0; i < s.nr; i++)
		if (!holds(&s.num, s.member[i]))
			complain("num_sync", 0, 0, s.member[i], 0, s.member[i]);
	return s;
}

/* ---- arithmetic ---- */

struct row {
	u8 op;
	u64 (*wide)(u64 a, u64 b);
	u32 (*low)(u32 a, u32 b);
};

static const struct row rows[] = {
	{BPF_ADD, isa_alu64_ADD, isa_alu32_ADD},    {BPF_SUB, isa_alu64_SUB, isa_alu32_SUB},
	{BPF_MUL, isa_alu64_MUL, isa_alu32_MUL},    {BPF_AND, isa_alu64_AND, isa_alu32_AND},
	{BPF_OR, isa_alu64_OR, isa_alu32_OR},       {BPF_XOR, isa_alu64_XOR, isa_alu32_XOR},
	{BPF_LSH, isa_alu64_LSH, isa_alu32_LSH},    {BPF_RSH, isa_alu64_RSH, isa_alu32_RSH},
	{BPF_ARSH, isa_alu64_ARSH, isa_alu32_ARSH}, {BPF_DIV, isa_alu64_DIV, isa_alu32_DIV},
	{BPF_MOD, isa_alu64_MOD, isa_alu32_MOD}};

static void alu_pair(const struct sample *a, const struct sample *b, const struct row *row,
		     int is32)
{
	struct num n = a->num;

	num_alu(&n, b->num, (struct num_op){row->op, (u8)is32});
	for (u32 i = 0; i < a->nr; i++)
		for (u32 j = 0; j < b->nr; j++) {
			u64 x = a->member[i], y = b->member[j];
			u64 result = is32 ? row->low((u32)x, (u32)y) : row->wide(x, y);

			if (!holds(&n, result))
				complain("num_alu", row->op, is32, x, y, result);
		}
}

/* ---- conditions ---- */

struct cond_row {
	u8 op;
	int (*wide)(u64 a, u64 b);
	int (*low)(u32 a, u32 b);
};

static const struct cond_row conds[] = {
	{BPF_JEQ, isa_jmp64_JEQ, isa_jmp32_JEQ},    {BPF_JNE, isa_jmp64_JNE, isa_jmp32_JNE},
	{BPF_JGT, isa_jmp64_JGT, isa_jmp32_JGT},    {BPF_JGE, isa_jmp64_JGE, isa_jmp32_JGE},
	{BPF_JLT, isa_jmp64_JLT, isa_jmp32_JLT},    {BPF_JLE, isa_jmp64_JLE, isa_jmp32_JLE},
	{BPF_JSGT, isa_jmp64_JSGT, isa_jmp32_JSGT}, {BPF_JSGE, isa_jmp64_JSGE, isa_jmp32_JSGE},
	{BPF_JSLT, isa_jmp64_JSLT, isa_jmp32_JSLT}, {BPF_JSLE, isa_jmp64_JSLE, isa_jmp32_JSLE},
	{BPF_JSET, isa_jmp64_JSET, isa_jmp32_JSET}};

static void cond_pair(const struct sample *a, const struct sample *b, const struct cond_row *row,
		      int is32)
{
	const struct num_cond cond = {row->op, (u8)is32};
	const struct num_cond opposite = {num_opposite(row->op), (u8)is32};
	int decided = num_branch(&a->num, &b->num, cond);
	struct num dst[2] = {a->num, a->num}, src[2] = {b->num, b->num};

	/* Linux: nothing is learnt where it was decided */
	if (decided < 0) {
		num_assume(&dst[1], &src[1], cond);
		num_assume(&dst[0], &src[0], opposite);
	}
	for (u32 i = 0; i < a->nr; i++)
		for (u32 j = 0; j < b->nr; j++) {
			u64 x = a->member[i], y = b->member[j];
			int taken = is32 ? row->low((u32)x, (u32)y) : row->wide(x, y);

			if (decided >= 0 && decided != !!taken)
				complain("num_branch", row->op, is32, x, y, (u64)taken);
			if (!holds(&dst[!!taken], x))
				complain("num_assume", row->op, is32, x, y, x);
			if (!holds(&src[!!taken], y))
				complain("num_assume of src", row->op, is32, x, y, y);
		}
}

/* ---- one operand ---- */

static u64 extended(u64 x, u32 size)
{
	return size == 1 ? (u64)(s8)x : size == 2 ? (u64)(s16)x : (u64)(s32)x;
}

static void unary(const struct sample *a)
{
	for (u32 size = 1; size <= 4; size *= 2) {
		struct num zero = a->num, sign = a->num, low = a->num;

		num_zero_extend(&zero, size);
		num_sign_extend(&sign, size);
		num_sign_extend_32(&low, size);
		num_low_only(&low);
		num_sync(&low);
		for (u32 i = 0; i < a->nr; i++) {
			u64 x = a->member[i], cut = x & ((1ull << 8 * size) - 1);

			if (!holds(&zero, cut))
				complain("num_zero_extend", (u8)size, 0, x, 0, cut);
			if (!holds(&sign, extended(x, size)))
				complain("num_sign_extend", (u8)size, 0, x, 0, extended(x, size));
			if (size < 4 && !holds(&low, (u32)extended(x, size)))
				complain("num_sign_extend_32", (u8)size, 1, x, 0,
					 (u32)extended(x, size));
		}
	}
}

static void swapped(const struct sample *a)
{
	for (u32 size = 2; size <= 8; size *= 2) {
		struct num n = a->num;

		num_swap(&n, size);
		for (u32 i = 0; i < a->nr; i++) {
			u64 x = a->member[i], y = __builtin_bswap64(x) >> (64 - 8 * size);

			if (!holds(&n, y))
				complain("num_swap", (u8)size, 0, x, 0, y);
		}
	}
}

static void pair(const struct sample *a, const struct sample *b)
{
	for (int is32 = 0; is32 < 2; is32++) {
		for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
			alu_pair(a, b, &rows[i], is32);
		for (size_t i = 0; i < ARRAY_SIZE(conds); i++)
			cond_pair(a, b, &conds[i], is32);
	}
}

static void four_bits_in_all_pairs(void)
{
	make_all();
	for (u32 i = 0; i < nr_all; i++) {
		unary(&all[i]);
		swapped(&all[i]);
		for (u32 j = 0; j < nr_all; j++)
			pair(&all[i], &all[j]);
	}
}

static void random_pairs(void)
{
	const char *text = getenv("SKEP_ROUNDS");
	u64 rounds = text ? strtoull(text, NULL, 0) : DEFAULT_ROUNDS;

	for (u64 i = 0; i < rounds; i++) {
		struct sample a = sample_of_values(), b = sample_of_values();

		unary(&a);
		swapped(&a);
		pair(&a, &b);
	}
	printf("# figure %llu values held against what is known of them\n",
	       (unsigned long long)checks);
}

int main(void)
{
	TEST(four_bits_in_all_pairs);
	TEST(random_pairs);
	return tap_status();
}
