/* A checked BTF, as others read it: types by id, names by hash, sizes. */
#include <errno.h>
#include <sys/mman.h>

#include "btf/internal.h"

enum { WALK_MAX = 64, POINTER_SIZE = 8 };

static const struct btf_type void_type;

static void btf_free(struct obj *obj)
{
	struct btf *btf = btf_of(obj);
	const struct os *os = obj->skep->os;

	while (btf->records_of) {
		struct btf_record *record = btf->records_of;

		btf->records_of = record->next;
		os_free(os, record);
	}
	os_free(os, btf->name_hash);
	os_free(os, btf->sizes);
	os_free(os, btf->resolved);
	os_free(os, btf->types);
	os_free(os, btf->aligned);
	if (btf->kernel)
		munmap(btf->data, btf->size);
	else
		os_free(os, btf->data);
	pthread_mutex_destroy(&btf->lock);
	os_free(os, btf);
}

struct btf *btf_alloc(struct skep *skep, u8 *data, u32 size)
{
	struct btf *btf = os_alloc(skep->os, sizeof(*btf));

	if (!btf)
		return NULL;
	obj_init(&btf->obj, skep, OBJ_BTF, btf_free);
	pthread_mutex_init(&btf->lock, NULL);
	btf->data = data;
	btf->size = size;
	return btf;
}

const struct btf_type *type_at(const struct btf *btf, u32 id)
{
	if (!id)
		return &void_type;
	return id < btf->nr_types ? btf->types[id] : NULL;
}

const struct btf_type *btf_type_by_id(const struct btf *btf, u32 id)
{
	return id && id < btf->nr_types ? btf->types[id] : NULL;
}

const char *btf_name(const struct btf *btf, u32 name_off)
{
	return name_off < btf->str_len ? btf->strings + name_off : "";
}

const struct btf_type *sized_type(const struct btf *btf, u32 *id, u32 *size)
{
	u32 at = *id, bytes;
	const struct btf_type *t = type_at(btf, at);

	if (kind_is(t, KIND_MODIFIERS | K(VAR))) {
		at = btf->resolved[at];
		t = type_at(btf, at);
	}
	if (kind_is(t, KIND_SIZED))
		bytes = t->size;
	else if (kind_is(t, K(ARRAY)))
		bytes = btf->sizes[at];
	else if (kind_is(t, K(PTR)))
		bytes = POINTER_SIZE;
	else
		return NULL;
	*id = at;
	if (size)
		*size = bytes;
	return t;
}

const struct btf_type *btf_skip_modifiers(const struct btf *btf, u32 id, u32 *out_id)
{
	const struct btf_type *t = type_at(btf, id);

	for (u32 i = 0; kind_is(t, KIND_MODIFIERS) && i < WALK_MAX; i++) {
		id = t->type;
		t = type_at(btf, id);
	}
	if (out_id)
		*out_id = id;
	return t;
}

/* Arrays multiply; a kernel's BTF has no table of sizes, so all is walked, a bounded way. */
const struct btf_type *btf_type_size(const struct btf *btf, u32 id, u32 *size)
{
	const struct btf_type *outer = NULL, *t;
	u64 n = 1;

	for (u32 i = 0; i < WALK_MAX; i++) {
		t = btf_skip_modifiers(btf, id, NULL);
		if (kind_is(t, K(VAR))) {
			id = t->type;
			continue;
		}
		outer = outer ? outer : t;
		if (kind_is(t, KIND_SIZED | K(PTR))) {
			n *= kind_is(t, K(PTR)) ? POINTER_SIZE : t->size;
			if (n > UINT32_MAX)
				return NULL;
			*size = (u32)n;
			return outer;
		}
		if (!kind_is(t, K(ARRAY)))
			return NULL;
		n *= ((const struct btf_array *)btf_tail(t))->nelems;
		id = ((const struct btf_array *)btf_tail(t))->type;
		if (n > UINT32_MAX)
			return NULL;
	}
	return NULL;
}

/* FNV-1a over the name, then the kind. */
static u32 hash_of(const char *name, u32 kind)
{
	u32 h = 2166136261u;

	while (*name)
		h = (h ^ (u8)*name++) * 16777619u;
	h = (h ^ kind) * 16777619u;
	return h ^ h >> 15;
}

/* Where the name is, or the free place where it belongs. */
static u32 *slot_of(const struct btf *btf, const char *name, u32 kind)
{
	u32 i = hash_of(name, kind) & btf->name_mask;

	while (btf->name_hash[i]) {
		const struct btf_type *t = btf->types[btf->name_hash[i]];

		if (btf_kind(t) == kind && !strcmp(btf_name(btf, t->name_off), name))
			break;
		i = (i + 1) & btf->name_mask;
	}
	return &btf->name_hash[i];
}

int index_build(struct btf *btf)
{
	u32 room = 16;

	while (room < 2 * btf->nr_types)
		room *= 2;
	btf->name_hash = os_alloc(btf->obj.skep->os, room * sizeof(u32));
	if (!btf->name_hash)
		return -ENOMEM;
	btf->name_mask = room - 1;
	for (u32 id = 1; id < btf->nr_types; id++) {
		const struct btf_type *t = btf->types[id];
		u32 *slot;

		if (!t->name_off)
			continue;
		slot = slot_of(btf, btf_name(btf, t->name_off), btf_kind(t));
		if (!*slot)
			*slot = id;
	}
	return 0;
}

u32 btf_find(const struct btf *btf, const char *name, u32 kind)
{
	return btf->name_hash ? *slot_of(btf, name, kind) : 0;
}
