/*
 * Special fields: locks, timers, kernel pointers, lists and trees that a value or an object of a
 * program may hold.  They are found by the names of their types, wherever they stand: in nested
 * structs, in arrays, in variables of a data section.
 */
#include <errno.h>

#include "btf/internal.h"

enum { NESTING_MAX = 32 };

static const struct special {
	const char *name; /* of the struct */
	u32 kind, size, align;
	u8 once; /* a value holds one at most */
} specials[] = {
	{"bpf_spin_lock", BTF_FIELD_SPIN_LOCK, 4, 4, 1},
	{"bpf_res_spin_lock", BTF_FIELD_RES_SPIN_LOCK, 4, 4, 1},
	{"bpf_timer", BTF_FIELD_TIMER, 16, 8, 1},
	{"bpf_wq", BTF_FIELD_WORKQUEUE, 16, 8, 1},
	{"bpf_task_work", BTF_FIELD_TASK_WORK, 8, 8, 1},
	{"bpf_list_head", BTF_FIELD_LIST_HEAD, 16, 8, 0},
	{"bpf_list_node", BTF_FIELD_LIST_NODE, 24, 8, 0},
	{"bpf_rb_root", BTF_FIELD_RB_ROOT, 16, 8, 0},
	{"bpf_rb_node", BTF_FIELD_RB_NODE, 32, 8, 0},
	{"bpf_refcount", BTF_FIELD_REFCOUNT, 4, 4, 1},
};

/* A pointer's first type tag says what kind of kernel pointer it is. */
static const struct pointer_tag {
	const char *name;
	u32 kind;
} pointer_tags[] = {
	{"kptr_untrusted", BTF_FIELD_KPTR_UNREF},
	{"kptr", BTF_FIELD_KPTR_REF},
	{"percpu_kptr", BTF_FIELD_KPTR_PERCPU},
	{"uptr", BTF_FIELD_UPTR},
};

enum {
	KIND_KPTRS =
		BTF_FIELD_KPTR_UNREF | BTF_FIELD_KPTR_REF | BTF_FIELD_KPTR_PERCPU | BTF_FIELD_UPTR,
	KIND_ROOTS = BTF_FIELD_LIST_HEAD | BTF_FIELD_RB_ROOT,
	KIND_NODES = BTF_FIELD_LIST_NODE | BTF_FIELD_RB_NODE,
	POINTER_SIZE = 8,
	/* what objects that programs allocate may hold */
	KIND_OBJECT = BTF_FIELD_SPIN_LOCK | BTF_FIELD_RES_SPIN_LOCK | KIND_ROOTS | KIND_NODES |
		      BTF_FIELD_REFCOUNT | KIND_KPTRS,
};

/* One search through a type. */
struct search {
	const struct btf *btf;
	u32 kinds; /* wanted */
	u32 seen;
	struct btf_record *record;
};

/* Where a field may stand: a member of a struct, or a variable of a data section. */
struct spot {
	u32 parent;    /* id of the struct */
	u32 component; /* which member */
	u32 type;      /* of the member or variable */
	u32 off;
	u32 size; /* the section's word on it, or 0 */
	u32 level;
};

static int search_struct(struct search *s, const struct btf_type *t, u32 id, u32 off, u32 level);

static const struct special *special_of(const struct search *s, const struct btf_type *t)
{
	if (!kind_is(t, KIND_STRUCTS))
		return NULL;
	for (u32 i = 0; i < ARRAY_SIZE(specials); i++)
		if (s->kinds & specials[i].kind &&
		    !strcmp(btf_name(s->btf, t->name_off), specials[i].name))
			return &specials[i];
	return NULL;
}

static int add_field(struct search *s, const struct btf_field *field)
{
	if (s->record->count == BTF_RECORD_FIELDS)
		return -E2BIG;
	s->record->field[s->record->count++] = *field;
	return 0;
}

