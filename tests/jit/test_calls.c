/*
 * How compiled code calls and is called: registers that C owns, arguments, the stack's alignment,
 * the chain of frames, subprograms, callbacks, budgets, packet loads.
 */
#include "helper/skb_abs.h"
#include "interp/interp.h"
#include "jit/jit.h"
#include "tests/lib/hand.h"
#include "tests/tap.h"

static struct skep *skep;

/* What the last call of a test's own kfunc saw. */
static struct {
	u64 arg[5];
	struct run *run;
	u64 frame;
	u64 caller[3]; /* return addresses, the nearest first */
} seen;

/* [0] the caller's frame, [1] the return address */
static void note_frames(const u64 *frame)
{
	seen.frame = ptr_to_u64(frame);
	for (u32 i = 0; i < ARRAY_SIZE(seen.caller); i++) {
		seen.caller[i] = frame[1];
		frame = u64_to_ptr(frame[0]);
	}
}

static u64 note_call(u64 a, u64 b, u64 c, u64 d, u64 e, struct run *run)
{
	seen.arg[0] = a, seen.arg[1] = b, seen.arg[2] = c, seen.arg[3] = d, seen.arg[4] = e;
	seen.run = run;
	note_frames(__builtin_frame_address(0));
	return a + 2 * b + 3 * c + 4 * d + 5 * e;
}

/* Calls its first argument, a callback, with the others and a number. */
static u64 call_back(u64 callback, u64 b, u64 c, u64 d, u64 e, struct run *run)
{
	return run->callback(run, callback, b, c, d, e, 500) + 1;
}

static const struct kfunc kfunc_note = {.name = "note", .fn = note_call};
static const struct kfunc kfunc_call_back = {.name = "call_back", .fn = call_back};

#define KFUNC INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, 0, 0)

static void set_kfunc(struct hand *h, u32 nth, const struct kfunc *kfunc)
{
	for (u32 pc = 0; pc < h->prog.len; pc++)
		if (h->prog.insns[pc].code == (BPF_JMP | BPF_CALL) &&
		    h->prog.insns[pc].src_reg == BPF_PSEUDO_KFUNC_CALL && !nth--)
			h->prog.facts[pc].kfunc = kfunc;
}

static void arguments_and_run(void)
{
	const struct bpf_insn insns[] = {
		MOV_K(1, 1), MOV_K(2, 2), MOV_K(3, 3), MOV_K(4, 4), MOV_K(5, 5), KFUNC, EXIT,
	};
	struct run run = {0};
	struct hand h;

	hand_init(&h, skep, insns, ARRAY_SIZE(insns));
	set_kfunc(&h, 0, &kfunc_note);
	CHECK_EQ(hand_compile(&h, &engine_jit), 0);
	run_begin(&run, skep, NULL);
	CHECK_EQ(h.prog.entry(NULL, &run, &h.prog), 1 + 4 + 9 + 16 + 25);
	run_end(&run);
	for (u32 i = 0; i < 5; i++)
		CHECK_EQ(seen.arg[i], i + 1);
	CHECK(seen.run == &run);
	hand_free(&h);
}

/* rbx, r12 to r15 as they are after a call that they were given values before. */
static void call_with_known_registers(const struct prog *prog, struct run *run, u64 kept[5])
{
	register u64 r0 __asm__("rax") = (u64)(uintptr_t)prog->entry;
	void *ctx = NULL;

	__asm__ volatile("mov $0x1111, %%rbx\n\t"
			 "mov $0x2222, %%r12\n\t"
			 "mov $0x3333, %%r13\n\t"
			 "mov $0x4444, %%r14\n\t"
			 "mov $0x5555, %%r15\n\t"
			 "push %%rcx\n\t"
			 "push %%rcx\n\t"
			 "call *%%rax\n\t"
			 "pop %%rcx\n\t"
			 "pop %%rcx\n\t"
			 "mov %%rbx, (%%rcx)\n\t"
			 "mov %%r12, 8(%%rcx)\n\t"
			 "mov %%r13, 16(%%rcx)\n\t"
			 "mov %%r14, 24(%%rcx)\n\t"
			 "mov %%r15, 32(%%rcx)\n\t"
			 : "+r"(r0), "+D"(ctx), "+S"(run), "+d"(prog), "+c"(kept)
			 :
			 : "rbx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory",
			   "cc");
}

