/*
 * CPUs are slots.  A run owns one from entry to exit, so per-CPU data needs no lock and the CPU
 * number is exact, as in a kernel that has disabled migration.
 *
 * A slot's state is one word: 0 while free, else the epoch (base/epoch.h) in which its run entered.
 * One compare-and-swap so claims the CPU and tells reclaimers what the run may still see.
 */
#ifndef SKEP_BASE_SLOT_H
#define SKEP_BASE_SLOT_H

#include <sched.h>
#include <stdatomic.h>
#include <sys/rseq.h>

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

/* The kernel keeps the CPU number of a thread in its rseq area: one load instead of a call. */
static inline u32 slot_current_cpu(void)
{
	if (__rseq_size) {
		const struct rseq *rseq =
			(const void *)((const char *)__builtin_thread_pointer() + __rseq_offset);

		return *(const volatile __u32 *)&rseq->cpu_id_start;
	}
	int cpu = sched_getcpu();

	return cpu < 0 ? 0 : (u32)cpu;
}

static inline int slot_try(struct slot *slot, u64 epoch)
{
	u64 unowned = 0;

	/*
	 * seq_cst: everything this run loads from now on is loaded after reclaimers can see its
	 * epoch; and acquire: it sees what the slot's last owner left in per-CPU data.
	 */
	return atomic_compare_exchange_strong_explicit(&slot->state, &unowned, epoch,
						       memory_order_seq_cst, memory_order_relaxed);
}

/* The current CPU's slot, owned, or NULL when it is taken. */
static inline struct slot *slot_claim_current(struct slots *slots, u64 epoch)
{
	u32 cpu = slot_current_cpu();
	struct slot *slot = &slots->slot[cpu]; /* known before the claim: nothing waits for it */

	return likely(cpu < slots->count && slot_try(slot, epoch)) ? slot : NULL;
}

/* Own a slot, the current CPU's if it is free.  Sleeps while all are taken. */
struct slot *slot_claim(struct slots *slots, const struct os *os, u64 epoch);
/* The same with this very CPU's slot: per-CPU work from user space (BPF_F_TEST_RUN_ON_CPU). */
struct slot *slot_claim_cpu(struct slots *slots, const struct os *os, u64 epoch, u32 cpu);
/* Wake one of those who sleep in slot_claim. */
void slot_wake(struct slots *slots, const struct os *os);

/*
 * No full fence stands between the store and the load, which would cost as much as the rest of a
 * short run: a waiter that this release does not see yet sleeps for a millisecond (os->futex_wait's
 * longest) and looks again.
 */
static inline void slot_release(struct slots *slots, struct slot *slot, const struct os *os)
{
	atomic_store_explicit(&slot->state, 0, memory_order_release);
	if (unlikely(atomic_load_explicit(&slots->waiters, memory_order_relaxed)))
		slot_wake(slots, os);
}

#endif
