/* What a map's keys and values are, by BTF: Linux's checks at creation. */
#include "btf/btf.h"
#include "map/internal.h"

enum key_rule {
	KEY_NONE,    /* there has to be a key type, any */
	KEY_INT,     /* a 32-bit int; void for the one value of a data section */
	KEY_STRUCT,  /* a prefix length, then data */
	KEY_REFUSED, /* BTF means nothing to this type */
	KEY_VOID,    /* no keys */
};

enum {
	LOCKS = BTF_FIELD_SPIN_LOCK | BTF_FIELD_RES_SPIN_LOCK,
	TIMERS = BTF_FIELD_TIMER | BTF_FIELD_WORKQUEUE | BTF_FIELD_TASK_WORK,
	KPTRS = BTF_FIELD_KPTR_UNREF | BTF_FIELD_KPTR_REF | BTF_FIELD_KPTR_PERCPU |
		BTF_FIELD_REFCOUNT,
	ROOTS = BTF_FIELD_LIST_HEAD | BTF_FIELD_RB_ROOT,
	/* what is looked for in values; the rest is for objects of programs */
	VALUE_KINDS = LOCKS | TIMERS | KPTRS | ROOTS | BTF_FIELD_UPTR,
	/* not while programs may only read or only write */
	PROG_ONLY = BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG,
};

/* What is not listed takes any key type and no special fields. */
static const struct rule {
	u8 key;       /* enum key_rule */
	u32 may_hold; /* special fields of values */
} rules[] = {
	[BPF_MAP_TYPE_HASH] = {KEY_NONE, LOCKS | TIMERS | KPTRS | ROOTS},
	[BPF_MAP_TYPE_ARRAY] = {KEY_INT, LOCKS | TIMERS | KPTRS | ROOTS},
	[BPF_MAP_TYPE_PERF_EVENT_ARRAY] = {KEY_REFUSED, 0},
	[BPF_MAP_TYPE_PERCPU_HASH] = {KEY_NONE, KPTRS},
	[BPF_MAP_TYPE_PERCPU_ARRAY] = {KEY_INT, KPTRS},
	[BPF_MAP_TYPE_STACK_TRACE] = {KEY_REFUSED, 0},
	[BPF_MAP_TYPE_CGROUP_ARRAY] = {KEY_REFUSED, 0},
	[BPF_MAP_TYPE_LRU_HASH] = {KEY_NONE, TIMERS | KPTRS | ROOTS},
	[BPF_MAP_TYPE_LRU_PERCPU_HASH] = {KEY_NONE, KPTRS},
	[BPF_MAP_TYPE_LPM_TRIE] = {KEY_STRUCT, 0},
	[BPF_MAP_TYPE_ARRAY_OF_MAPS] = {KEY_REFUSED, 0},
	[BPF_MAP_TYPE_HASH_OF_MAPS] = {KEY_REFUSED, 0},
	[BPF_MAP_TYPE_DEVMAP] = {KEY_REFUSED, 0},
	[BPF_MAP_TYPE_SOCKMAP] = {KEY_NONE, 0},
	[BPF_MAP_TYPE_CPUMAP] = {KEY_REFUSED, 0},
	[BPF_MAP_TYPE_XSKMAP] = {KEY_REFUSED, 0},
	[BPF_MAP_TYPE_DEVMAP_HASH] = {KEY_REFUSED, 0},
	[BPF_MAP_TYPE_BLOOM_FILTER] = {KEY_VOID, 0},
};

static const struct rule *rule_of(const struct map *map)
{
	static const struct rule none = {KEY_NONE, 0};

	return map->type < ARRAY_SIZE(rules) ? &rules[map->type] : &none;
}

static int is_u32(const struct btf_type *t)
{
	u32 word;

	if (!t || btf_kind(t) != BTF_KIND_INT)
		return 0;
	word = btf_int_data(t);
	return t->size == 4 && BTF_INT_BITS(word) == 32 && !BTF_INT_OFFSET(word);
}

/* .data, .bss, .rodata: one value and no key type. */
static int check_section(const struct map *map, const struct btf_type *value)
{
	if (map->type != BPF_MAP_TYPE_ARRAY || map->max_entries != 1)
		return -EINVAL;
	return btf_kind(value) == BTF_KIND_DATASEC ? 0 : -EINVAL;
}

/* key is NULL for void. */
static int check_kinds(const struct map *map, const struct btf_type *key,
		       const struct btf_type *value)
{
	switch (rule_of(map)->key) {
	case KEY_INT:
		if (!key)
			return check_section(map, value);
		return is_u32(key) ? 0 : -EINVAL;
	case KEY_STRUCT:
		return key && btf_kind(key) == BTF_KIND_STRUCT ? 0 : -EINVAL;
	case KEY_REFUSED:
		return -ENOTSUPP;
	case KEY_VOID:
		return key ? -EINVAL : 0;
	default:
		return key ? 0 : -EINVAL;
	}
}

static int check_record(const struct map *map, const struct btf_record *record)
{
	if (!record)
		return 0;
	if (map->flags & PROG_ONLY)
		return -EACCES;
	return record->kinds & ~rule_of(map)->may_hold ? -EOPNOTSUPP : 0;
}

int map_set_btf(struct map *map, struct btf *btf, u32 key_id, u32 value_id)
{
	const struct btf_type *key = NULL, *value;
	const struct btf_record *record = NULL;
	u32 key_size = 0, value_size = 0;
	int err;

	if (key_id) {
		key = btf_type_size(btf, key_id, &key_size);
		if (!key || key_size != map->key_size)
			return -EINVAL;
	} else if (rule_of(map)->key == KEY_NONE) {
		return -EINVAL;
	}
	value = btf_type_size(btf, value_id, &value_size);
	if (!value || value_size != map->value_size)
		return -EINVAL;
	err = btf_record_of(btf, value_id, VALUE_KINDS, &record);
	if (!err)
		err = check_record(map, record);
	if (!err)
		err = check_kinds(map, key, value);
	if (err)
		return err;
	obj_get(&btf->obj);
	map->btf = btf;
	map->btf_key_type_id = key_id;
	map->btf_value_type_id = value_id;
	map->record = record;
	return 0;
}
