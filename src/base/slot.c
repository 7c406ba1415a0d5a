/* CPU slots: claiming, waiting, giving back. */
#include <errno.h>
#include <sched.h>
#include <sys/rseq.h>

#include "base/os.h"
#include "base/slot.h"

int slots_create(struct slots *slots, const struct os *os, u32 count)
{
	void *memory = os_alloc(os, (count + 1) * sizeof(struct slot));

	if (!memory)
		return -ENOMEM;
	*slots = (struct slots){
		.slot = u64_to_ptr(round_up_to(ptr_to_u64(memory), CACHE_LINE)),
		.memory = memory,
		.count = count,
	};
	for (u32 i = 0; i < count; i++)
		slots->slot[i].cpu = i;
	return 0;
}

void slots_destroy(struct slots *slots, const struct os *os)
{
	for (u32 i = 0; i < slots->count; i++)
		os_free(os, slots->slot[i].scratch);
	os_free(os, slots->memory);
}

/* The kernel keeps the CPU number of a thread in its rseq area: one load instead of a call. */
static u32 current_cpu(void)
{
	if (__rseq_size) {
		const struct rseq *rseq =
			(const void *)((const char *)__builtin_thread_pointer() + __rseq_offset);

		return *(const volatile __u32 *)&rseq->cpu_id_start;
	}
	int cpu = sched_getcpu();

	return cpu < 0 ? 0 : (u32)cpu;
}

static int try_claim(struct slot *slot, u64 epoch)
{
	u64 unowned = 0;

	/*
	 * seq_cst: everything this run loads from now on is loaded after reclaimers can see its
	 * epoch; and acquire: it sees what the slot's last owner left in per-CPU data.
	 */
	return atomic_compare_exchange_strong_explicit(&slot->state, &unowned, epoch,
						       memory_order_seq_cst, memory_order_relaxed);
}

static struct slot *claim_any(struct slots *slots, u64 epoch)
{
	u32 first = current_cpu();

	if (unlikely(first >= slots->count))
		first %= slots->count;
	if (likely(try_claim(&slots->slot[first], epoch)))
		return &slots->slot[first];
	for (u32 i = 1; i < slots->count; i++) {
		struct slot *slot = &slots->slot[(first + i) % slots->count];

		if (try_claim(slot, epoch))
			return slot;
	}
	return NULL;
}

static struct slot *claim_waiting(struct slots *slots, const struct os *os, u64 epoch, s64 cpu)
{
	struct slot *slot = NULL;

	atomic_fetch_add(&slots->waiters, 1);
	while (!slot) {
		u32 turn = atomic_load(&slots->turn);

		if (cpu < 0)
			slot = claim_any(slots, epoch);
		else if (try_claim(&slots->slot[cpu], epoch))
			slot = &slots->slot[cpu];
		if (!slot)
			os->futex_wait(os, &slots->turn, turn);
	}
	atomic_fetch_sub(&slots->waiters, 1);
	return slot;
}

struct slot *slot_claim(struct slots *slots, const struct os *os, u64 epoch)
{
	struct slot *slot = claim_any(slots, epoch);

	return likely(slot) ? slot : claim_waiting(slots, os, epoch, -1);
}

struct slot *slot_claim_cpu(struct slots *slots, const struct os *os, u64 epoch, u32 cpu)
{
	return claim_waiting(slots, os, epoch, cpu);
}

/*
 * No full fence stands between the store and the load, which would cost as much as the rest of a
 * short run: a waiter that this release does not see yet sleeps for a millisecond (os->futex_wait's
 * longest) and looks again.
 */
void slot_release(struct slots *slots, struct slot *slot, const struct os *os)
{
	atomic_store_explicit(&slot->state, 0, memory_order_release);
	if (unlikely(atomic_load_explicit(&slots->waiters, memory_order_relaxed))) {
		atomic_fetch_add(&slots->turn, 1);
		os->futex_wake(os, &slots->turn, 1);
	}
}
