/* Loads and stores, constants, and the packet loads that come from classic BPF. */
#include <errno.h>

#include "helper/skb_abs.h"
#include "jit/x86_64/x86.h"

void x86_ldx(struct jit *j, const struct bpf_insn *insn, const struct row *row)
{
	op_rm(j, row->w, row->op, dst_of(insn), src_of(insn), insn->off);
}

void x86_stx(struct jit *j, const struct bpf_insn *insn, const struct row *row)
{
	if (BPF_SIZE(insn->code) == BPF_H)
		put1(j, 0x66);
	op_rm(j, row->w, row->op, src_of(insn), dst_of(insn), insn->off);
}

void x86_st(struct jit *j, const struct bpf_insn *insn, const struct row *row)
{
	u32 size = BPF_SIZE(insn->code);

	if (size == BPF_H)
		put1(j, 0x66);
	op_rm(j, row->w, row->op, 0, dst_of(insn), insn->off);
	put1(j, (u32)insn->imm);
	if (size != BPF_B)
		put1(j, (u32)insn->imm >> 8);
	if (size == BPF_W || size == BPF_DW) {
		put1(j, (u32)insn->imm >> 16);
		put1(j, (u32)insn->imm >> 24);
	}
}

/* The second half is a row of its own that emits nothing. */
void x86_ld_imm64(struct jit *j, const struct bpf_insn *insn, const struct row *row)
{
	(void)row;
	if (insn->src_reg == BPF_PSEUDO_FUNC && (u32)insn->imm >= j->prog->nr_subprogs)
		reject(j, -EINVAL);
	else if (insn->src_reg == BPF_PSEUDO_FUNC)
		jit_fix(j, FIX_ADDR, (u8)dst_of(insn), jit_entry_place(j, (u32)insn->imm));
	else
		mov_ri(j, dst_of(insn), (u64)(u32)insn[1].imm << 32 | (u32)insn->imm);
}

static u32 load_size(const struct bpf_insn *insn)
{
	return BPF_SIZE(insn->code) == BPF_B ? 1 : BPF_SIZE(insn->code) == BPF_H ? 2 : 4;
}

/* rax = [r9] or [r9 + rax], from network order */
static void load_packet(struct jit *j, const struct bpf_insn *insn, const struct row *row)
{
	if (BPF_MODE(insn->code) == BPF_IND)
		op_rmx(j, 0, row->op, RAX, (struct x86_index){R9, RAX, 0});
	else
		op_rm(j, 0, row->op, RAX, R9, insn->imm);
	if (load_size(insn) == 2) {
		swap16(j, RAX);
		op_rr(j, 0, OP_MOVZX16, RAX, RAX);
	} else if (load_size(insn) == 4) {
		bswap(j, 0, RAX);
	}
}

/* What is not in the linear part: offset in esi.  Not there at all: the function returns 0. */
static void load_packet_slowly(struct jit *j, const struct bpf_insn *insn)
{
	u32 found = jit_place_new(j);

	mov_rr(j, W, RDI, x86_reg[R6]);
	mov_ri(j, RDX, load_size(insn));
	jit_fix_host(j, (u64)(uintptr_t)skb_load_abs);
	test_rr(j, W, RAX); /* SKB_ABS_FAILED has the sign bit, 4 bytes have not */
	branch(j, CC_NS, found);
	mov_ri(j, RAX, 0);
	x86_teardown(j);
	ret(j);
	jit_place_here(j, found);
}

/* r9 = data, r10 = bytes in the linear part */
static void linear_part(struct jit *j)
{
	load(j, W, R9, x86_reg[R6], offsetof(struct skb, pkt.data));
	load(j, W, R10, x86_reg[R6], offsetof(struct skb, pkt.data_end));
	op_rr(j, W, OP_SUB, R9, R10);
}

/* Sound because imm + size is at most what the linear part has, and both are positive. */
void x86_ld_abs(struct jit *j, const struct bpf_insn *insn, const struct row *row)
{
	u32 slow = jit_place_new(j), end = jit_place_new(j);
	s64 need = (s64)insn->imm + load_size(insn);

	if (insn->imm >= 0 && fits32(need)) {
		linear_part(j);
		alu_ri(j, W, EXT_CMP, R10, (s32)need);
		branch(j, CC_L, slow);
		load_packet(j, insn, row);
		jump(j, end);
	}
	jit_place_here(j, slow);
	mov_ri(j, RSI, (u32)insn->imm);
	load_packet_slowly(j, insn);
	jit_place_here(j, end);
}

/*
 * The offset is src + imm in 32 bits.  Sound because it is compared, zero-extended, with the size
 * of the linear part less that of the load, signed: what was meant as negative is far above it.
 */
void x86_ld_ind(struct jit *j, const struct bpf_insn *insn, const struct row *row)
{
	u32 slow = jit_place_new(j), end = jit_place_new(j);

	mov_rr(j, 0, RAX, src_of(insn));
	alu_ri(j, 0, EXT_ADD, RAX, insn->imm);
	linear_part(j);
	alu_ri(j, W, EXT_SUB, R10, (s32)load_size(insn));
	op_rr(j, W, OP_CMP, RAX, R10);
	branch(j, CC_L, slow);
	load_packet(j, insn, row);
	jump(j, end);
	jit_place_here(j, slow);
	mov_rr(j, 0, RSI, RAX);
	load_packet_slowly(j, insn);
	jit_place_here(j, end);
}
