/*
 * CPUs are slots.  A run owns one from entry to exit, so per-CPU data needs no lock and the CPU
 * number is exact, as in a kernel that has disabled migration.
 */
#ifndef SKEP_BASE_SLOT_H
#define SKEP_BASE_SLOT_H

#include <stdatomic.h>

#include "base/types.h"

struct os;

struct slot {
	_Atomic u32 owner; /* 0: free, else 1; taken with acquire, given back with release */
	u32 cpu;
	_Atomic u64 epoch; /* the epoch that the run in it entered in, 0 when idle: epoch.h */
	void *scratch;	   /* per-CPU memory of helpers, allocated on first use */
} __attribute__((aligned(CACHE_LINE)));

struct slots {
	struct slot *slot;
	u32 count;
	_Atomic u32 waiters; /* threads asleep on `turn` */
	_Atomic u32 turn;    /* bumped by every release that sees a waiter */
};

int slots_create(struct slots *slots, const struct os *os, u32 count);
void slots_destroy(struct slots *slots, const struct os *os);

/* Own a slot, the current CPU's if it is free.  Sleeps while all are taken. */
struct slot *slot_claim(struct slots *slots, const struct os *os);
void slot_release(struct slots *slots, struct slot *slot, const struct os *os);

#endif
