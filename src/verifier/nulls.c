/* Pointers that may be NULL: what a comparison with 0 makes of all that share the id. */
#include <errno.h>

#include "btf/btf.h"
#include "verifier/walk.h"

static void map_value_checked(struct reg *r)
{
	struct map *map = r->map;

	if (map->inner) {
		r->type = REG_MAP_PTR;
		r->map = map->inner;
		/* which lookup it came of matters where values hold timers and their like */
		r->map_uid =
			btf_record_has(map->inner->record,
				       BTF_FIELD_TIMER | BTF_FIELD_WORKQUEUE | BTF_FIELD_TASK_WORK)
				? r->id
				: 0;
	} else if (map->type == BPF_MAP_TYPE_XSKMAP) {
		r->type = REG_XDP_SOCK;
	} else if (map->type == BPF_MAP_TYPE_SOCKMAP || map->type == BPF_MAP_TYPE_SOCKHASH) {
		r->type = REG_SOCKET;
	}
}

void null_checked(struct reg *r)
{
	r->flags &= (u16)~REG_OR_NULL;
	if (r->type == REG_MAP_VALUE)
		map_value_checked(r);
}

/* A lock is known by the id of the value it lies in. */
static int may_hold_lock(const struct reg *r)
{
	return r->type == REG_MAP_VALUE &&
	       btf_record_has(r->map->record, BTF_FIELD_SPIN_LOCK | BTF_FIELD_RES_SPIN_LOCK);
}

static int has_id(const struct reg *r, const void *cookie)
{
	return r->flags & REG_OR_NULL && r->id == *(const u32 *)cookie && num_is_const(&r->num) &&
	       !r->num.var.value;
}

static void becomes_null(struct reg *r, const void *cookie)
{
	(void)cookie;
	r->type = REG_SCALAR;
	r->flags = 0;
	r->id = 0;
	r->ref_id = 0;
	r->off = 0;
	r->raw[0] = r->raw[1] = 0;
}

static void becomes_valid(struct reg *r, const void *cookie)
{
	(void)cookie;
	null_checked(r);
	if (!may_hold_lock(r))
		r->id = 0;
}

int null_decide(struct walk *w, struct state *s, u32 reg, int is_null)
{
	const struct reg *r = &state_top(s)->reg[reg];
	u32 id = r->id;
	struct reg_change change = {has_id, is_null ? becomes_null : becomes_valid, &id};

	if (is_null && r->ref_id && r->ref_id == id)
		state_release(s, id);
	return state_change_regs(&w->pool, s, &change);
}
