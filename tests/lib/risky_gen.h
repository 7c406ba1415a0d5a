/*
 * Inside of risky.c: a program that is being made, what is known of its registers, and how numbers
 * come about, are bounded and index memory (risky_numbers.c).
 */
#ifndef SKEP_TESTS_RISKY_GEN_H
#define SKEP_TESTS_RISKY_GEN_H

#include "isa/isa.h"
#include "tests/lib/gen.h"
#include "tests/lib/hand.h"
#include "tests/lib/risky.h"

enum {
	CTX = 6,
	INPUT = 7,
	COUNTER = 9,
	SLOTS = 64,     /* [fp-64, fp): spills */
	BUFFER = -128,  /* 64 bytes of buffer, filled at the start */
	SCRATCH = -136, /* a key, a pointer for a while */
	MAX_BAILS = 64,
	FUNCS = 2,
	ROOM = 200, /* what a statement and a function's end may take */
};

enum risky_kind { NOTHING, NUMBER, CONTEXT, VALUE /* RISKY_VALUE bytes */, POINTER };

struct risky_gen {
	struct risky *p;
	u64 random;
	u8 kind[10];                   /* enum risky_kind, by register */
	u64 filled;                    /* bytes of [fp-64, fp) that hold something, from fp-64 up */
	u32 bail[MAX_BAILS], nr_bails; /* jumps to the way out */
	u32 calls[FUNCS];              /* pc of the call, 0: none */
	u32 depth, oops;               /* oops: one in so many steps goes wrong */
	u32 went_wrong;
	u8 in_main, in_loop, holds; /* holds: no way out from here */
};

/* A random number below n; 1 so many times in a hundred; 1 when this step is to go wrong. */
u32 risky_below(struct risky_gen *g, u32 n);
int risky_chance(struct risky_gen *g, u32 percent);
int risky_oops(struct risky_gen *g);

struct bpf_insn *risky_emit(struct risky_gen *g, struct bpf_insn insn);
void risky_emit_map(struct risky_gen *g, u32 dst, enum risky_map map, u32 pseudo, u32 off);
/* The instruction that was emitted last jumps to the way out. */
void risky_to_bail(struct risky_gen *g);

/* A register to write to: what it held is lost; the second and third are kept. */
u32 risky_fresh(struct risky_gen *g);
u32 risky_fresh_but(struct risky_gen *g, u32 a, u32 b);
u32 risky_any_reg(struct risky_gen *g);
/* One that holds a number, made where there is none; loaded from the input. */
u32 risky_number(struct risky_gen *g);
u32 risky_load_input(struct risky_gen *g, u32 dst);

/* Statements. */
void risky_do_alu(struct risky_gen *g);
void risky_do_assume(struct risky_gen *g);
void risky_do_spill(struct risky_gen *g);
void risky_do_fill(struct risky_gen *g);
/* An operation on dst; a condition on reg. */
struct bpf_insn *risky_jump_if(struct risky_gen *g, u32 reg);
s32 risky_some_imm(struct risky_gen *g);

/* A number within [0, *max] in a register of its own; *max is at most `limit`. */
u32 risky_bounded(struct risky_gen *g, u32 limit, u32 but, u32 *max);

struct risky_area {
	s32 first; /* from base + first on ... */
	u32 room;  /* ... this many bytes */
	u8 is_stack;
};

/* A load or store at base + off; somewhere in the area, which changes base. */
void risky_access_at(struct risky_gen *g, u32 base, s32 off, u32 size);
void risky_touch(struct risky_gen *g, u32 base, struct risky_area a);
u8 risky_size_code(u32 size);

#endif
