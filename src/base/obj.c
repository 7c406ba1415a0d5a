/* Objects: references, ids, and the way out. */
#include "base/obj.h"
#include "base/skep.h"

void obj_init(struct obj *obj, struct skep *skep, enum obj_kind kind, void (*free)(struct obj *))
{
	atomic_init(&obj->refs, 1);
	obj->id = 0;
	obj->kind = kind;
	obj->skep = skep;
	obj->free = free;
	obj->file = NULL;
	obj->pins = 0;
	atomic_init(&obj->users, 0);
}

int obj_publish(struct obj *obj)
{
	return ids_add(&obj->skep->ids[obj->kind], obj->skep->os, obj, &obj->id);
}

void obj_get(struct obj *obj)
{
	atomic_fetch_add_explicit(&obj->refs, 1, memory_order_relaxed);
}

static void free_retired(struct retired *item)
{
	struct obj *obj = container_of(item, struct obj, retired);

	obj->free(obj);
}

void obj_put(struct obj *obj)
{
	struct skep *skep = obj->skep;

	/* Release what this holder did with it; the last one acquires what all others did. */
	if (atomic_fetch_sub_explicit(&obj->refs, 1, memory_order_acq_rel) != 1)
		return;
	if (obj->id)
		ids_remove(&skep->ids[obj->kind], obj->id);
	epoch_retire(&skep->epoch, &skep->slots, &obj->retired, free_retired);
}

int obj_get_live(struct obj *obj)
{
	u32 refs = atomic_load_explicit(&obj->refs, memory_order_relaxed);

	while (refs)
		if (atomic_compare_exchange_weak(&obj->refs, &refs, refs + 1))
			return 1;
	return 0;
}

/* An object whose last reference has gone is still in the table for a moment: leave it alone. */
static int hold(void *object)
{
	return obj_get_live(object);
}

struct obj *obj_by_id(struct skep *skep, enum obj_kind kind, u32 id)
{
	return ids_find(&skep->ids[kind], id, hold);
}

u32 obj_next_id(struct skep *skep, enum obj_kind kind, u32 after)
{
	return ids_next(&skep->ids[kind], after);
}
