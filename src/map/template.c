/* Templates of inner maps. */
#include "btf/btf.h"
#include "map/template.h"

/* Linux's types that can be inside another, of those that are here. */
static int can_be_inner(u32 type)
{
	return type != BPF_MAP_TYPE_PROG_ARRAY;
}

int template_create(const struct map_attr *attr, struct map **out)
{
	const struct map *inner = attr->inner;
	struct map *t;
	struct map_attr like;
	int err;

	if (!inner)
		return attr->inner_error;
	if (inner->inner)
		return -EINVAL;
	if (!can_be_inner(inner->type))
		return -ENOTSUPP;
	like = (struct map_attr){
		.type = inner->type,
		.key_size = inner->key_size,
		.value_size = inner->value_size,
		.max_entries = inner->max_entries,
		.flags = inner->flags,
		.extra = inner->extra,
	};
	err = map_alloc(inner->obj.skep, &like, sizeof(*t), &t);
	if (err)
		return err;
	if (inner->btf) {
		obj_get(&inner->btf->obj);
		t->btf = inner->btf;
		t->record = inner->record;
	}
	*out = t;
	return 0;
}

void template_free(struct map *template)
{
	map_dealloc(template);
}

static int same_fields(const struct btf_record *a, const struct btf_record *b)
{
	if (!a || !b)
		return a == b;
	if (a->count != b->count)
		return 0;
	for (u32 i = 0; i < a->count; i++) {
		const struct btf_field *x = &a->field[i], *y = &b->field[i];

		if (x->kind != y->kind || x->off != y->off || x->size != y->size ||
		    x->type_id != y->type_id)
			return 0;
	}
	return 1;
}

/* Engines inline what they know of an array's size, so it has to be the same unless it is said. */
int template_fits(const struct map *template, const struct map *map)
{
	if (template->type != map->type || template->key_size != map->key_size ||
	    template->value_size != map->value_size || template->flags != map->flags ||
	    !same_fields(template->record, map->record))
		return 0;
	if (map->type != BPF_MAP_TYPE_ARRAY && map->type != BPF_MAP_TYPE_PERCPU_ARRAY)
		return 1;
	return template->flags & BPF_F_INNER_MAP || template->max_entries == map->max_entries;
}

int template_resolve(struct map *outer, const void *value, struct obj **out)
{
	struct skep *skep = outer->obj.skep;
	struct obj *obj;
	int err = skep->fd_get(skep, (int)map_index(value), OBJ_MAP, &obj);

	if (err)
		return err;
	if (!template_fits(outer->inner, map_of(obj))) {
		obj_put(obj);
		return -EINVAL;
	}
	*out = obj;
	return 0;
}
