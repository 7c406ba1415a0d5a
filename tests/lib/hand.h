/* Programs made by hand, for tests of engines: no verifier, no bpf(). */
#ifndef SKEP_TESTS_HAND_H
#define SKEP_TESTS_HAND_H

#include <stdlib.h>

#include "base/skep.h"
#include "prog/prog.h"

#define INSN(c, d, s, o, i)                                                                        \
	((struct bpf_insn){.code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i)})
#define ALU64_X(op, d, s) INSN(BPF_ALU64 | (op) | BPF_X, d, s, 0, 0)
#define ALU64_K(op, d, i) INSN(BPF_ALU64 | (op) | BPF_K, d, 0, 0, i)
#define ALU32_X(op, d, s) INSN(BPF_ALU | (op) | BPF_X, d, s, 0, 0)
#define ALU32_K(op, d, i) INSN(BPF_ALU | (op) | BPF_K, d, 0, 0, i)
#define MOV_X(d, s) ALU64_X(BPF_MOV, d, s)
#define MOV_K(d, i) ALU64_K(BPF_MOV, d, i)
#define LDX(size, d, s, o) INSN(BPF_LDX | BPF_MEM | (size), d, s, o, 0)
#define STX(size, d, o, s) INSN(BPF_STX | BPF_MEM | (size), d, s, o, 0)
#define ST(size, d, o, i) INSN(BPF_ST | BPF_MEM | (size), d, 0, o, i)
#define ATOMIC(size, op, d, o, s) INSN(BPF_STX | BPF_ATOMIC | (size), d, s, o, op)
#define JMP_X(op, d, s, o) INSN(BPF_JMP | (op) | BPF_X, d, s, o, 0)
#define JMP_K(op, d, i, o) INSN(BPF_JMP | (op) | BPF_K, d, 0, o, i)
#define JA(o) INSN(BPF_JMP | BPF_JA, 0, 0, o, 0)
#define MAY_GOTO(o) INSN(BPF_JMP | BPF_JCOND, 0, 0, o, 0)
#define CALL(id) INSN(BPF_JMP | BPF_CALL, 0, 0, 0, id)
#define CALL_SUB(delta) INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, delta)
#define EXIT INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)
/* two instructions */
#define LD64(d, v)                                                                                 \
	INSN(BPF_LD | BPF_IMM | BPF_DW, d, 0, 0, (s32)(u64)(v)),                                   \
		INSN(0, 0, 0, 0, (s32)((u64)(v) >> 32))
#define LD_FUNC(d, n) INSN(BPF_LD | BPF_IMM | BPF_DW, d, BPF_PSEUDO_FUNC, 0, n), INSN(0, 0, 0, 0, 0)

enum { HAND_FUNCS = 8 };

struct hand {
	struct prog prog; /* insns are borrowed, facts owned */
	struct subprog func[HAND_FUNCS];
};

/* One function of 512 bytes of stack; hand_split makes more. */
static inline void hand_init(struct hand *h, struct skep *skep, const struct bpf_insn *insns,
			     u32 len)
{
	memset(h, 0, sizeof(*h));
	h->prog.obj.skep = skep;
	h->prog.insns = (struct bpf_insn *)insns;
	h->prog.facts = calloc(len, sizeof(*h->prog.facts));
	h->prog.len = len;
	h->prog.subprogs = h->func;
	h->prog.nr_subprogs = 1;
	h->func[0] = (struct subprog){.end = len, .stack = 512};
}

/* A function begins at `start`, after those there are. */
static inline struct subprog *hand_split(struct hand *h, u32 start)
{
	struct subprog *func = &h->func[h->prog.nr_subprogs++];

	*func = (struct subprog){.start = start, .end = func[-1].end, .stack = 512};
	func[-1].end = start;
	return func;
}

static inline int hand_compile(struct hand *h, const struct engine *engine)
{
	h->prog.engine = engine;
	return engine->compile(&h->prog);
}

/* Undo hand_compile (when it succeeded) and hand_init. */
static inline void hand_free(struct hand *h)
{
	if (h->prog.entry)
		h->prog.engine->release(&h->prog);
	free(h->prog.facts);
}

/* Claim a CPU, run, let go. */
static inline u64 hand_run(struct hand *h, void *ctx)
{
	struct run run = {0};
	u64 r0;

	run_begin(&run, h->prog.obj.skep, NULL);
	run.prog = &h->prog;
	r0 = h->prog.entry(ctx, &run, &h->prog);
	run_end(&run);
	return r0;
}

#endif
