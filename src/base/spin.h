/*
 * The smallest lock: one word, 0 free, 1 taken.  For critical sections of a few dozen instructions
 * that never sleep; bpf_spin_lock's word in a map value is one of these too.  A waiter gives its
 * CPU away after a while, because in user space an owner can be descheduled.
 */
#ifndef SKEP_BASE_SPIN_H
#define SKEP_BASE_SPIN_H

#include <sched.h>
#include <stdatomic.h>

#include "base/types.h"

enum { SPIN_TRIES = 128 };

static inline int spin_trylock(_Atomic u32 *lock)
{
	/* acquire: sees what the last owner did; pairs with spin_unlock */
	return !atomic_exchange_explicit(lock, 1, memory_order_acquire);
}

static inline void spin_wait(_Atomic u32 *lock)
{
	for (u32 i = 0; atomic_load_explicit(lock, memory_order_relaxed); i++)
		if (i >= SPIN_TRIES)
			sched_yield();
}

static inline void spin_lock(_Atomic u32 *lock)
{
	while (unlikely(!spin_trylock(lock)))
		spin_wait(lock);
}

static inline void spin_unlock(_Atomic u32 *lock)
{
	atomic_store_explicit(lock, 0, memory_order_release);
}

#endif