/* The same field again in each further element of an array. */
static int add_repeated(struct search *s, struct btf_field field, u32 n, u32 stride)
{
	int err = 0;

	for (u32 i = 0; !err && i < n; i++, field.off += stride)
		err = add_field(s, &field);
	return err;
}

/* "contains:TYPE:NODE" on the member tells what a list or tree holds. */
static const char *contains_tag(const struct btf *btf, u32 parent, u32 component)
{
	static const char prefix[] = "contains:";

	for (u32 i = 1; i < btf->nr_types; i++) {
		const struct btf_type *t = btf->types[i];
		const struct btf_decl_tag *d = btf_tail(t);
		const char *value = btf_name(btf, t->name_off);

		if (btf_kind(t) == BTF_KIND_DECL_TAG && t->type == parent &&
		    d->component_idx == (s32)component &&
		    !strncmp(value, prefix, sizeof(prefix) - 1))
			return value + sizeof(prefix) - 1;
	}
	return NULL;
}

static int find_named_struct(const struct btf *btf, const char *name, u32 len)
{
	for (u32 i = 1; i < btf->nr_types; i++) {
		const char *n = btf_name(btf, btf->types[i]->name_off);

		if (btf_kind(btf->types[i]) == BTF_KIND_STRUCT && strlen(n) == len &&
		    !memcmp(n, name, len))
			return (int)i;
	}
	return -ENOENT;
}

/* The node by which the held struct hangs in the list or tree. */
static int find_node(const struct btf *btf, const struct btf_type *held, const char *node,
		     u32 root_kind, u32 *off)
{
	const char *want = root_kind == BTF_FIELD_LIST_HEAD ? "bpf_list_node" : "bpf_rb_node";
	int found = 0;

	for (u32 i = 0; i < btf_vlen(held); i++) {
		const struct btf_member *m = &btf_members(held)[i];
		const struct btf_type *t = type_at(btf, m->type);
		u32 bits =
			BTF_INFO_KFLAG(held->info) ? BTF_MEMBER_BIT_OFFSET(m->offset) : m->offset;

		if (strcmp(btf_name(btf, m->name_off), node))
			continue;
		if (found || !kind_is(t, KIND_STRUCTS) ||
		    strcmp(btf_name(btf, t->name_off), want) || bits % 64)
			return -EINVAL;
		found = 1;
		*off = bits / 8;
	}
	return found ? 0 : -ENOENT;
}

static int find_held(struct search *s, const struct spot *spot, struct btf_field *field)
{
	const char *value = contains_tag(s->btf, spot->parent, spot->component);
	const char *node = value ? strchr(value, ':') : NULL;
	int id;

	if (!node)
		return -EINVAL;
	id = find_named_struct(s->btf, value, (u32)(node - value));
	if (id < 0)
		return id;
	if (!node[1])
		return -EINVAL;
	field->type_id = (u32)id;
	return find_node(s->btf, type_at(s->btf, (u32)id), node + 1, field->kind, &field->node_off);
}

static int add_special(struct search *s, const struct spot *spot, const struct btf_type *t, u32 n,
		       const struct special *special)
{
	struct btf_field field = {.kind = special->kind, .off = spot->off, .size = special->size};
	int err = 0;

	if (special->once && s->seen & special->kind)
		return -E2BIG;
	s->seen |= special->kind;
	if (t->size != special->size || (spot->size && spot->size != (u64)t->size * n) ||
	    spot->off % special->align)
		return 0;
	if (special->kind & KIND_ROOTS)
		err = find_held(s, spot, &field);
	return err ? err : add_repeated(s, field, n, special->size);
}

static u32 tag_kind(const char *name)
{
	for (u32 i = 0; i < ARRAY_SIZE(pointer_tags); i++)
		if (!strcmp(name, pointer_tags[i].name))
			return pointer_tags[i].kind;
	return 0;
}

