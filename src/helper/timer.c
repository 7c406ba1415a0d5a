/* Timers and work queues in map values: map/timer.h, seen from a program. */
#include "map/timer.h"
#include "helper/internal.h"

HELPER_FN(helper_timer_init)
{
	return (u64)timer_init(u64_to_ptr(r2), u64_to_ptr(r1), TIMER_CLOCK, r3);
}

HELPER_FN(helper_timer_set_callback)
{
	return (u64)timer_set_callback(u64_to_ptr(r1), r2, run);
}

HELPER_FN(helper_timer_start)
{
	return (u64)timer_start(u64_to_ptr(r1), r2, r3, run);
}

HELPER_FN(helper_timer_cancel)
{
	return (u64)timer_cancel(u64_to_ptr(r1), run);
}

HELPER_FN(kfunc_wq_init)
{
	return (u32)timer_init(u64_to_ptr(r2), u64_to_ptr(r1), TIMER_WORK, (u32)r3);
}

HELPER_FN(kfunc_wq_set_callback)
{
	return (u32)r3 ? (u32)-EINVAL : (u32)timer_set_callback(u64_to_ptr(r1), r2, run);
}

HELPER_FN(kfunc_wq_start)
{
	return (u32)r2 ? (u32)-EINVAL : (u32)timer_start(u64_to_ptr(r1), 0, 0, run);
}
