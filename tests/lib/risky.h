/*
 * Random programs that a verifier has to think about: the same seed, the same program.  They do
 * what programs do (numbers that are bounded before they index a map's value, the stack or a
 * packet, loops, calls, references), and now and then one step of it is wrong or missing, so that
 * about half of them are accepted.  They end soon, and what they leave depends on their input
 * alone.
 *
 * r6 is the context, r7 the value of RISKY_INPUT, whose bytes are the numbers nobody knows.
 */
#ifndef SKEP_TESTS_RISKY_H
#define SKEP_TESTS_RISKY_H

#include "base/abi.h"
#include "base/types.h"

enum { RISKY_INSNS = 1024, RISKY_VALUE = 64, RISKY_KEYS = 8 };

/* Their maps: a ld_imm64 with BPF_PSEUDO_MAP_FD or _VALUE has one of these as its imm. */
enum risky_map {
	RISKY_ARRAY, /* 4 values of RISKY_VALUE bytes */
	RISKY_HASH,  /* u64 below RISKY_KEYS to RISKY_VALUE bytes */
	RISKY_INPUT, /* one value of RISKY_VALUE bytes */
	RISKY_RING,
	RISKY_MAPS
};

struct risky {
	u32 type; /* BPF_PROG_TYPE_SCHED_CLS or _XDP */
	u32 len;
	u8 leaks; /* addresses may get into what it leaves */
	u8 maps;  /* a bit each that it uses */
	struct bpf_insn insns[RISKY_INSNS];
};

void risky_program(u64 seed, struct risky *program);

#endif