static void check_registers_kept(struct hand *h)
{
	u64 kept[5] = {0};
	struct run run = {0};

	CHECK_EQ(hand_compile(h, &engine_jit), 0);
	run_begin(&run, skep, NULL);
	call_with_known_registers(&h->prog, &run, kept);
	run_end(&run);
	for (u64 i = 0; i < 5; i++)
		CHECK_EQ(kept[i], 0x1111 * (i + 1));
	hand_free(h);
}

static void callee_saved_registers_are_kept(void)
{
	const struct bpf_insn leaf[] = {
		MOV_K(6, 6), MOV_K(7, 7), MOV_K(8, 8), MOV_K(9, 9), STX(BPF_DW, 10, -8, 6),
		MOV_K(0, 0), EXIT,
	};
	const struct bpf_insn caller[] = {
		MOV_K(6, 6), MOV_K(9, 9), CALL_SUB(2),  KFUNC,       EXIT,
		MOV_K(7, 7), MOV_K(8, 8), MOV_K(6, 60), MOV_K(0, 0), EXIT,
	};
	struct hand h;

	hand_init(&h, skep, leaf, ARRAY_SIZE(leaf));
	check_registers_kept(&h);
	hand_init(&h, skep, caller, ARRAY_SIZE(caller));
	hand_split(&h, 5);
	set_kfunc(&h, 0, &kfunc_note);
	check_registers_kept(&h);
}

/* For every number of saved registers and every stack: rsp is a multiple of 16 where C begins. */
static void stack_is_aligned_at_calls(void)
{
	for (u8 saved = 0; saved <= 4; saved++) {
		for (u16 stack = 0; stack <= 40; stack += 8) {
			struct bpf_insn insns[8];
			struct hand h;
			u32 n = 0;

			for (u8 r = 0; r < saved; r++)
				insns[n++] = MOV_K(6 + r, 1);
			insns[n++] = KFUNC;
			insns[n++] = EXIT;
			hand_init(&h, skep, insns, n);
			h.func[0].stack = stack;
			set_kfunc(&h, 0, &kfunc_note);
			CHECK_EQ(hand_compile(&h, &engine_jit), 0);
			hand_run(&h, NULL);
			CHECK_EQ(seen.frame % 16, 0);
			hand_free(&h);
		}
	}
}

static int in_image(const struct hand *h, u64 address)
{
	return address - ptr_to_u64(h->prog.image) < h->prog.image_size;
}

/* From C through two BPF frames to C again. */
static void frames_are_chained(void)
{
	const struct bpf_insn insns[] = {CALL_SUB(1), EXIT, KFUNC, EXIT};
	struct hand h;

	hand_init(&h, skep, insns, ARRAY_SIZE(insns));
	hand_split(&h, 2);
	set_kfunc(&h, 0, &kfunc_note);
	CHECK_EQ(hand_compile(&h, &engine_jit), 0);
	hand_run(&h, NULL);
	CHECK(in_image(&h, seen.caller[0]));
	CHECK(in_image(&h, seen.caller[1]));
	CHECK(!in_image(&h, seen.caller[2]));
	hand_free(&h);
}

/* Both engines give the same r0 (and this one, if it is known). */
static void check_both(struct hand *h, void *ctx, u64 want)
{
	CHECK_EQ(hand_compile(h, &engine_interp), 0);
	CHECK_EQ(hand_run(h, ctx), want);
	engine_interp.release(&h->prog);
	CHECK_EQ(hand_compile(h, &engine_jit), 0);
	CHECK_EQ(hand_run(h, ctx), want);
	hand_free(h);
}

