/* Atomic read-modify-write of 4 and 8 bytes; acquiring loads and releasing stores of any size. */
#include <errno.h>

#include "jit/x86_64/x86.h"

enum { LOCK = 0xf0 };

struct atomic;
struct form {
	s32 imm; /* of the instruction */
	void (*emit)(struct jit *j, const struct atomic *a, u32 op);
	u16 op;
};

struct atomic {
	u32 w, base, src;
	s32 off;
	const struct bpf_insn *insn;
};

static void locked(struct jit *j, const struct atomic *a, u32 op)
{
	put1(j, LOCK);
	op_rm(j, a->w, op, a->src, a->base, a->off);
}

/* Comparing with R0 is what the machine does, but it leaves rax alone when they are equal. */
static void compare_exchange(struct jit *j, const struct atomic *a, u32 op)
{
	locked(j, a, op);
	if (!a->w)
		mov_rr(j, 0, RAX, RAX);
}

/*
 * Operations that the machine has not got with a result: try until nobody came between.  R0 waits
 * in r10, where it also stands in for base and src.
 */
static void fetch(struct jit *j, const struct atomic *a, u32 op)
{
	u32 base = a->base == RAX ? R10 : a->base, again = jit_place_new(j);

	mov_rr(j, W, R10, RAX);
	load(j, a->w, RAX, base, a->off);
	jit_place_here(j, again);
	mov_rr(j, W, R9, RAX);
	op_rr(j, a->w, op, a->src == RAX ? R10 : a->src, R9);
	put1(j, LOCK);
	op_rm(j, a->w, OP_CMPXCHG, R9, base, a->off);
	branch(j, CC_NE, again);
	if (a->src == RAX)
		return;
	mov_rr(j, W, a->src, RAX);
	mov_rr(j, W, RAX, R10);
}

static void exchange(struct jit *j, const struct atomic *a, u32 op)
{
	op_rm(j, a->w, op, a->src, a->base, a->off); /* locks by itself */
}

/* The machine's loads acquire and its stores release: these are plain ones, of any size. */
static void load_acquire(struct jit *j, const struct atomic *a, u32 op)
{
	static const u16 ops[] = {
		[BPF_B] = OP_MOVZX8, [BPF_H] = OP_MOVZX16, [BPF_W] = OP_LOAD, [BPF_DW] = OP_LOAD};

	(void)op;
	op_rm(j, a->w, ops[BPF_SIZE(a->insn->code)], dst_of(a->insn), a->src, a->off);
}

static void store_release(struct jit *j, const struct atomic *a, u32 op)
{
	u32 size = BPF_SIZE(a->insn->code);

	if (size == BPF_H)
		put1(j, 0x66);
	if (size == BPF_B)
		op_rm(j, BYTE_REG, OP_STORE8, a->src, a->base, a->off);
	else
		op_rm(j, a->w, op, a->src, a->base, a->off);
}

static const struct form forms[] = {
	{BPF_ADD, locked, OP_ADD},
	{BPF_OR, locked, OP_OR},
	{BPF_AND, locked, OP_AND},
	{BPF_XOR, locked, OP_XOR},
	{BPF_ADD | BPF_FETCH, locked, OP_XADD},
	{BPF_OR | BPF_FETCH, fetch, OP_OR},
	{BPF_AND | BPF_FETCH, fetch, OP_AND},
	{BPF_XOR | BPF_FETCH, fetch, OP_XOR},
	{BPF_XCHG, exchange, OP_XCHG},
	{BPF_CMPXCHG, compare_exchange, OP_CMPXCHG},
	{BPF_LOAD_ACQ, load_acquire, OP_LOAD},
	{BPF_STORE_REL, store_release, OP_STORE},
};

void x86_atomic(struct jit *j, const struct bpf_insn *insn, const struct row *row)
{
	struct atomic a = {
		.w = row->w,
		.base = dst_of(insn),
		.src = src_of(insn),
		.off = insn->off,
		.insn = insn,
	};

	for (u32 i = 0; i < ARRAY_SIZE(forms); i++) {
		if (forms[i].imm == insn->imm) {
			forms[i].emit(j, &a, forms[i].op);
			return;
		}
	}
	reject(j, -EINVAL);
}
