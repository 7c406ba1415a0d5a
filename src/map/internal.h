/* What the map types share. */
#ifndef SKEP_MAP_INTERNAL_H
#define SKEP_MAP_INTERNAL_H

#include <errno.h>

#include "base/racy.h"
#include "base/spin.h"
#include "map/map.h"

extern const struct map_ops map_array_ops, map_percpu_array_ops, map_prog_array_ops,
	map_perf_event_array_ops, map_array_of_maps_ops, map_hash_ops, map_percpu_hash_ops,
	map_lru_hash_ops, map_hash_of_maps_ops, map_ringbuf_ops;

/* Flags that say who may read and write. */
enum {
	FD_FLAGS = BPF_F_RDONLY | BPF_F_WRONLY,
	PROG_FLAGS = BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG,
	ACCESS_FLAGS = FD_FLAGS | PROG_FLAGS,
};

/* The largest value (8-rounded) that Linux's per-CPU allocator gives, and its largest kmalloc. */
enum { PERCPU_VALUE_MAX = 32768, KMALLOC_MAX = 4 << 20 };

/* -EINVAL for flags beyond `allowed`, or that forbid programs everything. */
int map_check_flags(const struct map_attr *attr, u32 allowed);

/* Per-CPU types cannot be asked onto a node. */
int map_check_no_node(const struct map_attr *attr);

/* BPF_ANY, BPF_NOEXIST, BPF_EXIST, each with BPF_F_LOCK where the value has a lock. */
int map_check_update_flags(const struct map *map, u64 flags);

/* 0, or -EEXIST, -ENOENT, as `flags` wants an element that is there or not. */
static inline int map_check_exist(u64 flags, int there)
{
	flags &= ~(u64)BPF_F_LOCK;
	if (there && flags == BPF_NOEXIST)
		return -EEXIST;
	return !there && flags == BPF_EXIST ? -ENOENT : 0;
}

static inline u32 map_cpus(const struct map *map)
{
	return map->obj.skep->slots.count;
}

/* The CPU whose lists and caches to use: a run's own; for user space the one the thread is on. */
u32 map_cpu_hint(const struct map *map, const struct run *run);

/*
 * Values: `fresh` fills memory that was nobody's, its special fields (locks, timers) become zero;
 * `write` leaves those of a live value alone; `read` gives user space zeroes for them.  With
 * BPF_F_LOCK in flags the last two hold the value's bpf_spin_lock; with VALUE_WORDS all copy whole
 * words of 8 bytes, as per-CPU types do for user space.
 */
#define VALUE_WORDS (1ull << 32)
void map_value_fresh(const struct map *map, void *value, const void *from, u64 flags);
void map_value_write(const struct map *map, void *value, const void *from, u64 flags);
void map_value_read(const struct map *map, void *to, void *value, u64 flags);
int map_value_has_lock(const struct map *map);

/*
 * The value is no longer to be found, or was overwritten: its timers end.  map_value_ends_locked is
 * for callers with a lock of the map's; timers_collect has to follow (map/timer.h).
 */
void map_value_ends(const struct map *map, void *value);
void map_value_ends_locked(const struct map *map, void *value);

/* user->value_size of types with plain values and with one value a CPU. */
u32 map_value_size_plain(const struct map *map);
u32 map_value_size_percpu(const struct map *map);
u32 map_value_size_id(const struct map *map);

/* next_key of everything that is indexed by a u32. */
int map_index_next_key(struct map *map, const void *key, void *next);

/* What only user space cannot do, or neither can. */
int map_user_no_lookup(struct map *map, const void *key, void *value, u64 flags);

static inline u32 map_index(const void *key)
{
	u32 index;

	memcpy(&index, key, sizeof(index));
	return index;
}

/* Does the mapping end within the first `size` bytes, rounded up to pages?  0 or -EINVAL. */
int map_mmap_within(const struct map_mmap *ask, u64 size);

/* A file of `size` bytes that can neither shrink nor grow: an fd, or -errno. */
int map_file_create(u64 size);

/* shell.c */
extern const struct map_ops map_shell_ops;

#endif
