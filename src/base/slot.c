/* CPU slots: claiming, waiting, giving back. */
#include <errno.h>

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

static struct slot *claim_any(struct slots *slots, u64 epoch)
{
	u32 first = slot_current_cpu();

	for (u32 i = 0; i < slots->count; i++) {
		struct slot *slot = &slots->slot[(first + i) % slots->count];

		if (slot_try(slot, epoch))
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
		else if (slot_try(&slots->slot[cpu], epoch))
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

	return slot ? slot : claim_waiting(slots, os, epoch, -1);
}

struct slot *slot_claim_cpu(struct slots *slots, const struct os *os, u64 epoch, u32 cpu)
{
	return claim_waiting(slots, os, epoch, cpu);
}

void slot_wake(struct slots *slots, const struct os *os)
{
	atomic_fetch_add(&slots->turn, 1);
	os->futex_wake(os, &slots->turn, 1);
}
