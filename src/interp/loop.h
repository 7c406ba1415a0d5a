/*
 * The loop, as a template.  Included by fast.c and checked.c, each once, which define before that
 *
 *	LOOP		the name of the loop's function
 *	LOOP_STRIDE	bytes from one frame's stack to the next one's
 *	struct guard	what bounds a run, and, static inline:
 *	guard_enter(&guard, entry, stack)	guard_leave(&guard)
 *	guard_step(&guard, ip, r)		before each instruction
 *	guard_mem(&guard, ip, addr, size, how)	before an access; how: enum guard_how
 *	guard_call(&guard, ip, r)		before a helper or kfunc is called
 *	guard_called(&guard, ip, r)		after it; r[0] is what it returned
 *	guard_frames(&guard, ip, nr)		nr frames are live now
 *	guard_tail(&guard, ip, r, image)	before a tail call (image NULL), and once it is made
 *	guard_abs(&guard, ip, r)		before a packet load
 *	guard_lost(&guard, ip)			reached what is no instruction
 *
 * Each returns not 0 to stop the run: the program returns 0, and the guard has said why.
 */
#include "helper/skb_abs.h"
#include "interp/internal.h"
#include "interp/steps.h"

#define GO                                                                                         \
	do {                                                                                       \
		if (guard_step(&guard, ip, r))                                                     \
			goto stop;                                                                 \
		goto * ip->go;                                                                     \
	} while (0)
#define NEXT                                                                                       \
	do {                                                                                       \
		ip++;                                                                              \
		GO;                                                                                \
	} while (0)
