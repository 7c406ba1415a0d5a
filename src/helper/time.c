/* Helpers that tell the time, the CPU, and a random number. */
#include <time.h>

#include "helper/internal.h"
#include "helper/scratch.h"

/* Linux's jiffies: ticks of Debian's CONFIG_HZ, from a start five minutes before they wrap. */
enum { HZ = 250, NS_PER_TICK = 1000000000 / HZ };
#define FIRST_JIFFIES ((u64)(u32)(-300 * HZ))

static u64 clock_ns(struct run *run, int clock)
{
	const struct os *os = run->skep->os;

	return os->clock_ns(os, clock);
}

HELPER_FN(helper_ktime_get_ns)
{
	return clock_ns(run, CLOCK_MONOTONIC);
}

HELPER_FN(helper_ktime_get_boot_ns)
{
	return clock_ns(run, CLOCK_BOOTTIME);
}

HELPER_FN(helper_ktime_get_coarse_ns)
{
	return clock_ns(run, CLOCK_MONOTONIC_COARSE);
}

HELPER_FN(helper_ktime_get_tai_ns)
{
	return clock_ns(run, CLOCK_TAI);
}

HELPER_FN(helper_jiffies64)
{
	return FIRST_JIFFIES + clock_ns(run, CLOCK_MONOTONIC) / NS_PER_TICK;
}

HELPER_FN(helper_get_smp_processor_id)
{
	return run->cpu;
}

/* Slots are not bound to memory nodes: all are on the first. */
HELPER_FN(helper_get_numa_node_id)
{
	return 0;
}

/* A Weyl sequence a slot, mixed (SplitMix64); only its start is unguessable, as Linux's is. */
HELPER_FN(helper_get_prandom_u32)
{
	struct scratch *scratch = scratch_of(run);

	if (!scratch)
		return 0;
	u64 z = scratch->random += 0x9e3779b97f4a7c15;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (u32)(z >> 32);
}
