/*
 * Maps, for everyone above: one struct, a table of types, and functions that go through its ops.
 * A map type is one file that ends in its const struct map_ops, and one row of map.def.
 *
 * Two kinds of callers:
 *   programs   map_lookup .. map_delete: run is the run they are in; values are addresses.
 *   user space map_user_*: values are copied, per-CPU types take the values of all CPUs at once.
 */
#ifndef SKEP_MAP_MAP_H
#define SKEP_MAP_MAP_H

#include "base/abi.h"
#include "base/caps.h"
#include "base/obj.h"
#include "base/run.h"
#include "base/skep.h"

struct btf;
struct btf_record;
struct map;
struct map_bucket;
struct timer;

/*
 * A map's lookup from programs: the value's address (of the running CPU), or NULL.  Its arguments
 * are a helper's, so that the JIT can call it in place of bpf_map_lookup_elem.
 */
typedef void *(*map_lookup_fn)(struct map *map, const void *key, u64, u64, u64, struct run *run);

/* BPF_MAP_CREATE's fields after sys has resolved its fds.  References are borrowed. */
struct map_attr {
	u32 type, key_size, value_size, max_entries, flags, numa_node, ifindex;
	u64 extra;
	char name[BPF_OBJ_NAME_LEN];
	struct map *inner; /* template of map-in-map types, or NULL */
	int inner_error;   /* why it is NULL: -EBADF, -EINVAL */
	u32 lacks;         /* enum cap_flag: what the caller may not */
};

/* How an engine may look up without a call.  The kind decides which members mean something. */
enum map_inline_kind { MAP_INLINE_NONE, MAP_INLINE_ARRAY, MAP_INLINE_PERCPU_ARRAY };
struct map_inline {
	enum map_inline_kind kind;
	u64 base;        /* value 0 of CPU 0 */
	u32 stride;      /* from one value to the next */
	u32 max_entries; /* index < max_entries, else NULL */
	u64 cpu_stride;  /* from one CPU's values to the next CPU's */
};

/* Only what depends on the type.  An absent member means that the type does not do it. */
struct map_ops {
	/* Linux's checks of sizes, count and flags, in Linux's order: 0 or -errno. */
	int (*check)(const struct map_attr *attr);
	/*
	 * Make the map: map_alloc below does the common part; map->lookup is set here by types
	 * whose values programs can look up.  0 or -errno.
	 */
	int (*create)(struct skep *skep, const struct map_attr *attr, struct map **out);
	/* Free what create made beyond the struct itself. */
	void (*free)(struct map *map);
	long (*update)(struct map *map, const void *key, const void *value, u64 flags,
		       struct run *run);
	long (*delete)(struct map *map, const void *key);
	/* The key after `key`; the first one when that is NULL or not there.  0 or -ENOENT. */
	int (*next_key)(struct map *map, const void *key, void *next);
	const struct map_user_ops *user;
	/* What only some types do for programs, or NULL. */
	const struct map_more_ops *more;
	/* Constant addresses: what a ld_imm64 of BPF_PSEUDO_MAP_VALUE yields.  0 or -errno. */
	int (*value_addr)(struct map *map, u32 off, u64 *addr);
	/* Is [addr, addr + size) inside one value (or record) that a program may touch? checked
	 * mode */
	int (*contains)(struct map *map, u64 addr, u32 size);
};

/* An mmap(2) of a map's fd. */
struct map_mmap {
	u64 length, offset;
	int prot, flags;
	u8 fd_reads, fd_writes; /* what the fd was opened for */
};

struct map_more_ops {
	/* What an engine may do in place of a lookup. */
	void (*inlined)(const struct map *map, struct map_inline *out);
	/* Enter run's callback(map, key, value, ctx) for each element until one returns not 0. */
	long (*for_each)(struct map *map, u64 callback, u64 ctx, struct run *run);
	void *(*lookup_cpu)(struct map *map, const void *key, u32 cpu);
	long (*push)(struct map *map, const void *value, u64 flags);
	long (*pop)(struct map *map, void *value);
	long (*peek)(struct map *map, void *value);
	u64 (*usage)(struct map *map); /* map_usage: map/usage.h has them */
	/* The key of a value, which may be put into *index; types whose values may hold timers. */
	const void *(*key_of)(const struct map *map, const void *value, u32 *index);
};

struct map_user_ops {
	int (*lookup)(struct map *map, const void *key, void *value, u64 flags);
	int (*update)(struct map *map, const void *key, const void *value, u64 flags);
	int (*delete)(struct map *map, const void *key);
	int (*lookup_and_delete)(struct map *map, const void *key, void *value, u64 flags);
	/* What one value takes in user space: 8-rounded times CPUs for per-CPU types, 4 for ids. */
	u32 (*value_size)(const struct map *map);
	/* The type's part of map_mmap_check; NULL: no mmap at all. */
	int (*mmap)(const struct map *map, const struct map_mmap *ask);
	/* Is there something for a reader to take?  NULL: the type has no readers to wake. */
	int (*pending)(struct map *map);
	/* Copy a whole bucket, for types whose batches go by buckets; NULL: they go by keys. */
	int (*bucket)(struct map *map, struct map_bucket *b);
	u32 batches; /* enum map_batch: the batch commands that the type has */
	/* No fd and no pin is left: let go of what is only there while users hold the map. */
	void (*gone)(struct map *map);
};

enum map_batch {
	MAP_BATCH_LOOKUP = 1,
	MAP_BATCH_LOOKUP_AND_DELETE = 2,
	MAP_BATCH_UPDATE = 4,
	MAP_BATCH_DELETE = 8,
	MAP_BATCH_ALL = 15,
};