/* A pointer with a type tag. */
static int add_pointer(struct search *s, const struct spot *spot, const struct btf_type *t, u32 n)
{
	struct btf_field field = {.off = spot->off, .size = POINTER_SIZE};

	if (kind_is(t, K(VOLATILE)))
		t = type_at(s->btf, t->type);
	if (!kind_is(t, K(PTR)))
		return 0;
	t = type_at(s->btf, t->type);
	if (!kind_is(t, K(TYPE_TAG)) || BTF_INFO_KFLAG(t->info))
		return 0;
	if (kind_is(type_at(s->btf, t->type), K(TYPE_TAG)))
		return -EINVAL;
	field.kind = tag_kind(btf_name(s->btf, t->name_off));
	if (!field.kind)
		return -EINVAL;
	if (!(field.kind & s->kinds) || spot->off % POINTER_SIZE ||
	    (spot->size && spot->size != (u64)POINTER_SIZE * n))
		return 0;
	if (!kind_is(btf_skip_modifiers(s->btf, t->type, &field.type_id), KIND_STRUCTS))
		return -EINVAL;
	return add_repeated(s, field, n, POINTER_SIZE);
}

/* A struct within: what was found in it once is there again in each element. */
static int add_nested(struct search *s, const struct spot *spot, const struct btf_type *t, u32 id,
		      u32 n)
{
	u32 first = s->record->count, found;
	int err;

	if (spot->size && spot->size != (u64)t->size * n)
		return 0;
	if (spot->level + 1 >= NESTING_MAX)
		return -E2BIG;
	err = search_struct(s, t, id, spot->off, spot->level + 1);
	found = s->record->count - first;
	if (err || !found)
		return err;
	for (u32 i = 1; i < n; i++)
		for (u32 j = 0; j < found; j++) {
			struct btf_field field = s->record->field[first + j];

			field.off += i * t->size;
			err = add_field(s, &field);
			if (err)
				return err;
		}
	return 0;
}

static int search_spot(struct search *s, const struct spot *spot)
{
	u32 id = spot->type, n = 1, depth = 0;
	const struct btf_type *t = type_at(s->btf, id);
	const struct special *special;

	for (; kind_is(t, K(ARRAY)) && depth < NESTING_MAX; depth++) {
		const struct btf_array *a = btf_tail(t);

		n *= a->nelems;
		id = a->type;
		t = type_at(s->btf, id);
	}
	if (depth == NESTING_MAX)
		return -E2BIG;
	if (!n)
		return 0;
	special = special_of(s, t);
	if (special)
		return add_special(s, spot, t, n, special);
	if (kind_is(t, KIND_STRUCTS))
		return add_nested(s, spot, t, id, n);
	return s->kinds & KIND_KPTRS ? add_pointer(s, spot, t, n) : 0;
}

static int search_struct(struct search *s, const struct btf_type *t, u32 id, u32 off, u32 level)
{
	int err = 0;

	for (u32 i = 0; !err && i < btf_vlen(t); i++) {
		const struct btf_member *m = &btf_members(t)[i];
		u32 bits = BTF_INFO_KFLAG(t->info) ? BTF_MEMBER_BIT_OFFSET(m->offset) : m->offset;
		struct spot spot = {id, i, m->type, off + bits / 8, 0, level};

		/* Linux, even of bit fields: a struct with a lock in it has none */
		if (bits % 8)
			return -EINVAL;
		err = search_spot(s, &spot);
	}
	return err;
}

static int search_section(struct search *s, const struct btf_type *t)
{
	const struct btf_var_secinfo *v = btf_tail(t);
	int err = 0;

	for (u32 i = 0; !err && i < btf_vlen(t); i++) {
		const struct btf_type *var = type_at(s->btf, v[i].type);
		/* a variable's tags stand on the variable */
		struct spot spot = {v[i].type, UINT32_MAX, var->type, v[i].offset, v[i].size, 0};

		err = search_spot(s, &spot);
	}
	return err;
}

