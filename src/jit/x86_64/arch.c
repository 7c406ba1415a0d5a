/* x86-64 as the rest of jit/ sees it: fixes as bytes, and whether this machine is one. */
#include "jit/code.h"
#include "jit/x86_64/x86.h"

enum {
	SHORT_SIZE = 2,     /* jmp, jcc with 8 bits */
	JUMP_SIZE = 5,      /* jmp, call with 32 bits */
	BRANCH_SIZE = 6,    /* jcc with 32 bits */
	ADDR_SIZE = 7,      /* lea reg, [rip + 32 bits] */
	FAR_CALL_SIZE = 13, /* mov r11, imm64; call r11 */
};

/* A fix that stands at `from` and takes `now` bytes; does a displacement of 8 bits reach `to`? */
static int is_short(u32 from, u32 to, u32 now)
{
	s64 forward = (s64)to - from - now;

	return fits8(to > from ? forward : (s64)to - from - SHORT_SIZE);
}

static u8 fix_size(const struct jit *j, const struct fix *fix, u32 from, u32 to)
{
	switch (fix->kind) {
	case FIX_JUMP:
		if (to > from && to - from == fix->size)
			return 0; /* to what comes next anyway */
		return is_short(from, to, fix->size) ? SHORT_SIZE : JUMP_SIZE;
	case FIX_BRANCH:
		return is_short(from, to, fix->size) ? SHORT_SIZE : BRANCH_SIZE;
	case FIX_CALL:
		return JUMP_SIZE;
	case FIX_ADDR:
		return ADDR_SIZE;
	case FIX_ALIGN:
		return (u8)((1u << fix->arg) - 1);
	default:
		return j->far || !code_reaches(fix->host) ? FAR_CALL_SIZE : JUMP_SIZE;
	}
}

/* opcode and a displacement of n bytes from the end of the instruction */
static void write_relative(u8 *at, u32 opcode_size, u32 size, u64 rx, u64 target)
{
	u64 displacement = target - (rx + size);

	memcpy(at + opcode_size, &displacement, size - opcode_size);
}

static void write_far_call(u8 *at, u64 target)
{
	static const u8 code[FAR_CALL_SIZE] = {0x49, 0xbb, [10] = 0x41, 0xff, 0xd3};

	memcpy(at, code, sizeof(code));
	memcpy(at + 2, &target, sizeof(target));
}

static void write_jump(u8 *at, const struct fix *fix, u64 rx, u64 target)
{
	if (!fix->size)
		return;
	*at = fix->size == SHORT_SIZE ? 0xeb : 0xe9;
	write_relative(at, 1, fix->size, rx, target);
}

static void write_branch(u8 *at, const struct fix *fix, u64 rx, u64 target)
{
	if (fix->size == SHORT_SIZE) {
		at[0] = 0x70 | fix->arg;
		write_relative(at, 1, SHORT_SIZE, rx, target);
	} else {
		at[0] = 0x0f;
		at[1] = 0x80 | fix->arg;
		write_relative(at, 2, BRANCH_SIZE, rx, target);
	}
}

static void write_addr(u8 *at, const struct fix *fix, u64 rx, u64 target)
{
	at[0] = 0x48 | (fix->arg >> 3) << 2;
	at[1] = OP_LEA;
	at[2] = 5 | (fix->arg & 7) << 3;
	write_relative(at, 3, ADDR_SIZE, rx, target);
}

/* What Intel's manual recommends: as few instructions as can be. */
static void write_nops(u8 *at, u32 n)
{
	static const u8 nops[][9] = {
		{0x90},
		{0x66, 0x90},
		{0x0f, 0x1f, 0x00},
		{0x0f, 0x1f, 0x40, 0x00},
		{0x0f, 0x1f, 0x44, 0x00, 0x00},
		{0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00},
		{0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00},
		{0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00},
		{0x66, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00},
	};

	while (n) {
		u32 size = n < ARRAY_SIZE(nops) ? n : ARRAY_SIZE(nops);

		memcpy(at, nops[size - 1], size);
		at += size;
		n -= size;
	}
}

static void fix_write(const struct fix *fix, u8 *at, u64 rx, u64 target)
{
	switch (fix->kind) {
	case FIX_JUMP:
		write_jump(at, fix, rx, target);
		break;
	case FIX_BRANCH:
		write_branch(at, fix, rx, target);
		break;
	case FIX_ADDR:
		write_addr(at, fix, rx, target);
		break;
	case FIX_ALIGN:
		write_nops(at, fix->size);
		break;
	default:
		if (fix->size == FAR_CALL_SIZE) {
			write_far_call(at, target);
			break;
		}
		*at = 0xe8;
		write_relative(at, 1, JUMP_SIZE, rx, target);
	}
}

static u8 features(void)
{
#if defined(__x86_64__)
	return __builtin_cpu_supports("bmi2") ? FEATURE_BMI2 : 0;
#else
	return 0;
#endif
}

static const struct arch x86_64 = {
	.name = "x86-64",
	.features = features,
	.emit = x86_emit,
	.fix_size = fix_size,
	.fix_write = fix_write,
	.fill = 0xcc, /* int3 */
};

const struct arch *jit_arch_host(void)
{
#if defined(__x86_64__)
	return &x86_64;
#else
	return NULL;
#endif
}