#define DO(op)                                                                                     \
	if (step_##op(&guard, r, ip))                                                              \
	goto stop
/* A label whose instruction goes on to the next one. */
#define STRAIGHT(op)                                                                               \
	op_##op : DO(op);                                                                          \
	NEXT;
#define JUMP(op)                                                                                   \
	op_##op : if (taken_##op(r, ip))                                                           \
	{                                                                                          \
		ip += ip->off;                                                                     \
		NEXT;                                                                              \
	}                                                                                          \
	NEXT;
/* A move and what is done to its result, as one: the second slot has been used as well. */
#define MOVED(op)                                                                                  \
	op_MOV_##op : DO(MOV_##op);                                                                \
	ip++;                                                                                      \
	NEXT;

static inline struct map *map_of_reg(u64 reg)
{
	return u64_to_ptr(reg);
}

static u64 LOOP(const struct entry *entry)
{
	static const void *const labels[CODE_OPS] = {
		[ISA_INVALID] = &&op_INVALID,
#define ISA(name, ...) [ISA_##name] = &&op_##name,
#include "isa/isa.def"
		[CODE_TAIL_CALL] = &&op_TAIL_CALL,
#define ISA_ALU(name, meaning)                                                                     \
	[CODE_MOV_##name##64_K] = &&op_MOV_##name##64_K,                                           \
	[CODE_MOV_##name##64_X] = &&op_MOV_##name##64_X,                                           \
	[CODE_MOV_##name##32_K] = &&op_MOV_##name##32_K,                                           \
	[CODE_MOV_##name##32_X] = &&op_MOV_##name##32_X,
#include "isa/isa.def"
	};
	u8 stack[MAX_FRAMES * LOOP_STRIDE] __attribute__((aligned(16)));
	u64 r[11];
	struct frame frames[MAX_FRAMES], *frame = frames;
	const struct image *image = entry->image;
	const struct code *ip;
	struct run *run = entry->run;
	struct guard guard;
	u32 budget = MAY_GOTO_BUDGET;
	u64 value;

	if (!image)
		return ptr_to_u64(labels);
	if (guard_enter(&guard, entry, stack))
		return 0;
	for (int i = 0; i < 5; i++)
		r[1 + i] = entry->args[i];
	r[10] = ptr_to_u64(stack) + LOOP_STRIDE;
	ip = image->code + entry->start;
	GO;

#define ISA_ALU(name, meaning)                                                                     \
	STRAIGHT(name##64_K)                                                                       \
	STRAIGHT(name##64_X)                                                                       \
	STRAIGHT(name##32_K)                                                                       \
	STRAIGHT(name##32_X)                                                                       \
	MOVED(name##64_K)                                                                          \
	MOVED(name##64_X)                                                                          \
	MOVED(name##32_K)                                                                          \
	MOVED(name##32_X)
#define ISA_ALU1(name, meaning) STRAIGHT(name)
#define ISA_JMP(name, meaning) JUMP(name##64_K) JUMP(name##64_X) JUMP(name##32_K) JUMP(name##32_X)
#define ISA_ATOMIC(name, into, meaning) STRAIGHT(name##32) STRAIGHT(name##64)
#include "isa/isa.def"
#define MEMORY_OPS(bits)                                                                           \
	STRAIGHT(LDX##bits)                                                                        \
	STRAIGHT(ST##bits)                                                                         \
	STRAIGHT(STX##bits)                                                                        \
	STRAIGHT(LOAD_ACQ##bits)                                                                   \
	STRAIGHT(STORE_REL##bits)
	MEMORY_OPS(8)
	MEMORY_OPS(16)
	MEMORY_OPS(32)
	MEMORY_OPS(64)
	STRAIGHT(LDSX8)
	STRAIGHT(LDSX16)
	STRAIGHT(LDSX32)
	STRAIGHT(ADDR_SPACE_CAST)

/* The second slot of each of these is no instruction: its value has been put there. */
op_LD_IMM64:
op_LD_FUNC:
	r[ip->dst] = ip[1].imm64;
	ip++;
	NEXT;

op_JA:
	ip += ip->off;
	NEXT;
op_GOTOL:
	ip += ip->imm;
	NEXT;
op_MAY_GOTO:
	if (budget)
		budget--;
	else
		ip += ip->off;
	NEXT;

op_CALL_HELPER:
op_CALL_KFUNC:
	if (guard_call(&guard, ip, r))
		goto stop;
	r[0] = image->fns[ip->imm](r[1], r[2], r[3], r[4], r[5], run);
	if (guard_called(&guard, ip, r))
		goto stop;
	NEXT;

op_CALL_SUBPROG:
	if (guard_frames(&guard, ip, frame - frames + 2) || frame == frames + MAX_FRAMES - 1)
		goto op_INVALID;
	*frame++ = (struct frame){ip, {r[6], r[7], r[8], r[9], r[10]}, budget};
	r[10] += LOOP_STRIDE;
	budget = MAY_GOTO_BUDGET;
	ip += ip->imm;
	NEXT;
op_EXIT:
	if (frame == frames) {
		guard_leave(&guard);
		return r[0];
	}
	frame--;
	guard_frames(&guard, ip, frame - frames + 1);
	memcpy(&r[6], frame->saved, sizeof(frame->saved));
	budget = frame->budget;
	ip = frame->back;
	NEXT;

/*
 * To a program of ours it is a jump, which keeps the frame's stack; one of another engine is
 * called, and its result is the frame's.
 */
op_TAIL_CALL : {
	const struct prog *target;

	if (guard_tail(&guard, ip, r, NULL))
		goto stop;
	target = prog_tail_call(map_of_reg(r[2]), (u32)r[3], run);
	if (!target) /* falls through; r0 is not written */
		NEXT;
	if (target->engine != image->prog->engine) {
		r[0] = interp_enter_other(target, run, r[1]);
		goto op_EXIT;
	}
	image = target->image;
	if (guard_tail(&guard, ip, r, image))
		goto stop;
	budget = MAY_GOTO_BUDGET;
	ip = image->code;
	GO;
}

#define PACKET_OPS(bits)                                                                           \
	op_LD_ABS##bits : value = (u32)ip->imm;                                                    \
	goto load_packet##bits;                                                                    \
	op_LD_IND##bits : value = (u32)SRC + (u32)ip->imm;                                         \
	load_packet##bits : if (guard_abs(&guard, ip, r)) goto stop;                               \
	r[0] = skb_load_abs(u64_to_ptr(r[6]), (s32)value, bits / 8);                               \
	if (r[0] == SKB_ABS_FAILED) {                                                              \
		r[0] = 0;                                                                          \
		goto op_EXIT;                                                                      \
	}                                                                                          \
	NEXT;
	PACKET_OPS(8)
	PACKET_OPS(16)
	PACKET_OPS(32)

/* resolved to LD_IMM64 before they get here */
op_LD_MAP_FD:
op_LD_MAP_VALUE:
op_LD_BTF_ID:
op_LD_MAP_IDX:
op_LD_MAP_IDX_VALUE:
op_INVALID:
	guard_lost(&guard, ip);
	run->fault = 1;
stop:
	guard_leave(&guard);
	return 0;
}
