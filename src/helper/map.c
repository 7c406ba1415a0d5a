/* Helpers on maps: the map's own functions, seen from a program. */
#include "helper/internal.h"
#include "map/map.h"

static struct map *map_arg(u64 r)
{
	return u64_to_ptr(r);
}

HELPER_FN(helper_map_lookup_elem)
{
	return ptr_to_u64(map_lookup(map_arg(r1), u64_to_ptr(r2), run));
}

HELPER_FN(helper_map_update_elem)
{
	return (u64)map_update(map_arg(r1), u64_to_ptr(r2), u64_to_ptr(r3), r4, run);
}

HELPER_FN(helper_map_delete_elem)
{
	return (u64)map_delete(map_arg(r1), u64_to_ptr(r2));
}

HELPER_FN(helper_map_push_elem)
{
	return (u64)map_push(map_arg(r1), u64_to_ptr(r2), r3);
}

HELPER_FN(helper_map_pop_elem)
{
	return (u64)map_pop(map_arg(r1), u64_to_ptr(r2));
}

HELPER_FN(helper_map_peek_elem)
{
	return (u64)map_peek(map_arg(r1), u64_to_ptr(r2));
}

HELPER_FN(helper_map_lookup_percpu_elem)
{
	u32 cpu = (u32)r3;

	if (cpu >= run->skep->slots.count)
		return 0;
	return ptr_to_u64(map_lookup_cpu(map_arg(r1), u64_to_ptr(r2), cpu));
}

HELPER_FN(helper_for_each_map_elem)
{
	if (r4)
		return (u64)-EINVAL;
	return (u64)map_for_each(map_arg(r1), r2, r3, run);
}
