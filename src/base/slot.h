/*
 * CPUs are slots.  A run owns one from entry to exit, so per-CPU data needs no lock and the CPU
 * number is exact, as in a kernel that has disabled migration.
 *
 * A slot's state is one word: 0 while free, else the epoch (base/epoch.h) in which its run entered.
 * One compare-and-swap so claims the CPU and tells reclaimers what the run may still see.
 */
#ifndef SKEP_BASE_SLOT_H
#define SKEP_BASE_SLOT_H

#include <stdatomic.h>

#include "base/types.h"

struct os;

struct slot {
	_Atomic u64 state; /* see above: claimed seq_cst, given back with release */
	u32 cpu;
	void *scratch; /* per-CPU memory of helpers, allocated on first use; freed with the slots */
} __attribute__((aligned(CACHE_LINE)));

struct slots {
	struct slot *slot;
	void *memory; /* what slot is an aligned part of */
	u32 count;
	_Atomic u32 waiters; /* threads asleep on `turn` */
	_Atomic u32 turn;    /* bumped by a release that sees a waiter */
};

/* 0 or -ENOMEM */
int slots_create(struct slots *slots, const struct os *os, u32 count);
void slots_destroy(struct slots *slots, const struct os *os);

/* Own a slot, the current CPU's if it is free.  Sleeps while all are taken. */
struct slot *slot_claim(struct slots *slots, const struct os *os, u64 epoch);
/* The same with this very CPU's slot: per-CPU work from user space (BPF_F_TEST_RUN_ON_CPU). */
struct slot *slot_claim_cpu(struct slots *slots, const struct os *os, u64 epoch, u32 cpu);
void slot_release(struct slots *slots, struct slot *slot, const struct os *os);

#endif
