/*
 * What a function has around its body.
 *
 *	        return address
 *	rbp ->  caller's rbp          the chain of frames
 *	        BPF stack             R10 is rbp
 *	        may_goto's budget
 *	        padding
 *	        callee-saved registers that the function uses
 *	rsp ->                        a multiple of 16 where there are calls
 *
 * A function that calls nothing leaves rsp alone as long as its stack fits into the red zone.
 */
#include <errno.h>

#include "jit/x86_64/x86.h"

enum { RED_ZONE = 128, MAY_GOTO_BUDGET = 8 << 20 };

static const u8 callee_saved[] = {6, 7, 8, 9};

int x86_has_callbacks(const struct prog *prog)
{
	for (u32 i = 0; i < prog->nr_subprogs; i++)
		if (prog->subprogs[i].is_callback)
			return 1;
	return 0;
}

static int is_call(u32 code)
{
	return code == (BPF_JMP | BPF_CALL);
}

static int is_packet_load(u32 code)
{
	return BPF_CLASS(code) == BPF_LD && BPF_MODE(code) != BPF_IMM;
}

static int is_jump(u32 code)
{
	u32 class = BPF_CLASS(code), op = BPF_OP(code);

	return class == BPF_JMP32 || (class == BPF_JMP && op != BPF_CALL && op != BPF_EXIT);
}

static void note_loop(struct jit *j, u32 pc, const struct bpf_insn *insn)
{
	s64 to = (s64)pc + 1 + x86_jump_delta(insn);

	if (to >= 0 && to <= pc)
		j->is_loop[to] = 1;
}

/* What one instruction means for the function around it. */
static void note(struct jit *j, u32 pc, u32 *mentioned)
{
	const struct bpf_insn *insn = &j->prog->insns[pc];
	struct frame *frame = &j->frame;

	if (is_jump(insn->code))
		note_loop(j, pc, insn);
	*mentioned |= 1u << insn->dst_reg | 1u << insn->src_reg;
	if (insn->code == (BPF_JMP | BPF_JCOND)) {
		frame->budget = 1;
	} else if (is_packet_load(insn->code)) {
		frame->calls = 1;
	} else if (is_call(insn->code)) {
		frame->uses_run = 1;
		frame->calls |= x86_is_real_call(j, pc);
	}
}

void x86_plan_frame(struct jit *j)
{
	const struct subprog *func = &j->prog->subprogs[j->func];
	struct frame *frame = &j->frame;
	u32 mentioned = 0, pushes;

	*frame = (struct frame){.bytes = (u32)round_up_to(func->stack, 8)};
	for (u32 pc = func->start; pc < func->end; pc++)
		if (!j->prog->facts[pc].dead)
			note(j, pc, &mentioned);
	if (frame->budget) {
		frame->bytes += 8;
		frame->budget = -(s32)frame->bytes;
	}
	for (u32 i = 0; i < ARRAY_SIZE(callee_saved); i++)
		frame->saved |= mentioned & 1u << callee_saved[i];
	frame->saves_run = !j->func && frame->calls && frame->uses_run;
	frame->run = j->func || frame->calls ? RUN : RUN_LEAF;
	frame->pointer = frame->calls || frame->budget || mentioned >> FP & 1;
	pushes = (u32)__builtin_popcount(frame->saved) + frame->saves_run;
	if (frame->calls && (frame->bytes / 8 + pushes) % 2)
		frame->bytes += 8;
	frame->moved = frame->bytes && (frame->calls || pushes || frame->bytes > RED_ZONE);
}

/* Callbacks are entered through run->callback, which knows how values of ld_imm64 are entered. */
static void tell_callback(struct jit *j)
{
	jit_fix(j, FIX_ADDR, RAX, x86_thunk_place(j));
	store(j, W, RUN, offsetof(struct run, callback), RAX);
}

void x86_prologue(struct jit *j)
{
	const struct frame *frame = &j->frame;

	if (frame->pointer) {
		push(j, RBP);
		mov_rr(j, W, RBP, RSP);
		if (frame->moved)
			alu_ri(j, W, EXT_SUB, RSP, (s32)frame->bytes);
	}
	for (u32 i = 0; i < ARRAY_SIZE(callee_saved); i++)
		if (frame->saved >> callee_saved[i] & 1)
			push(j, x86_reg[callee_saved[i]]);
	if (frame->saves_run)
		push(j, RUN);
	if (!j->func && frame->uses_run)
		mov_rr(j, W, frame->run, RSI);
	if (!j->func && x86_has_callbacks(j->prog))
		tell_callback(j);
	if (frame->budget) {
		op_rm(j, 0, 0xc7, 0, RBP, frame->budget);
		put4(j, MAY_GOTO_BUDGET);
	}
}

void x86_teardown(struct jit *j)
{
	const struct frame *frame = &j->frame;

	if (frame->saves_run)
		pop(j, RUN);
	for (u32 i = ARRAY_SIZE(callee_saved); i-- > 0;)
		if (frame->saved >> callee_saved[i] & 1)
			pop(j, x86_reg[callee_saved[i]]);
	if (!frame->pointer)
		return;
	if (frame->moved)
		leave(j);
	else
		pop(j, RBP);
}

/* u64 thunk(run, callback, a1 .. a4, [rsp + 8] a5): C calls a subprogram. */
void x86_callback_thunk(struct jit *j)
{
	enum { A5 = 16 }; /* above the return address and what is pushed */

	jit_place_here(j, x86_thunk_place(j));
	push(j, RUN);
	mov_rr(j, W, RUN, RDI);
	mov_rr(j, W, RAX, RSI);
	mov_rr(j, W, RDI, RDX);
	mov_rr(j, W, RSI, RCX);
	mov_rr(j, W, RDX, R8);
	mov_rr(j, W, RCX, R9);
	load(j, W, R8, RSP, A5);
	op_rr(j, 0, OP_GROUP5, EXT_CALL, RAX);
	pop(j, RUN);
	ret(j);
}
