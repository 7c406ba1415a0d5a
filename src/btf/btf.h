/*
 * BTF: types as data.  What BPF_BTF_LOAD brings is checked as Linux checks it, decoded once, and
 * from then on read only: types by id in an array, names in a hash.  Past btf_parse nothing checks
 * again.
 */
#ifndef SKEP_BTF_BTF_H
#define SKEP_BTF_BTF_H

#include "base/abi.h"
#include "base/log.h"
#include "base/obj.h"
#include "base/skep.h"

enum { BTF_NAME_LEN = 64, BTF_SIZE_MAX = 16 << 20 };

/* What a map value may hold that is more than bytes. */
enum btf_field_kind {
	BTF_FIELD_SPIN_LOCK = 1 << 0,
	BTF_FIELD_TIMER = 1 << 1,
	BTF_FIELD_KPTR_UNREF = 1 << 2,
	BTF_FIELD_KPTR_REF = 1 << 3,
	BTF_FIELD_KPTR_PERCPU = 1 << 4,
	BTF_FIELD_LIST_HEAD = 1 << 5,
	BTF_FIELD_LIST_NODE = 1 << 6,
	BTF_FIELD_RB_ROOT = 1 << 7,
	BTF_FIELD_RB_NODE = 1 << 8,
	BTF_FIELD_REFCOUNT = 1 << 9,
	BTF_FIELD_WORKQUEUE = 1 << 10,
	BTF_FIELD_UPTR = 1 << 11,
	BTF_FIELD_RES_SPIN_LOCK = 1 << 12,
	BTF_FIELD_TASK_WORK = 1 << 13,
	BTF_FIELD_ALL = (1 << 14) - 1,
};

enum { BTF_RECORD_FIELDS = 11 }; /* Linux has room for no more */

struct btf_field {
	u32 kind; /* one enum btf_field_kind */
	u32 off, size;
	u32 type_id;  /* kptrs: what they point to; list heads, roots: what they hold */
	u32 node_off; /* list heads, roots: of the node in it */
};

struct btf_record {
	struct btf_record *next; /* of the same BTF */
	u32 type_id;
	u32 wanted; /* the kinds that were searched for */
	u32 kinds;  /* all field[].kind together */
	u32 count;
	struct btf_field field[BTF_RECORD_FIELDS]; /* by offset */
};

static inline int btf_record_has(const struct btf_record *record, u32 kinds)
{
	return record && (record->kinds & kinds);
}

struct btf {
	struct obj obj;
	u8 *data; /* as it was loaded, header and all */
	u32 size;
	u8 kernel;               /* the host kernel's own types */
	char name[BTF_NAME_LEN]; /* "vmlinux", or "" */
	const char *strings;
	u32 str_len;
	const u8 *records; /* the type section, in data or in aligned */
	u32 records_len;
	u8 *aligned; /* a copy of the type section whose words are aligned, or NULL */
	const struct btf_type **types; /* by id; 0 is void */
	u32 nr_types;
	u32 *resolved; /* by id: what modifiers, pointers' targets, ... come down to; checks only */
	u32 *sizes;    /* by id: of arrays and variables; checks only */
	u32 *name_hash; /* ids, open addressing by name and kind; 0 is empty */
	u32 name_mask;
	pthread_mutex_t lock;          /* guards records_of */
	struct btf_record *records_of; /* those asked for so far */
};

/*
 * Linux's BPF_BTF_LOAD on a copy of the caller's bytes: its checks, errnos and log (which the
 * caller finishes).  data is taken over, whatever the outcome; it came from skep's os.  0 or
 * -errno.
 */
int btf_parse(struct skep *skep, u8 *data, u32 size, struct log *log, struct btf **out);

/*
 * The host kernel's types, borrowed from the instance; NULL where the host shows none, or without
 * memory.  The object alone is published and can be read, its types are decoded by btf_kernel.
 */
struct btf *btf_kernel(struct skep *skep);
struct btf *btf_kernel_object(struct skep *skep);
void btf_kernel_free(struct skep *skep);

/* NULL for 0, which is void's, and ids there are not. */
const struct btf_type *btf_type_by_id(const struct btf *btf, u32 id);
/* "" for what has no name */
const char *btf_name(const struct btf *btf, u32 name_off);
/* The first type of that name and kind, 0 when there is none. */
u32 btf_find(const struct btf *btf, const char *name, u32 kind);

static inline u32 btf_kind(const struct btf_type *t)
{
	return BTF_INFO_KIND(t->info);
}

static inline u32 btf_vlen(const struct btf_type *t)
{
	return BTF_INFO_VLEN(t->info);
}

/* What follows a type record in memory, by kind: struct btf_member[], btf_param[], ... */
static inline const void *btf_tail(const struct btf_type *t)
{
	return t + 1;
}

/* Of a BTF_KIND_INT: read it by BTF_INT_BITS and its like. */
static inline u32 btf_int_data(const struct btf_type *t)
{
	return *(const u32 *)btf_tail(t);
}

static inline const struct btf_member *btf_members(const struct btf_type *t)
{
	return btf_tail(t);
}

static inline const struct btf_param *btf_params(const struct btf_type *t)
{
	return btf_tail(t);
}

/* Past typedef, const, volatile, restrict and type tags; *id (may be NULL) follows. */
const struct btf_type *btf_skip_modifiers(const struct btf *btf, u32 id, u32 *out_id);

/*
 * The type that says how big `id` is (past modifiers, variables), and its size in bytes.  NULL for
 * void, functions, forward declarations and ids there are not; *size stays as it was.
 */
const struct btf_type *btf_type_size(const struct btf *btf, u32 id, u32 *size);

/*
 * The special fields of a value of this type, of those `kinds` only.  *out is NULL when there is
 * none, else lives as long as btf.  0 or -errno as Linux's BPF_MAP_CREATE has it.
 */
int btf_record_of(struct btf *btf, u32 type_id, u32 kinds, const struct btf_record **out);

static inline struct btf *btf_of(struct obj *obj)
{
	return container_of(obj, struct btf, obj);
}

#endif
