/* Does a member fit into its struct?  By the member's kind, past its modifiers. */
#include <errno.h>

#include "btf/internal.h"

enum { BITS_COPIED_MAX = 128, POINTER_SIZE = 8, INT_BITS = 32 };

struct place {
	const struct btf_type *parent;
	struct btf_member m; /* type: past modifiers */
	u32 type_id;
	const struct btf_type *t;
	u32 bits; /* of a bit field, 0 for none */
	u32 off;  /* in bits */
};

typedef int (*place_fn)(struct env *env, const struct place *p);

static int reject(struct env *env, const struct place *p, const char *why)
{
	log_member(env, p->parent, &p->m, "%s", why);
	return -EINVAL;
}

/* Whole bytes at a whole offset. */
static int fits_bytes(struct env *env, const struct place *p, u32 size)
{
	if (p->off % 8)
		return reject(env, p, "Member is not byte aligned");
	/* Linux subtracts without a look: a member behind the end was refused in phase one */
	if (p->parent->size - p->off / 8 < size)
		return reject(env, p, "Member exceeds struct_size");
	return 0;
}

static int fits_bits(struct env *env, const struct place *p, u32 off, u32 bits)
{
	u32 at = off / 8, copied = bits + off % 8;

	if (copied > BITS_COPIED_MAX)
		return reject(env, p, "nr_copy_bits exceeds 128");
	if (p->parent->size < at || p->parent->size - at < (copied + 7) / 8)
		return reject(env, p, "Member exceeds struct_size");
	return 0;
}

static int place_int(struct env *env, const struct place *p)
{
	u32 data = btf_int_data(p->t);

	if (UINT32_MAX - p->off < BTF_INT_OFFSET(data))
		return reject(env, p, "bits_offset exceeds U32_MAX");
	return fits_bits(env, p, p->off + BTF_INT_OFFSET(data), BTF_INT_BITS(data));
}

static int place_int_kflag(struct env *env, const struct place *p)
{
	u32 all = BTF_INT_BITS(btf_int_data(p->t)), bits = p->bits ? p->bits : all;

	if (!int_is_regular(p->t))
		return reject(env, p, "Invalid member base type");
	if (!p->bits && p->off % 8)
		return reject(env, p, "Invalid member offset");
	if (bits > all)
		return reject(env, p, "Invalid member bitfield_size");
	return fits_bits(env, p, p->off, bits);
}

static int place_ptr(struct env *env, const struct place *p)
{
	return fits_bytes(env, p, POINTER_SIZE);
}

static int place_sized(struct env *env, const struct place *p)
{
	return fits_bytes(env, p, p->t->size);
}

static int place_array(struct env *env, const struct place *p)
{
	u32 id = p->type_id, size = 0;

	sized_type(env->btf, &id, &size);
	return fits_bytes(env, p, size);
}

static int place_enum_kflag(struct env *env, const struct place *p)
{
	u32 bits = p->bits ? p->bits : INT_BITS;

	if (!p->bits && p->off % 8)
		return reject(env, p, "Member is not byte aligned");
	if (bits > INT_BITS)
		return reject(env, p, "Invalid member bitfield_size");
	if (p->parent->size < (p->off + bits + 7) / 8)
		return reject(env, p, "Member exceeds struct_size");
	return 0;
}

static int place_float(struct env *env, const struct place *p)
{
	u32 align = p->t->size < POINTER_SIZE ? p->t->size : POINTER_SIZE;

	if (p->off % (align * 8))
		return reject(env, p, "Member is not properly aligned");
	if ((u64)p->off / 8 + p->t->size > p->parent->size)
		return reject(env, p, "Member exceeds struct_size");
	return 0;
}

/* kflag NULL: no bit fields of this kind, and otherwise the same */
static const struct {
	place_fn plain, kflag;
} places[KINDS] = {
	[BTF_KIND_INT] = {place_int, place_int_kflag},
	[BTF_KIND_PTR] = {place_ptr, NULL},
	[BTF_KIND_ARRAY] = {place_array, NULL},
	[BTF_KIND_STRUCT] = {place_sized, NULL},
	[BTF_KIND_UNION] = {place_sized, NULL},
	[BTF_KIND_ENUM] = {place_sized, place_enum_kflag},
	[BTF_KIND_FLOAT] = {place_float, NULL},
	[BTF_KIND_ENUM64] = {place_sized, place_enum_kflag},
};

static int check_place(struct env *env, const struct place *p, u32 kflag)
{
	u32 kind = btf_kind(p->t);

	if (!places[kind].plain) {
		log_type_basic(env, p->parent,
			       kflag ? "Unsupported check_kflag_member"
				     : "Unsupported check_member");
		return -EINVAL;
	}
	if (!kflag)
		return places[kind].plain(env, p);
	if (places[kind].kflag)
		return places[kind].kflag(env, p);
	return p->bits ? reject(env, p, "Invalid member bitfield_size")
		       : places[kind].plain(env, p);
}

int check_member(struct env *env, const struct btf_type *parent, const struct btf_member *m)
{
	u32 kflag = BTF_INFO_KFLAG(parent->info);
	struct place p = {.parent = parent, .m = *m, .type_id = m->type};

	p.t = type_at(env->btf, m->type);
	if (kind_is(p.t, KIND_MODIFIERS)) {
		p.type_id = env->btf->resolved[m->type];
		p.t = type_at(env->btf, p.type_id);
		if (!p.t || kind_is(p.t, KIND_SIZELESS))
			return reject(env, &p, "Invalid member");
		p.m.type = p.type_id;
	}
	p.bits = kflag ? BTF_MEMBER_BITFIELD_SIZE(m->offset) : 0;
	p.off = kflag ? BTF_MEMBER_BIT_OFFSET(m->offset) : m->offset;
	return check_place(env, &p, kflag);
}
