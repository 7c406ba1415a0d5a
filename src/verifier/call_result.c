/* What a helper leaves in R0. */
#include <errno.h>

#include "btf/btf.h"
#include "verifier/call.h"

enum { MAX_ERRNO = 4095 };

static u32 flags_of(u32 ret)
{
	return (ret & RET_MAYBE_NULL ? REG_OR_NULL : 0) | (ret & RET_TRUSTED ? REG_TRUSTED : 0) |
	       (ret & RET_RDONLY ? REG_RDONLY : 0);
}

/* Found for sure: an index that the array has. */
static int never_fails(const struct call *c)
{
	return c->helper->id == BPF_FUNC_map_lookup_elem && c->key_known &&
	       c->key < c->map->max_entries;
}

static void map_value(struct walk *w, const struct call *c, u32 flags)
{
	struct reg *r = reg_at(w, 0);

	if (never_fails(c))
		flags &= ~(u32)REG_OR_NULL;
	reg_set_pointer(r, FULL(REG_MAP_VALUE, flags));
	r->map = c->map;
	r->map_uid = c->map_uid;
	if (!(flags & REG_OR_NULL) &&
	    btf_record_has(c->map->record, BTF_FIELD_SPIN_LOCK | BTF_FIELD_RES_SPIN_LOCK))
		r->id = ++w->ids;
}

static void bounded(struct reg *r, s64 min, s64 max)
{
	r->num.smin = min;
	r->num.smax = max;
	r->num.smin32 = (s32)min;
	r->num.smax32 = (s32)max;
	num_sync(&r->num);
}

/* Helpers whose numbers are bounded, a row each. */
enum bound { BOUND_SIZE, BOUND_CPU };
static const struct {
	u32 id;
	enum bound bound;
} bounds[] = {
	{BPF_FUNC_get_stack, BOUND_SIZE},           {BPF_FUNC_get_task_stack, BOUND_SIZE},
	{BPF_FUNC_probe_read_str, BOUND_SIZE},      {BPF_FUNC_probe_read_kernel_str, BOUND_SIZE},
	{BPF_FUNC_probe_read_user_str, BOUND_SIZE}, {BPF_FUNC_get_smp_processor_id, BOUND_CPU},
};

static void number(struct walk *w, const struct call *c)
{
	struct reg *r = reg_at(w, 0);

	reg_set_unknown(r);
	for (size_t i = 0; i < ARRAY_SIZE(bounds); i++) {
		if (bounds[i].id != c->helper->id)
			continue;
		if (bounds[i].bound == BOUND_SIZE) {
			bounded(r, -MAX_ERRNO, (s64)c->size_max);
		} else {
			r->num.umax = r->num.umax32 = w->env->skep->slots.count - 1;
			bounded(r, 0, w->env->skep->slots.count - 1);
		}
	}
}

static int set_type(struct walk *w, const struct call *c)
{
	u32 flags = flags_of(c->helper->ret);
	struct reg *r = reg_at(w, 0);

	switch (RET_KIND(c->helper->ret)) {
	case RET_INTEGER:
		number(w, c);
		return 0;
	case RET_VOID:
		reg_set_nothing(r);
		return 0;
	case RET_MAP_VALUE:
		map_value(w, c, flags);
		return 0;
	case RET_SOCKET:
		reg_set_pointer(r, FULL(REG_SOCKET, flags));
		return 0;
	case RET_TCP_SOCK:
		reg_set_pointer(r, FULL(REG_TCP_SOCK, flags));
		return 0;
	case RET_SOCK_COMMON:
		reg_set_pointer(r, FULL(REG_SOCK_COMMON, flags));
		return 0;
	case RET_RINGBUF_MEM:
		flags |= REG_RINGBUF;
		/* fallthrough */
	case RET_MEM:
		reg_set_pointer(r, FULL(REG_MEM, flags));
		r->mem_size = (u32)c->mem_size;
		return 0;
	default:
		return not_yet(w, "helpers that return kernel pointers");
	}
}

static int acquires(const struct call *c)
{
	if (c->helper->flags & HELPER_ACQUIRES)
		return 1;
	return c->helper->id == BPF_FUNC_map_lookup_elem &&
	       (c->map->type == BPF_MAP_TYPE_SOCKMAP || c->map->type == BPF_MAP_TYPE_SOCKHASH);
}

int call_result(struct walk *w, struct call *c)
{
	struct reg *r = reg_at(w, 0);
	u32 id;
	int err = set_type(w, c);

	if (err)
		return err;
	if (r->flags & REG_OR_NULL)
		r->id = ++w->ids;
	if (c->helper->flags & (HELPER_PTR_CAST | HELPER_DYNPTR_REF)) {
		r->ref_id = c->ref_id;
	} else if (acquires(c)) {
		id = ++w->ids;
		r->id = r->ref_id = id;
		return state_hold(&w->pool, w->cur, id, w->pc);
	}
	return 0;
}
