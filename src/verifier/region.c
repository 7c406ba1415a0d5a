/* Ranges: is an access inside its map value, packet or piece of memory, wherever it may be? */
#include <errno.h>

#include "btf/btf.h"
#include "verifier/walk.h"

typedef long long ll;

/* One end of where the access may be. */
static int check_at(struct walk *w, const struct access *a, s64 off, u32 mem_size, int zero_ok)
{
	const struct reg *r = reg_at(w, a->reg);
	int size = (int)a->size;

	if (off >= 0 && (size > 0 || (!size && zero_ok)) && (u64)off + (u32)size <= mem_size)
		return 0;
	switch (r->type) {
	case REG_MAP_KEY:
		return reject(w->env, -EACCES,
			      "invalid access to map key, key_size=%u off=%d size=%d", mem_size,
			      (int)off, size);
	case REG_MAP_VALUE:
		return reject(w->env, -EACCES,
			      "invalid access to map value, value_size=%u off=%d size=%d", mem_size,
			      (int)off, size);
	case REG_PACKET:
	case REG_PACKET_META:
		return reject(w->env, -EACCES,
			      "invalid access to packet, off=%d size=%d, R%u(id=%u,off=%d,r=%u)",
			      (int)off, size, a->reg, r->id, (int)off, mem_size);
	default:
		return reject(w->env, -EACCES,
			      "invalid access to memory, mem_size=%u off=%d size=%d", mem_size,
			      (int)off, size);
	}
}

int region_mem(struct walk *w, const struct access *a, u32 mem_size, int zero_ok)
{
	const struct reg *r = reg_at(w, a->reg);
	s64 off = (s64)a->off + r->off, min = r->num.smin;

	if (min < 0 && (min == INT64_MIN || off + min != (s32)(off + min) || off + min < 0))
		return reject(w->env, -EACCES,
			      "R%u min value is negative, either use unsigned index or do a if "
			      "(index >=0) check.",
			      a->reg);
	if (check_at(w, a, off + min, mem_size, zero_ok))
		return reject(w->env, -EACCES,
			      "R%u min value is outside of the allowed memory range", a->reg);
	if (r->num.umax >= MAX_VAR_OFF)
		return reject(
			w->env, -EACCES,
			"R%u unbounded memory access, make sure to bounds check any such access",
			a->reg);
	if (check_at(w, a, off + (s64)r->num.umax, mem_size, zero_ok))
		return reject(w->env, -EACCES,
			      "R%u max value is outside of the allowed memory range", a->reg);
	return 0;
}

static const struct {
	u32 kind;
	const char *name;
} field_names[] = {
	{BTF_FIELD_SPIN_LOCK, "bpf_spin_lock"}, {BTF_FIELD_RES_SPIN_LOCK, "bpf_res_spin_lock"},
	{BTF_FIELD_TIMER, "bpf_timer"},         {BTF_FIELD_WORKQUEUE, "bpf_wq"},
	{BTF_FIELD_KPTR_UNREF, "kptr"},         {BTF_FIELD_KPTR_REF, "kptr"},
	{BTF_FIELD_KPTR_PERCPU, "percpu_kptr"}, {BTF_FIELD_UPTR, "uptr"},
	{BTF_FIELD_LIST_HEAD, "bpf_list_head"}, {BTF_FIELD_LIST_NODE, "bpf_list_node"},
	{BTF_FIELD_RB_ROOT, "bpf_rb_root"},     {BTF_FIELD_RB_NODE, "bpf_rb_node"},
	{BTF_FIELD_REFCOUNT, "bpf_refcount"},   {BTF_FIELD_TASK_WORK, "bpf_task_work"},
};

static const char *field_name(u32 kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(field_names); i++)
		if (field_names[i].kind == kind)
			return field_names[i].name;
	return "unknown";
}

