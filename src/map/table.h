/*
 * The hash table behind all keyed types.  Elements are numbered from 1; what an element is besides
 * its key (a value, values by CPU, a map) is its type's business.
 *
 *	groups (private memory)           elements (in the window)
 *	+------------------------+        +-----+-------+-----+-------+--
 *	| lock, version, next    |   .--->| key | value | key | value | ...
 *	| tag x 8, number x 8 ---|---'    +-----+-------+-----+-------+--
 *	+------------------------+        1             2
 *
 * A group is one cache line and stands for `1 << shift` buckets of Linux's table; full ones go on
 *in overflow groups.  A tag is 8 bits of the hash, so that a lookup nearly always touches two
 *lines: the group's and the element's.
 *
 * Writers hold the lock of the group (that is: of the first of its chain).  Readers hold nothing:
 * an element is written before its number is stored (release, acquire).  An entry that moves is
 * copied first and then cleared, with a new version between; numbers are reused only after a new
 * version.  So whoever finds nothing, or compared more than one word, looks at the version again.
 */
#ifndef SKEP_MAP_TABLE_H
#define SKEP_MAP_TABLE_H

#include "map/freelist.h"
#include "map/internal.h"
#include "map/key.h"

enum { GROUP_SLOTS = 8 };

struct group {
	_Atomic u32 lock; /* guards writing the rest, and of the groups that follow in its chain */
	_Atomic u32 version;           /* of the first in a chain, for all of it */
	_Atomic u64 tags;              /* byte i: tag of slot i */
	_Atomic u32 slot[GROUP_SLOTS]; /* element, 0: none */
	_Atomic u32 next;              /* overflow group, 0: none */
} __attribute__((aligned(CACHE_LINE)));
_Static_assert(sizeof(struct group) == CACHE_LINE, "a lookup reads one line of a group");

/* The key sizes that lookups are specialised for. */
enum key_kind { KEY_4, KEY_8, KEY_12, KEY_16, KEY_ANY, KEY_ZERO_SEED, KEY_KINDS };

struct table {
	struct map map;
	struct group *groups; /* [0, nr_groups), then overflow groups */
	u32 bucket_mask;      /* Linux's buckets, less one */
	u8 shift;             /* bucket >> shift is its group */
	u8 key_kind;          /* enum key_kind */
	u32 elem_size, value_off;
	u8 *elems; /* element 1 */
	struct key_seed seed;
	u32 *stamps; /* BPF_F_ZERO_SEED: by element, when it came: newest first, as in Linux */
	u32 total;   /* elements */

	void *groups_memory;
	_Atomic u32 overflow_lock; /* guards the next two */
	u32 overflow_head, overflow_fresh;
	u32 overflow_end;
};

/* Where a key belongs. */
struct place {
	struct group *group;
	u32 bucket;
	u8 tag;
};

/* An entry of a locked chain. */
struct entry {
	struct group *group;
	u32 slot;
	u32 element; /* 0: none */
};

static inline struct table *table_of(const struct map *map)
{
	return container_of(map, struct table, map);
}

static inline u8 *table_elem(const struct table *t, u32 element)
{
	return t->elems + (u64)(element - 1) * t->elem_size;
}

static inline void *table_value(const struct table *t, u32 element)
{
	return table_elem(t, element) + t->value_off;
}

static inline u32 tag_bucket_bits(const struct table *t, u32 bucket)
{
	return bucket & ((1u << t->shift) - 1);
}

/* The tag's low bits tell the bucket within the group, so that they need no place of their own. */
static inline struct place table_place(const struct table *t, u64 hash)
{
	u32 bucket = (u32)hash & t->bucket_mask;

	return (struct place){
		.group = &t->groups[bucket >> t->shift],
		.bucket = bucket,
		.tag = (u8)(hash >> 58 << 2 | tag_bucket_bits(t, bucket)),
	};
}

static inline struct group *table_group(const struct table *t, u32 bucket)
{
	return &t->groups[bucket >> t->shift];
}

/* High bit of each byte of `tags` that equals tag; a byte above a match may be set falsely. */
static inline u64 tags_match(u64 tags, u8 tag)
{
	u64 x = tags ^ tag * 0x0101010101010101ull;

	return (x - 0x0101010101010101ull) & ~x & 0x8080808080808080ull;
}

static inline u32 tags_first(u64 match)
{
	return (u32)__builtin_ctzll(match) / 8;
}

#define ALWAYS_INLINE static inline __attribute__((always_inline))

/* What a lookup keeps of the key: all of a short one, so that it is read once. */
struct key_view {
	const void *key;
	struct key_short words;
};

ALWAYS_INLINE struct key_view table_view_as(const void *key, enum key_kind kind)
{
	const u8 *rest = (const u8 *)key + 8;

	switch (kind) {
	case KEY_4:
		return (struct key_view){key, {key_half(key), 0}};
	case KEY_8:
		return (struct key_view){key, {key_word(key), 0}};
	case KEY_12:
		return (struct key_view){key, {key_word(key), key_ports(rest)}};
	case KEY_16:
		return (struct key_view){key, {key_word(key), key_flow_word(rest)}};
	default:
		return (struct key_view){.key = key};
	}
}

ALWAYS_INLINE u64 table_hash_as(const struct table *t, const struct key_view *view,
				enum key_kind kind)
{
	switch (kind) {
	case KEY_ZERO_SEED:
		return key_hash_linux(view->key, t->map.key_size);
	case KEY_ANY:
		return key_hash(view->key, t->map.key_size, &t->seed);
	default:
		return key_short_hash(view->words, &t->seed);
	}
}