/* Arguments arrive, R6 and the caller's stack stay, each frame has a stack of its own. */
static void subprograms(void)
{
	const struct bpf_insn insns[] = {
		MOV_K(6, 1000),
		ST(BPF_DW, 10, -8, 7),
		MOV_K(1, 1),
		MOV_K(2, 2),
		MOV_K(3, 3),
		MOV_K(4, 4),
		MOV_K(5, 5),
		CALL_SUB(4),
		ALU64_X(BPF_ADD, 0, 6),
		LDX(BPF_DW, 1, 10, -8),
		ALU64_X(BPF_ADD, 0, 1),
		EXIT,
		/* sub(a, b, c, d, e): */
		ST(BPF_DW, 10, -8, 9),
		MOV_K(6, 2),
		MOV_X(0, 1),
		ALU64_X(BPF_LSH, 0, 6),
		ALU64_X(BPF_ADD, 0, 2),
		ALU64_X(BPF_LSH, 0, 6),
		ALU64_X(BPF_ADD, 0, 3),
		ALU64_X(BPF_LSH, 0, 6),
		ALU64_X(BPF_ADD, 0, 4),
		ALU64_X(BPF_LSH, 0, 6),
		ALU64_X(BPF_ADD, 0, 5),
		EXIT,
	};
	struct hand h;

	hand_init(&h, skep, insns, ARRAY_SIZE(insns));
	hand_split(&h, 12);
	check_both(&h, NULL, (((1 * 4 + 2) * 4 + 3) * 4 + 4) * 4 + 5 + 1000 + 7);
}

/* As deep as Linux allows. */
static void eight_frames(void)
{
	struct bpf_insn insns[HAND_FUNCS * 4];
	struct hand h;

	for (u32 i = 0; i < HAND_FUNCS; i++) {
		insns[4 * i] = MOV_K(7, (s32)i + 1);
		insns[4 * i + 1] = i + 1 < HAND_FUNCS ? CALL_SUB(2) : MOV_K(0, 0);
		insns[4 * i + 2] = ALU64_X(BPF_ADD, 0, 7);
		insns[4 * i + 3] = EXIT;
	}
	hand_init(&h, skep, insns, ARRAY_SIZE(insns));
	h.func[0].stack = 64;
	for (u32 i = 1; i < HAND_FUNCS; i++)
		hand_split(&h, 4 * i)->stack = 64;
	check_both(&h, NULL, 1 + 2 + 3 + 4 + 5 + 6 + 7 + 8);
}

static void callbacks(void)
{
	const struct bpf_insn insns[] = {
		LD_FUNC(1, 1),
		MOV_K(2, 1),
		MOV_K(3, 2),
		MOV_K(4, 3),
		MOV_K(5, 4),
		KFUNC,
		EXIT,
		/* callback(1, 2, 3, 4, 500): */
		MOV_K(8, 10),
		MOV_X(0, 1),
		ALU64_X(BPF_MUL, 0, 8),
		ALU64_X(BPF_ADD, 0, 2),
		ALU64_X(BPF_MUL, 0, 8),
		ALU64_X(BPF_ADD, 0, 3),
		ALU64_X(BPF_MUL, 0, 8),
		ALU64_X(BPF_ADD, 0, 4),
		ALU64_X(BPF_ADD, 0, 5),
		EXIT,
	};
	struct hand h;

	hand_init(&h, skep, insns, ARRAY_SIZE(insns));
	hand_split(&h, 8)->is_callback = 1;
	set_kfunc(&h, 0, &kfunc_call_back);
	check_both(&h, NULL, 1234 + 500 + 1);
}

/* A callback that calls a kfunc needs run, and gives C its registers back. */
static void callbacks_call_on(void)
{
	const struct bpf_insn insns[] = {
		LD_FUNC(1, 1), MOV_K(2, 1), MOV_K(3, 2), MOV_K(4, 3),
		MOV_K(5, 4),   KFUNC,       MOV_X(6, 0), CALL(BPF_FUNC_get_smp_processor_id),
		MOV_X(0, 6),   EXIT,        MOV_K(6, 6), MOV_K(7, 7),
		MOV_K(8, 8),   MOV_K(9, 9), KFUNC,       EXIT,
	};
	struct hand h;

	hand_init(&h, skep, insns, ARRAY_SIZE(insns));
	hand_split(&h, 11)->is_callback = 1;
	set_kfunc(&h, 0, &kfunc_call_back);
	set_kfunc(&h, 1, &kfunc_note);
	CHECK_EQ(hand_compile(&h, &engine_jit), 0);
	CHECK_EQ(hand_run(&h, NULL), 1 + 2 * 2 + 3 * 3 + 4 * 4 + 5 * 500 + 1);
	CHECK_EQ(seen.frame % 16, 0);
	check_registers_kept(&h);
}