/* All elements of one bucket, or none: -ENOSPC when there are more than `room`. */
struct map_bucket {
	u32 index;  /* 0 .. ; -ENOENT from the first that the map does not have */
	u32 room;   /* elements that fit into the two below */
	u8 *keys;   /* key_size apart */
	u8 *values; /* map_user_value_size apart */
	u32 count;  /* out: elements that the bucket has */
	u8 remove;  /* take them out of the map too */
};

struct map {
	struct obj obj;
	const struct map_ops *ops;
	map_lookup_fn lookup; /* from programs, or NULL */
	u32 type, key_size, value_size, max_entries, flags;
	u64 extra;
	char name[BPF_OBJ_NAME_LEN];
	struct btf *btf; /* a reference, or NULL */
	u32 btf_key_type_id, btf_value_type_id;
	const struct btf_record *record; /* locks, timers, ... in a value, or NULL; btf's own */
	struct timer *timers;            /* in its values: map/timer.c, under its lock */
	struct map *inner;               /* maps of maps: what the inner ones are like, else NULL */
	_Atomic u32 frozen;              /* user space may not write: sys refuses with -EPERM */
	_Atomic u64 owner_type;          /* prog arrays: what programs it may hold: prog/tail.h */
	int fd;                          /* file behind what clients may mmap, or -1: owned */
};

/* Linux's checks and then the map, unpublished, with one reference.  0 or -errno. */
int map_create(struct skep *skep, const struct map_attr *attr, struct map **out);

/*
 * For types: a zeroed map of `size` bytes (its struct map first) with the common fields set.  What
 * follows an error in create gives it back with map_dealloc.
 */
int map_alloc(struct skep *skep, const struct map_attr *attr, size_t size, struct map **out);
void map_dealloc(struct map *map);

/*
 * Say what a new map's keys (0: nothing) and values are: Linux's checks, then map->btf, which takes
 * a reference, and map->record.  0 or -errno.
 */
int map_set_btf(struct map *map, struct btf *btf, u32 key_type_id, u32 value_type_id);

/* Bytes, as Linux counts what such a map costs: fdinfo's "memlock". */
u64 map_usage(struct map *map);

/* The row of a type, NULL when Linux has none of that number. */
struct map_type {
	const char *name;          /* "BPF_MAP_TYPE_HASH" */
	const struct map_ops *ops; /* NULL: Linux has it, skep does not yet */
	const char *since;         /* "4.6" */
	u32 version;               /* the same: 0x040600 */
	u32 cap;                   /* enum cap_flag that creating one takes */
};
const struct map_type *map_type_by_id(u32 type);

/* From programs.  Errors are Linux's, negative.  The key and value belong to the caller. */
void *map_lookup(struct map *map, const void *key, struct run *run);
long map_update(struct map *map, const void *key, const void *value, u64 flags, struct run *run);
long map_delete(struct map *map, const void *key);
int map_next_key(struct map *map, const void *key, void *next);

/*
 * Slot `index` of a prog array, NULL when empty or past the end; valid while the calling run lasts.
 */
struct obj *map_prog_at(struct map *array, u32 index);
/* Its max_entries slots themselves, for engines that read them without a call; else NULL. */
_Atomic(struct obj *) *map_prog_slots(struct map *map);

/* What the types with map_more_ops do; the others say -EOPNOTSUPP, or NULL. */
long map_for_each(struct map *map, u64 callback, u64 ctx, struct run *run); /* how many it saw */
void *map_lookup_cpu(struct map *map, const void *key, u32 cpu);
long map_push(struct map *map, const void *value, u64 flags);
long map_pop(struct map *map, void *value);
long map_peek(struct map *map, void *value);

/* The lookup function itself, specialised for the map's key size: what the JIT calls.  Never NULL.
 */
map_lookup_fn map_lookup_fn_of(const struct map *map);
/* 1 and *out when the map's lookup can be inlined. */
int map_inline_of(const struct map *map, struct map_inline *out);
/* The op of that name: 0, or -ENOTSUPP, -EINVAL, as Linux has it. */
int map_value_addr(struct map *map, u32 off, u64 *addr);
int map_contains(struct map *map, u64 addr, u32 size);

/* From user space: 0 or -errno.  Buffers are the caller's, of key_size and map_user_value_size. */
u32 map_user_value_size(const struct map *map);
int map_user_lookup(struct map *map, const void *key, void *value, u64 flags);
int map_user_update(struct map *map, const void *key, const void *value, u64 flags);
int map_user_delete(struct map *map, const void *key);
int map_user_lookup_and_delete(struct map *map, const void *key, void *value, u64 flags);
int map_user_freeze(struct map *map);
void map_user_gone(struct map *map);

/*
 * May the map's file be mapped like this?  0, or the errno of Linux's mmap(2).  The other checks
 * only what holds for every fd that bpf(2) gives, whatever it stands for.
 */
int map_mmap_check(const struct map *map, const struct map_mmap *ask);
int map_mmap_check_file(const struct map_mmap *ask);

/* Would poll(2) find something to read?  1, 0, or -EOPNOTSUPP: nobody waits for such maps. */
int map_pending(struct map *map);

/*
 * BPF_MAP_*_BATCH on a copy of the caller's attr, whose batch.count is set to what was done; keys
 * and values go through skep->usercopy.  0 or -errno.
 */
int map_batch(struct map *map, enum map_batch what, union bpf_attr *attr);

static inline struct map *map_of(struct obj *obj)
{
	return container_of(obj, struct map, obj);
}

#endif
