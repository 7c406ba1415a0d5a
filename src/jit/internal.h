/*
 * Inside jit/: one compilation.
 *
 *   arch->emit     insns -> straight pieces of code in buf, and fixes between them
 *   jit_layout     how long each fix is (a branch may be short or long)   link.c
 *   code_alloc     where the code will be                                 code.c
 *   jit_link       pieces and fixes -> the final code, written once       link.c
 *
 *	buf   | piece | piece | piece |        code  | piece |fix| piece |fix| piece |
 *	fix           ^0      ^1
 */
#ifndef SKEP_JIT_INTERNAL_H
#define SKEP_JIT_INTERNAL_H

#include "jit/jit.h"

/* Something whose length or content depends on where code ends up. */
enum fix_kind {
	FIX_JUMP,   /* to a place */
	FIX_BRANCH, /* to a place, on condition `arg` */
	FIX_CALL,   /* of a place */
	FIX_ADDR,   /* the address of a place, into register `arg` */
	FIX_HOST,   /* call of the C function at `host` */
	FIX_ALIGN,  /* nothing, up to the next multiple of 1 << `arg` */
	FIX_KINDS,
};

struct fix {
	u32 pos;    /* it stands before buf[pos] */
	u32 place;  /* its target, where it has one */
	u32 before; /* bytes of all fixes before it */
	u8 kind, arg, size;
	u64 host;
};

/* A position in the code: before buf[pos], after fix - 1, before fix. */
struct place {
	u32 pos, fix;
};

/* What the function that is being emitted keeps where. */
struct frame {
	u32 bytes;    /* below the frame pointer: BPF stack, budget, padding */
	s32 budget;   /* where may_goto's budget is, from the frame pointer; 0: it has none */
	u16 saved;    /* bit n: BPF register n is kept for the caller */
	u8 calls;     /* it calls something */
	u8 pointer;   /* it has a frame pointer */
	u8 moved;     /* it moves the stack pointer below `bytes` */
	u8 saves_run; /* it is entered from C: the register of run is the caller's */
	u8 run;       /* the machine register that holds run, if uses_run */
	u8 uses_run;
};

struct jit {
	struct prog *prog;
	const struct os *os;
	const struct arch *arch;
	u8 *buf;
	struct fix *fix;
	u8 *is_loop;         /* for each insn: it is jumped back to */
	struct place *place; /* insns [0, len], entries of subprograms, then local ones */
	u32 len, nr_fix, nr_place;
	u32 buf_cap, fix_cap, place_cap;
	u32 func; /* the subprogram that is being emitted */
	u32 pc;   /* the instruction that is */
	struct frame frame;
	u32 thunk;   /* the place of what C enters callbacks by; 0: there are none */
	u8 far;      /* host functions may be out of a call's reach */
	u8 features; /* of the machine, as its arch numbers them */
	int err;     /* the first thing that went wrong in an emitter */
	u32 size;    /* by jit_layout: of the whole code */
};

/* A machine.  Rows of it are const; nothing outside jit/<arch> knows its instructions. */
struct arch {
	const char *name;
	u8 (*features)(void);         /* of this very machine: bits for jit->features */
	int (*emit)(struct jit *jit); /* 0 or -errno */
	/* Bytes of a fix that stands at `from` (and takes fix->size now) for a target at `to`. */
	u8 (*fix_size)(const struct jit *jit, const struct fix *fix, u32 from, u32 to);
	/* Write fix->size bytes to `at`, which will run at address `rx`. */
	void (*fix_write)(const struct fix *fix, u8 *at, u64 rx, u64 target);
	u8 fill; /* what lies between programs: traps */
};

/* The machine that this process runs on, NULL when there is no code generator for it. */
const struct arch *jit_arch_host(void);

/* Compile without using some features of the machine: what engine_jit does with none. */
int jit_compile(struct prog *prog, u8 without);

/* What one instruction (a prologue, an epilogue) may take at most; jit_room makes it so. */
enum { ROOM_BYTES = 256, ROOM_FIXES = 16 };

/* Room for the places of all instructions, entries, and `extra`: 0 or -ENOMEM.  Before any other.
 */
int jit_begin(struct jit *jit, u32 extra);

/* Room for one more instruction: 0 or -ENOMEM.  Emitters need no checks of their own. */
int jit_room(struct jit *jit);

/* Append a fix here.  arg: condition or register. */
void jit_fix(struct jit *jit, enum fix_kind kind, u8 arg, u32 place);
void jit_fix_host(struct jit *jit, u64 host);

/* A new local place, and: place `n` is here. */
u32 jit_place_new(struct jit *jit);
void jit_place_here(struct jit *jit, u32 n);

/* The place of a subprogram's entry. */
static inline u32 jit_entry_place(const struct jit *jit, u32 func)
{
	return jit->prog->len + 1 + func;
}

/* The offset of a place in the final code; after jit_layout. */
u32 jit_offset(const struct jit *jit, u32 place);

void jit_layout(struct jit *jit);
void jit_link(struct jit *jit, u8 *rw, u64 rx);

#endif