static void sort_fields(struct btf_record *r)
{
	for (u32 i = 1; i < r->count; i++)
		for (u32 j = i; j && r->field[j - 1].off > r->field[j].off; j--) {
			struct btf_field field = r->field[j];

			r->field[j] = r->field[j - 1];
			r->field[j - 1] = field;
		}
}

/* Fields may not overlap, and some need others beside them. */
static int check_together(struct btf_record *r, u32 size)
{
	u32 locks = BTF_FIELD_SPIN_LOCK | BTF_FIELD_RES_SPIN_LOCK, end = 0;

	for (u32 i = 0; i < r->count; i++) {
		if (r->field[i].off + r->field[i].size > size)
			return -EFAULT;
		if (r->field[i].off < end)
			return -EEXIST;
		end = r->field[i].off + r->field[i].size;
		r->kinds |= r->field[i].kind;
	}
	if (r->kinds & KIND_ROOTS && !(r->kinds & locks))
		return -EINVAL;
	if (!(~r->kinds & KIND_NODES) && !(r->kinds & BTF_FIELD_REFCOUNT))
		return -EINVAL;
	return 0;
}

static int search(struct search *s, u32 id, u32 size)
{
	const struct btf_type *t = type_at(s->btf, id);
	int err = 0;

	if (kind_is(t, KIND_STRUCTS))
		err = search_struct(s, t, id, 0, 0);
	else if (kind_is(t, K(DATASEC)))
		err = search_section(s, t);
	if (err)
		return err;
	sort_fields(s->record);
	return check_together(s->record, size);
}

/* Found before, or searched for now: kept with the BTF for as long as it lives. */
static int record_locked(struct btf *btf, u32 id, u32 kinds, const struct btf_record **out)
{
	const struct os *os = btf->obj.skep->os;
	struct btf_record *r;
	u32 size = 0;
	int err;

	for (r = btf->records_of; r; r = r->next)
		if (r->type_id == id && r->wanted == kinds)
			break;
	if (r) {
		*out = r->count ? r : NULL;
		return 0;
	}
	r = os_alloc(os, sizeof(*r));
	if (!r)
		return -ENOMEM;
	r->type_id = id;
	r->wanted = kinds;
	btf_type_size(btf, id, &size);
	err = search(&(struct search){.btf = btf, .kinds = kinds, .record = r}, id, size);
	if (err) {
		os_free(os, r);
		return err;
	}
	r->next = btf->records_of;
	btf->records_of = r;
	*out = r->count ? r : NULL;
	return 0;
}

int btf_record_of(struct btf *btf, u32 type_id, u32 kinds, const struct btf_record **out)
{
	int err;

	btf_skip_modifiers(btf, type_id, &type_id);
	pthread_mutex_lock(&btf->lock);
	err = record_locked(btf, type_id, kinds, out);
	pthread_mutex_unlock(&btf->lock);
	return err;
}

/* Does a program's object of this type have anything special at its top level? */
static int is_special_object(const struct search *s, const struct btf_type *t)
{
	for (u32 i = 0; i < btf_vlen(t); i++)
		if (special_of(s, type_at(s->btf, btf_members(t)[i].type)))
			return 1;
	return 0;
}

int check_struct_fields(struct btf *btf)
{
	struct search s = {.btf = btf, .kinds = KIND_OBJECT};

	for (u32 id = 1; id < btf->nr_types; id++) {
		const struct btf_record *record;
		int err;

		if (!kind_is(btf->types[id], KIND_STRUCTS) ||
		    !is_special_object(&s, btf->types[id]))
			continue;
		err = btf_record_of(btf, id, KIND_OBJECT, &record);
		if (err)
			return err;
		/* the type stands there, but not in a way that can be used */
		if (!record)
			return -EFAULT;
	}
	return 0;
}
