/* Helpers that move control: loops, tail calls, locks. */
#include <sched.h>
#include <stdatomic.h>

#include "helper/internal.h"

enum { LOOPS_MAX = 8 << 20 }; /* BPF_MAX_LOOPS */

HELPER_FN(helper_loop)
{
	u32 n = (u32)r1;

	if (r4)
		return (u64)-EINVAL;
	if (n > LOOPS_MAX)
		return (u64)-E2BIG;
	for (u32 i = 0; i < n; i++)
		if (run->callback(run, r2, i, r3, 0, 0, 0))
			return i + 1;
	return n;
}

/*
 * Engines turn this call into a jump and never come here; who does has nothing to jump to, which is
 * the case of a tail call that falls through.
 */
HELPER_FN(helper_tail_call)
{
	return (u64)-EINVAL;
}

/*
 * A lock is one word, 0 when free.  Whoever waits gives its time away: owners are threads, which
 * the machine may have put to sleep.
 */
HELPER_FN(helper_spin_lock)
{
	_Atomic u32 *lock = u64_to_ptr(r1);

	while (atomic_exchange_explicit(lock, 1, memory_order_acquire))
		sched_yield();
	return 0;
}

/* release: pairs with the acquire of the next owner */
HELPER_FN(helper_spin_unlock)
{
	_Atomic u32 *lock = u64_to_ptr(r1);

	atomic_store_explicit(lock, 0, memory_order_release);
	return 0;
}
