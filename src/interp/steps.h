/*
 * What each instruction does that only goes on to the next one, as a function.  Included by
 * loop.h.  step_X(guard, r, ip) is not 0 when the guard stops the run.  taken_X(r, ip): does the
 * conditional jump X go?
 */
#define STEP(name)                                                                                 \
	static inline __attribute__((always_inline)) int step_##name(struct guard *guard, u64 *r,  \
								     const struct code *ip)
#define TAKEN(name)                                                                                \
	static inline __attribute__((always_inline)) int taken_##name(const u64 *r,                \
								      const struct code *ip)
#define DST r[ip->dst]
#define SRC r[ip->src]
#define IMM ((u64)(s64)ip->imm)

#define ISA_ALU(name, meaning)                                                                     \
	STEP(name##64_K)                                                                           \
	{                                                                                          \
		(void)guard;                                                                       \
		DST = isa_alu64_##name(DST, IMM);                                                  \
		return 0;                                                                          \
	}                                                                                          \
	STEP(name##64_X)                                                                           \
	{                                                                                          \
		(void)guard;                                                                       \
		DST = isa_alu64_##name(DST, SRC);                                                  \
		return 0;                                                                          \
	}                                                                                          \
	STEP(name##32_K)                                                                           \
	{                                                                                          \
		(void)guard;                                                                       \
		DST = isa_alu32_##name((u32)DST, (u32)ip->imm);                                    \
		return 0;                                                                          \
	}                                                                                          \
	STEP(name##32_X)                                                                           \
	{                                                                                          \
		(void)guard;                                                                       \
		DST = isa_alu32_##name((u32)DST, (u32)SRC);                                        \
		return 0;                                                                          \
	}
#define ISA_ALU1(name, meaning)                                                                    \
	STEP(name)                                                                                 \
	{                                                                                          \
		(void)guard;                                                                       \
		DST = isa_alu_##name(DST, SRC);                                                    \
		return 0;                                                                          \
	}
#define ISA_JMP(name, meaning)                                                                     \
	TAKEN(name##64_K)                                                                          \
	{                                                                                          \
		return isa_jmp64_##name(DST, IMM);                                                 \
	}                                                                                          \
	TAKEN(name##64_X)                                                                          \
	{                                                                                          \
		return isa_jmp64_##name(DST, SRC);                                                 \
	}                                                                                          \
	TAKEN(name##32_K)                                                                          \
	{                                                                                          \
		return isa_jmp32_##name((u32)DST, (u32)ip->imm);                                   \
	}                                                                                          \
	TAKEN(name##32_X)                                                                          \
	{                                                                                          \
		return isa_jmp32_##name((u32)DST, (u32)SRC);                                       \
	}
#include "isa/isa.def"

/* A pointer cast between address spaces: arenas have one here. */
STEP(ADDR_SPACE_CAST)
{
	(void)guard;
	DST = SRC;
	return 0;
}

/*
 * Memory is read and written as it is: any alignment, the host's byte order.  The sizes' letters:
 * BITS, and their unsigned and signed types.
 */
#define LOAD(name, type, wide, order)                                                              \
	STEP(name)                                                                                 \
	{                                                                                          \
		u64 addr = SRC + (s64)ip->off;                                                     \
		type value;                                                                        \
		if (guard_mem(guard, ip, addr, sizeof(value), order))                              \
			return -1;                                                                 \
		memcpy(&value, u64_to_ptr(addr), sizeof(value));                                   \
		DST = (u64)(wide)value;                                                            \
		return 0;                                                                          \
	}
#define STORE(name, type, value)                                                                   \
	STEP(name)                                                                                 \
	{                                                                                          \
		u64 addr = DST + (s64)ip->off;                                                     \
		type stored = (type)(value);                                                       \
		if (guard_mem(guard, ip, addr, sizeof(stored), GUARD_WRITE))                       \
			return -1;                                                                 \
		memcpy(u64_to_ptr(addr), &stored, sizeof(stored));                                 \
		return 0;                                                                          \
	}
#define ACQ_REL(bits)                                                                              \
	STEP(LOAD_ACQ##bits)                                                                       \
	{                                                                                          \
		u64 addr = SRC + (s64)ip->off;                                                     \
		if (guard_mem(guard, ip, addr, bits / 8, GUARD_ATOMIC))                            \
			return -1;                                                                 \
		DST = __atomic_load_n((u##bits *)u64_to_ptr(addr), __ATOMIC_ACQUIRE);              \
		return 0;                                                                          \
	}                                                                                          \
	STEP(STORE_REL##bits)                                                                      \
	{                                                                                          \
		u64 addr = DST + (s64)ip->off;                                                     \
		if (guard_mem(guard, ip, addr, bits / 8, GUARD_ATOMIC))                            \
			return -1;                                                                 \
		__atomic_store_n((u##bits *)u64_to_ptr(addr), (u##bits)SRC, __ATOMIC_RELEASE);     \
		return 0;                                                                          \
	}
#define MEMORY(bits)                                                                               \
	LOAD(LDX##bits, u##bits, u##bits, GUARD_READ)                                              \
	STORE(ST##bits, u##bits, IMM)                                                              \
	STORE(STX##bits, u##bits, SRC)                                                             \
	ACQ_REL(bits)

MEMORY(8)
MEMORY(16)
MEMORY(32)
MEMORY(64)
LOAD(LDSX8, s8, s64, GUARD_READ)
LOAD(LDSX16, s16, s64, GUARD_READ)
LOAD(LDSX32, s32, s64, GUARD_READ)

/* Where an atomic's old value goes. */
#define OLD_NOWHERE(old) (void)(old)
#define OLD_TO_SRC(old) SRC = (old)
#define OLD_TO_R0(old) r[0] = (old)
#define ATOMIC(name, bits, into)                                                                   \
	STEP(name##bits)                                                                           \
	{                                                                                          \
		u64 addr = DST + (s64)ip->off;                                                     \
		if (guard_mem(guard, ip, addr, bits / 8, GUARD_ATOMIC))                            \
			return -1;                                                                 \
		OLD_##into(                                                                        \
			isa_atomic##bits##_##name(u64_to_ptr(addr), (u##bits)SRC, (u##bits)r[0])); \
		return 0;                                                                          \
	}
#define ISA_ATOMIC(name, into, meaning) ATOMIC(name, 32, into) ATOMIC(name, 64, into)
#include "isa/isa.def"

#define ISA_ALU(name, meaning)                                                                     \
	STEP(MOV_##name##64_K)                                                                     \
	{                                                                                          \
		(void)guard;                                                                       \
		DST = isa_alu64_##name(SRC, (u64)(s64)ip[1].imm);                                  \
		return 0;                                                                          \
	}                                                                                          \
	STEP(MOV_##name##64_X)                                                                     \
	{                                                                                          \
		(void)guard;                                                                       \
		DST = isa_alu64_##name(SRC, r[ip[1].src]);                                         \
		return 0;                                                                          \
	}                                                                                          \
	STEP(MOV_##name##32_K)                                                                     \
	{                                                                                          \
		(void)guard;                                                                       \
		DST = isa_alu32_##name((u32)SRC, (u32)ip[1].imm);                                  \
		return 0;                                                                          \
	}                                                                                          \
	STEP(MOV_##name##32_X)                                                                     \
	{                                                                                          \
		(void)guard;                                                                       \
		DST = isa_alu32_##name((u32)SRC, (u32)r[ip[1].src]);                               \
		return 0;                                                                          \
	}
#include "isa/isa.def"