ALWAYS_INLINE int table_equal_as(const struct table *t, const u8 *stored,
				 const struct key_view *view, enum key_kind kind)
{
	switch (kind) {
	case KEY_ZERO_SEED:
	case KEY_ANY:
		return key_equal(stored, view->key, t->map.key_size);
	case KEY_4:
	case KEY_8:
		return racy_load64(stored) == view->words.low;
	default:
		return racy_load64(stored) == view->words.low &&
		       racy_load64(stored + 8) == view->words.high;
	}
}

/*
 * From programs, without a lock: the element with this key, or 0.  A key of one word cannot be seen
 * half rewritten; a longer one that matched is believed when the version says that its element was
 * not reused meanwhile.
 */
ALWAYS_INLINE u32 table_find_as(const struct table *t, const void *key, enum key_kind kind)
{
	const struct key_view view = table_view_as(key, kind);
	struct place p = table_place(t, table_hash_as(t, &view, kind));
	const struct group *g;
	u32 version, next;

again:
	version = atomic_load_explicit(&p.group->version, memory_order_acquire);
	for (g = p.group;; g = &t->groups[next]) {
		u64 match = tags_match(atomic_load_explicit(&g->tags, memory_order_acquire), p.tag);

		for (; match; match &= match - 1) {
			u32 element = atomic_load_explicit(&g->slot[tags_first(match)],
							   memory_order_acquire);

			if (element && table_equal_as(t, table_elem(t, element), &view, kind)) {
				if (kind == KEY_4 || kind == KEY_8)
					return element;
				if (atomic_load_explicit(&p.group->version, memory_order_relaxed) !=
				    version)
					goto again;
				return element;
			}
		}
		next = atomic_load_explicit(&g->next, memory_order_acquire);
		if (likely(!next))
			break;
	}
	if (unlikely(atomic_load_explicit(&p.group->version, memory_order_relaxed) != version))
		goto again;
	return 0;
}

/*
 * A type's map_lookup_fn for each kind of key, from `value(table, element, run)`, in an array by
 * enum key_kind: the hash and the comparison are inlined into each.
 */
#define TABLE_LOOKUP(name, value, kind)                                                            \
	static void *name##_##kind(struct map *map, const void *key, u64 r3, u64 r4, u64 r5,       \
				   struct run *run)                                                \
	{                                                                                          \
		u32 element = table_find_as(table_of(map), key, kind);                             \
                                                                                                   \
		(void)r3, (void)r4, (void)r5, (void)run;                                           \
		return likely(element) ? value(table_of(map), element, run) : NULL;                \
	}
#define TABLE_LOOKUPS(name, value)                                                                 \
	TABLE_LOOKUP(name, value, KEY_4)                                                           \
	TABLE_LOOKUP(name, value, KEY_8)                                                           \
	TABLE_LOOKUP(name, value, KEY_12)                                                          \
	TABLE_LOOKUP(name, value, KEY_16)                                                          \
	TABLE_LOOKUP(name, value, KEY_ANY)                                                         \
	TABLE_LOOKUP(name, value, KEY_ZERO_SEED)                                                   \
	static const map_lookup_fn name[KEY_KINDS] = {                                             \
		name##_KEY_4,  name##_KEY_8,   name##_KEY_12,                                      \
		name##_KEY_16, name##_KEY_ANY, name##_KEY_ZERO_SEED,                               \
	}

/* Of any key, by the map's own hash. */
struct place table_place_of(const struct table *t, const void *key);

/* Linux's checks of key, value and count that all keyed types share. */
int table_check_sizes(const struct map_attr *attr);

/*
 * Allocate map (the type's own struct of `size` bytes, its struct table first), groups and elements
 * with values of `value_size` bytes, 0 for none.  `spares` elements come on top of max_entries.
 */
int table_create(struct skep *skep, const struct map_attr *attr, size_t size, u32 value_size,
		 u32 spares, struct table **out);
void table_destroy(struct table *t);

/* With the group's lock held: */
struct entry table_entry(const struct table *t, const struct place *p, const void *key);
struct entry table_entry_of(const struct table *t, u32 bucket, u32 element);
/* There is always room: a chain's groups are full but for the last. */
void table_insert(struct table *t, const struct place *p, u32 element);
void table_replace(struct table *t, const struct place *p, const struct entry *e, u32 element);
void table_remove(struct table *t, struct group *first, const struct entry *e);

/*
 * The element of `bucket` that comes after rank `*rank` (0: the first), whose rank is stored there;
 * 0 when there is none.  Takes no lock, the caller has it.
 */
u32 table_next_in_bucket(const struct table *t, u32 bucket, u32 *rank);

/* ops->next_key, ops->contains and more->for_each of keyed types */
int table_next_key(struct map *map, const void *key, void *next);
int table_contains(struct map *map, u64 addr, u32 size);

/*
 * ops->user->bucket: copies keys, and values by `read`; what is removed goes to `gone` once the
 * bucket is unlocked.
 */
typedef void (*table_read)(struct table *t, u32 element, void *value);
typedef void (*table_gone)(struct table *t, u32 element);
int table_bucket(struct table *t, struct map_bucket *b, table_read read, table_gone gone);

/*
 * Call visit(element) for all elements until it returns not 0.  An element may go while it is
 * visited, or come unseen, as in Linux.  How many were seen.
 */
typedef int (*table_visit)(struct table *t, u32 element, void *cookie);
long table_for_each(struct table *t, table_visit visit, void *cookie);

#endif