/* The budget is a frame's: a loop ends, and a second one in the frame finds nothing left. */
static void may_goto(void)
{
	const struct bpf_insn insns[] = {
		MOV_K(0, 0),  MAY_GOTO(2), ALU64_K(BPF_ADD, 0, 1), JA(-3), MAY_GOTO(1),
		MOV_K(0, -1), EXIT,
	};
	struct hand h;

	hand_init(&h, skep, insns, ARRAY_SIZE(insns));
	check_both(&h, NULL, 8 << 20);
}

/* The packet is linear up to 20 and has 12 bytes more in a fragment; 16 bytes stand before it. */
enum { HEADROOM = 16, LINEAR = 20, FRAGMENT = 12 };

static void check_packet_load(struct skb *skb, u8 mode, u8 size, s32 at, s32 imm)
{
	const struct bpf_insn insns[] = {
		MOV_X(6, 1),
		MOV_K(7, at),
		INSN(BPF_LD | mode | size, 0, 7, 0, imm),
		ALU64_K(BPF_OR, 0, 0x100),
		EXIT,
	};
	u32 bytes = size == BPF_B ? 1 : size == BPF_H ? 2 : 4;
	s32 off = mode == BPF_ABS ? imm : (s32)((u32)imm + (u32)at);
	u64 want = skb_load_abs(skb, off, bytes);
	struct hand h;

	hand_init(&h, skep, insns, ARRAY_SIZE(insns));
	check_both(&h, skb, want == SKB_ABS_FAILED ? 0 : want | 0x100);
}

static void packet_loads(void)
{
	static const u8 sizes[] = {BPF_B, BPF_H, BPF_W};
	static const s32 offs[] = {
		0,
		1,
		15,
		16,
		17,
		18,
		19,
		20,
		21,
		28,
		29,
		30,
		31,
		32,
		33,
		1000,
		0x7fffffff,
		0x7ffffffd,
		-1,
		-16,
		-0x100000,
		-0x100000 + 5,
		-0x100000 + 18,
		-0x200000,
		-0x200000 - 1,
		-0x7fffffff - 1,
	};
	u8 linear[HEADROOM + LINEAR], fragment[FRAGMENT];
	struct packet_frags frags = {
		.count = 1,
		.len = FRAGMENT,
		.frag = {{fragment, FRAGMENT}},
	};
	const struct packet_mem mem = {
		.buf = linear,
		.size = sizeof(linear),
		.off = HEADROOM,
		.len = LINEAR,
		.os = skep->os,
	};
	struct skb skb;

	for (u32 i = 0; i < sizeof(linear); i++)
		linear[i] = (u8)(i * 37 + 129);
	for (u32 i = 0; i < FRAGMENT; i++)
		fragment[i] = (u8)(i * 91 + 7);
	skb_init(&skb, &mem);
	skb.pkt.frags = &frags;
	for (u32 s = 0; s < ARRAY_SIZE(sizes); s++) {
		for (u32 i = 0; i < ARRAY_SIZE(offs); i++) {
			check_packet_load(&skb, BPF_ABS, sizes[s], 0, offs[i]);
			check_packet_load(&skb, BPF_IND, sizes[s], offs[i], 0);
			check_packet_load(&skb, BPF_IND, sizes[s], 3, (s32)((u32)offs[i] - 3));
			check_packet_load(&skb, BPF_IND, sizes[s], -5, (s32)((u32)offs[i] + 5));
		}
	}
	packet_release(&skb.pkt);
}

int main(void)
{
	struct skep_config config = {0};

	if (skep_base_create(&config, &skep))
		return EXIT_FAILURE;
	TEST(arguments_and_run);
	TEST(callee_saved_registers_are_kept);
	TEST(stack_is_aligned_at_calls);
	TEST(frames_are_chained);
	TEST(subprograms);
	TEST(eight_frames);
	TEST(callbacks);
	TEST(callbacks_call_on);
	TEST(may_goto);
	TEST(packet_loads);
	skep_base_free(skep);
	return tap_status();
}
