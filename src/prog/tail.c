/*
 * Tail calls: which program one reaches, and which programs a prog array may hold.
 */
#include <errno.h>

#include "prog/prog.h"
#include "progtype/progtype.h"

/*
 * map->owner_type of a prog array: 0 until a program meets it, then
 *
 *	 63      62   48 47             32 31        0
 *	| set=1 | frags | attach type     | prog type |
 */
static u64 owner_of(const struct prog *prog)
{
	u64 frags = !!(prog->prog_flags & BPF_F_XDP_HAS_FRAGS);

	return 1ull << 63 | frags << 48 | (u64)prog->expected_attach_type << 32 | prog->type->id;
}

int prog_array_claim(struct map *array, const struct prog *prog)
{
	u64 mine = owner_of(prog), seen = 0;

	/* relaxed: the word stands for itself, nothing is published through it */
	if (atomic_compare_exchange_strong_explicit(&array->owner_type, &seen, mine,
						    memory_order_relaxed, memory_order_relaxed))
		return 0;
	return seen == mine ? 0 : -EINVAL;
}

/*
 * Linux's order on x86-64: index, count, slot; a call that falls through is not counted.
 */
const struct prog *prog_tail_call(struct map *array, u32 index, struct run *run)
{
	struct obj *obj;

	if (index >= array->max_entries || run->tail_calls >= MAX_TAIL_CALL_CNT)
		return NULL;
	obj = map_prog_at(array, index);
	if (!obj)
		return NULL;
	run->tail_calls++;
	return prog_of(obj);
}

int prog_array_owner(const struct map *array, u32 *type)
{
	u64 owner = atomic_load_explicit(&array->owner_type, memory_order_relaxed);

	*type = (u32)owner;
	return owner != 0;
}
