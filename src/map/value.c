/*
 * Copying values: while others read and write them, and around what is not plain bytes.  A record
 * (btf/btf.h) lists those fields by offset; they never overlap.
 */
#include "btf/btf.h"
#include "map/internal.h"
#include "map/timer.h"

static _Atomic u32 *lock_of(const struct map *map, void *value)
{
	for (u32 i = 0; map->record && i < map->record->count; i++)
		if (map->record->field[i].kind == BTF_FIELD_SPIN_LOCK)
			return (void *)((u8 *)value + map->record->field[i].off);
	return NULL;
}

int map_value_has_lock(const struct map *map)
{
	return btf_record_has(map->record, BTF_FIELD_SPIN_LOCK);
}

static u32 copied_size(const struct map *map, u64 flags)
{
	return flags & VALUE_WORDS ? (u32)round_up_to(map->value_size, 8) : map->value_size;
}

static int has_timers(const struct map *map)
{
	return btf_record_has(map->record, BTF_FIELD_TIMER | BTF_FIELD_WORKQUEUE);
}

void map_value_ends(const struct map *map, void *value)
{
	if (unlikely(has_timers(map)))
		timers_leave_value(map, value);
}

void map_value_ends_locked(const struct map *map, void *value)
{
	if (unlikely(has_timers(map)))
		timers_detach_value(map, value);
}

static void clear_fields(const struct map *map, void *value)
{
	for (u32 i = 0; map->record && i < map->record->count; i++) {
		const struct btf_field *f = &map->record->field[i];
		static const u8 zeroes[64];

		racy_copy((u8 *)value + f->off, zeroes, f->size);
	}
}

void map_value_fresh(const struct map *map, void *value, const void *from, u64 flags)
{
	/* of a run that still had the element when it was freed */
	map_value_ends_locked(map, value);
	racy_copy(value, from, copied_size(map, flags));
	clear_fields(map, value);
}

/* The bytes between the fields. */
static void copy_around(const struct map *map, u8 *to, const u8 *from, u32 size)
{
	u32 off = 0;

	for (u32 i = 0; map->record && i < map->record->count; i++) {
		const struct btf_field *f = &map->record->field[i];

		racy_copy(to + off, from + off, f->off - off);
		off = f->off + f->size;
	}
	racy_copy(to + off, from + off, size - off);
}

void map_value_write(const struct map *map, void *value, const void *from, u64 flags)
{
	_Atomic u32 *lock = flags & BPF_F_LOCK ? lock_of(map, value) : NULL;

	if (lock)
		spin_lock(lock);
	copy_around(map, value, from, copied_size(map, flags));
	if (lock)
		spin_unlock(lock);
}

void map_value_read(const struct map *map, void *to, void *value, u64 flags)
{
	_Atomic u32 *lock = flags & BPF_F_LOCK ? lock_of(map, value) : NULL;

	if (lock)
		spin_lock(lock);
	racy_copy(to, value, copied_size(map, flags));
	if (lock)
		spin_unlock(lock);
	clear_fields(map, to);
}