/* Locks, timers and their like are no bytes. */
static int check_field(struct walk *w, const struct btf_field *field)
{
	enum {
		KPTRS = BTF_FIELD_KPTR_UNREF | BTF_FIELD_KPTR_REF | BTF_FIELD_KPTR_PERCPU |
			BTF_FIELD_UPTR
	};

	if (field->kind & KPTRS)
		return not_yet(w, "kernel pointers in maps");
	return reject(w->env, -EACCES, "%s cannot be accessed directly by load/store",
		      field_name(field->kind));
}

int region_map(struct walk *w, const struct access *a, int zero_ok)
{
	const struct reg *r = reg_at(w, a->reg);
	const struct btf_record *record = r->map->record;
	s64 off = (s64)a->off + r->off;
	int err = region_mem(w, a, r->map->value_size, zero_ok);

	for (u32 i = 0; record && i < record->count && !err; i++) {
		const struct btf_field *f = &record->field[i];

		if (r->num.smin + off < (s64)f->off + f->size &&
		    f->off < r->num.umax + (u64)off + a->size)
			err = check_field(w, f);
	}
	return err;
}

int region_map_perm(struct walk *w, const struct access *a)
{
	const struct reg *r = reg_at(w, a->reg);
	u32 forbidden = a->write ? BPF_F_RDONLY_PROG : BPF_F_WRONLY_PROG;

	if (!(r->map->flags & forbidden))
		return 0;
	return reject(w->env, -EACCES, "%s map forbidden, value_size=%u off=%d size=%u",
		      a->write ? "write into" : "read from", r->map->value_size,
		      (s32)(a->off + r->off), a->size);
}

/* Values of frozen maps that programs cannot write are constants (.rodata). */
int region_map_load(struct walk *w, const struct access *a, struct reg *out)
{
	const struct reg *r = reg_at(w, a->reg);
	struct map *map = r->map;
	s64 off = (s64)a->off + r->off + (s64)r->num.var.value;
	u64 addr, value = 0;
	u32 shift = 64 - 8 * a->size;

	if (a->write || a->value == NO_REG || !num_is_const(&r->num) ||
	    !(map->flags & BPF_F_RDONLY_PROG) || !map->ops->value_addr ||
	    !atomic_load_explicit(&map->frozen, memory_order_acquire))
		return 0;
	if (map->ops->value_addr(map, (u32)off, &addr))
		return 0;
	memcpy(&value, u64_to_ptr(addr), a->size);
	if (a->sign)
		value = (u64)((s64)(value << shift) >> shift);
	reg_set_const(out, value);
	return 1;
}

int region_packet(struct walk *w, const struct access *a, int zero_ok)
{
	const struct reg *r = reg_at(w, a->reg);
	int err;

	if (r->num.smin < 0)
		return reject(w->env, -EACCES,
			      "R%u min value is negative, either use unsigned index or do a if "
			      "(index >=0) check.",
			      a->reg);
	/* the range is from where the variable part ends: only constants are checked */
	if (r->range < 0)
		err = -EINVAL;
	else
		err = check_at(w, a, (s64)a->off + r->off, (u32)r->range, zero_ok);
	if (err)
		return reject(w->env, err, "R%u offset is outside of the packet", a->reg);
	return 0;
}

#define T(type) (1ull << BPF_PROG_TYPE_##type)
#define READERS                                                                                    \
	(T(LWT_IN) | T(LWT_OUT) | T(LWT_SEG6LOCAL) | T(SK_REUSEPORT) | T(FLOW_DISSECTOR) |         \
	 T(CGROUP_SKB))
#define WRITERS (T(SCHED_CLS) | T(SCHED_ACT) | T(XDP) | T(LWT_XMIT) | T(SK_SKB) | T(SK_MSG))

/* May it touch packets itself, or hand them to that helper? */
int packet_allowed(struct walk *w, int write, const struct helper *helper)
{
	u64 type = 1ull << w->env->prog->type->id;

	if (type & T(CGROUP_SOCKOPT))
		return 1;
	if (!(type & WRITERS) && (write || !(type & READERS)))
		return 0;
	return !helper || helper->flags & HELPER_PKT_ACCESS;
}
