/* Phase one: each kind's record on its own, and how the log prints it. */
#include <errno.h>

#include "btf/internal.h"

enum {
	INT_DATA_MASK = 0x0fffffff,
	INT_BITS_MAX = 128,
	ENUM_SIZE_MAX = 8,
};

/* Tell why, in the log's words. */
#define REJECT(env, t, ...) (log_type(env, t, __VA_ARGS__), -EINVAL)

static int no_vlen(struct env *env, const struct btf_type *t)
{
	return btf_vlen(t) ? REJECT(env, t, "vlen != 0") : 0;
}

static int no_kflag(struct env *env, const struct btf_type *t)
{
	return BTF_INFO_KFLAG(t->info) ? REJECT(env, t, "Invalid btf_info kind_flag") : 0;
}

static int no_vlen_no_kflag(struct env *env, const struct btf_type *t)
{
	int err = no_vlen(env, t);

	return err ? err : no_kflag(env, t);
}

static int identifier(struct env *env, const struct btf_type *t)
{
	if (t->name_off && name_is_identifier(env->btf, t->name_off))
		return 0;
	return REJECT(env, t, "Invalid name");
}

static int identifier_or_none(struct env *env, const struct btf_type *t)
{
	return t->name_off ? identifier(env, t) : 0;
}

static int no_name(struct env *env, const struct btf_type *t)
{
	return t->name_off ? REJECT(env, t, "Invalid name") : 0;
}

static int accept(struct env *env, const struct btf_type *t)
{
	log_type(env, t, NULL);
	return 0;
}

/* May a record refer to this id?  Whether there is such a type is for phase two. */
static int id_valid(u32 id)
{
	return id <= BTF_MAX_TYPE;
}

static int id_valid_not_void(u32 id)
{
	return id && id_valid(id);
}

static void details_none(struct env *env, const struct btf_type *t)
{
	(void)env;
	(void)t;
}

static void details_ref(struct env *env, const struct btf_type *t)
{
	env_log(env, "type_id=%u", t->type);
}

static void details_size(struct env *env, const struct btf_type *t)
{
	env_log(env, "size=%u", t->size);
}

static void details_size_vlen(struct env *env, const struct btf_type *t)
{
	env_log(env, "size=%u vlen=%u", t->size, btf_vlen(t));
}

/* INT */
static const char *encoding_name(u32 encoding)
{
	switch (encoding) {
	case 0:
		return "(none)";
	case BTF_INT_SIGNED:
		return "SIGNED";
	case BTF_INT_CHAR:
		return "CHAR";
	case BTF_INT_BOOL:
		return "BOOL";
	default:
		return "UNKN";
	}
}

static void details_int(struct env *env, const struct btf_type *t)
{
	u32 data = btf_int_data(t);

	env_log(env, "size=%u bits_offset=%u nr_bits=%u encoding=%s", t->size, BTF_INT_OFFSET(data),
		BTF_INT_BITS(data), encoding_name(BTF_INT_ENCODING(data)));
}

static int check_int(struct env *env, const struct btf_type *t)
{
	u32 data = btf_int_data(t), bits = BTF_INT_BITS(data) + BTF_INT_OFFSET(data);
	u32 encoding = BTF_INT_ENCODING(data);
	int err = no_vlen_no_kflag(env, t);

	if (err)
		return err;
	if (data & ~(u32)INT_DATA_MASK) {
		log_type_basic(env, t, "Invalid int_data:%x", data);
		return -EINVAL;
	}
	if (bits > INT_BITS_MAX)
		return REJECT(env, t, "nr_bits exceeds %u", INT_BITS_MAX);
	if ((bits + 7) / 8 > t->size)
		return REJECT(env, t, "nr_bits exceeds type_size");
	if (encoding & (encoding - 1) || encoding > BTF_INT_BOOL) {
		log_type(env, t, "Unsupported encoding");
		return -ENOTSUPP;
	}
	return accept(env, t);
}

/* PTR, TYPEDEF, VOLATILE, CONST, RESTRICT, TYPE_TAG */
static int check_ref_type(struct env *env, const struct btf_type *t)
{
	return id_valid(t->type) ? 0 : REJECT(env, t, "Invalid type_id");
}

static int check_ref(struct env *env, const struct btf_type *t)
{
	int err = no_vlen_no_kflag(env, t);

	if (!err)
		err = check_ref_type(env, t);
	if (!err)
		err = no_name(env, t);
	return err ? err : accept(env, t);
}

static int check_typedef(struct env *env, const struct btf_type *t)
{
	int err = no_vlen_no_kflag(env, t);

	if (!err)
		err = check_ref_type(env, t);
	if (!err)
		err = identifier(env, t);
	return err ? err : accept(env, t);
}

static int check_type_tag(struct env *env, const struct btf_type *t)
{
	int err = no_vlen(env, t);

	if (!err)
		err = check_ref_type(env, t);
	if (!err && !env->btf->strings[t->name_off])
		err = REJECT(env, t, "Invalid name");
	return err ? err : accept(env, t);
}

/* FWD */
static void details_fwd(struct env *env, const struct btf_type *t)
{
	env_log(env, "%s", BTF_INFO_KFLAG(t->info) ? "union" : "struct");
}

static int check_fwd(struct env *env, const struct btf_type *t)
{
	int err = no_vlen(env, t);

	if (!err && t->type)
		err = REJECT(env, t, "type != 0");
	if (!err)
		err = identifier(env, t);
	return err ? err : accept(env, t);
}

/* ARRAY */
static void details_array(struct env *env, const struct btf_type *t)
{
	const struct btf_array *a = btf_tail(t);

	env_log(env, "type_id=%u index_type_id=%u nr_elems=%u", a->type, a->index_type, a->nelems);
}

static int check_array(struct env *env, const struct btf_type *t)
{
	const struct btf_array *a = btf_tail(t);
	int err = no_name(env, t);

	if (!err)
		err = no_vlen_no_kflag(env, t);
	if (err)
		return err;
	if (t->size)
		return REJECT(env, t, "size != 0");
	if (!id_valid_not_void(a->type))
		return REJECT(env, t, "Invalid elem");
	if (!id_valid_not_void(a->index_type))
		return REJECT(env, t, "Invalid index");
	return accept(env, t);
}

/* STRUCT, UNION */
#define REJECT_MEMBER(env, t, m, ...) (log_member(env, t, m, __VA_ARGS__), -EINVAL)

static u32 member_bit_offset(const struct btf_type *t, const struct btf_member *m)
{
	return BTF_INFO_KFLAG(t->info) ? BTF_MEMBER_BIT_OFFSET(m->offset) : m->offset;
}

static int check_one_member(struct env *env, const struct btf_type *t, const struct btf_member *m,
			    u32 *last)
{
	u32 off = member_bit_offset(t, m);

	if (!name_off_valid(env->btf, m->name_off))
		return REJECT_MEMBER(env, t, m, "Invalid member name_offset:%u", m->name_off);
	if (m->name_off && !name_is_identifier(env->btf, m->name_off))
		return REJECT_MEMBER(env, t, m, "Invalid name");
	if (!id_valid_not_void(m->type))
		return REJECT_MEMBER(env, t, m, "Invalid type_id");
	/* equal offsets are fine: the last one may be "char a[0]" */
	if ((off && btf_kind(t) == BTF_KIND_UNION) || off < *last)
		return REJECT_MEMBER(env, t, m, "Invalid member bits_offset");
	if ((u64)(off + 7ull) / 8 > t->size)
		return REJECT_MEMBER(env, t, m, "Member bits_offset exceeds its struct size");
	log_member(env, t, m, NULL);
	*last = off;
	return 0;
}

static int check_struct(struct env *env, const struct btf_type *t)
{
	u32 last = 0;
	int err = identifier_or_none(env, t);

	if (err)
		return err;
	log_type(env, t, NULL);
	for (u32 i = 0; !err && i < btf_vlen(t); i++)
		err = check_one_member(env, t, &btf_members(t)[i], &last);
	return err;
}

/* ENUM, ENUM64 */
static int check_enum_head(struct env *env, const struct btf_type *t)
{
	if (t->size > ENUM_SIZE_MAX || !t->size || t->size & (t->size - 1))
		return REJECT(env, t, "Unexpected size");
	return identifier_or_none(env, t);
}

static int check_enumerator(struct env *env, const struct btf_type *t, u32 name_off)
{
	if (!name_off_valid(env->btf, name_off)) {
		env_log(env, "\tInvalid name_offset:%u", name_off);
		return -EINVAL;
	}
	if (!name_off || !name_is_identifier(env->btf, name_off))
		return REJECT(env, t, "Invalid name");
	return 0;
}

static int check_enum(struct env *env, const struct btf_type *t)
{
	const struct btf_enum *e = btf_tail(t);
	const char *fmt = BTF_INFO_KFLAG(t->info) ? "\t%s val=%d\n" : "\t%s val=%u\n";
	int err = check_enum_head(env, t);

	if (err)
		return err;
	log_type(env, t, NULL);
	for (u32 i = 0; i < btf_vlen(t); i++) {
		err = check_enumerator(env, t, e[i].name_off);
		if (err)
			return err;
		log_printf(env->log, fmt, log_name(env, e[i].name_off), e[i].val);
	}
	return 0;
}

static int check_enum64(struct env *env, const struct btf_type *t)
{
	const struct btf_enum64 *e = btf_tail(t);
	int err = check_enum_head(env, t);

	if (err)
		return err;
	log_type(env, t, NULL);
	for (u32 i = 0; i < btf_vlen(t); i++) {
		u64 v = (u64)e[i].val_hi32 << 32 | e[i].val_lo32;

		err = check_enumerator(env, t, e[i].name_off);
		if (err)
			return err;
		if (BTF_INFO_KFLAG(t->info))
			env_log(env, "\t%s val=%lld\n", log_name(env, e[i].name_off), (long long)v);
		else
			env_log(env, "\t%s val=%llu\n", log_name(env, e[i].name_off),
				(unsigned long long)v);
	}
	return 0;
}

/* FUNC_PROTO */
static void details_proto(struct env *env, const struct btf_type *t)
{
	const struct btf_param *p = btf_params(t);
	u32 n = btf_vlen(t);

	env_log(env, "return=%u args=(", t->type);
	if (!n)
		env_log(env, "void");
	for (u32 i = 0; i < n; i++) {
		env_log(env, "%s", i ? ", " : "");
		/* the last one without a type stands for "..." */
		if (i == n - 1 && !p[i].type)
			env_log(env, "vararg");
		else
			env_log(env, "%u %s", p[i].type, log_name(env, p[i].name_off));
	}
	env_log(env, ")");
}

static int check_proto(struct env *env, const struct btf_type *t)
{
	int err = no_name(env, t);

	if (!err)
		err = no_kflag(env, t);
	return err ? err : accept(env, t);
}

/* FUNC */
static int check_func(struct env *env, const struct btf_type *t)
{
	int err = identifier(env, t);

	if (!err && btf_vlen(t) > BTF_FUNC_GLOBAL)
		err = REJECT(env, t, "Invalid func linkage");
	if (!err)
		err = no_kflag(env, t);
	return err ? err : accept(env, t);
}

/* VAR */
static u32 var_linkage(const struct btf_type *t)
{
	return *(const u32 *)btf_tail(t);
}

static void details_var(struct env *env, const struct btf_type *t)
{
	env_log(env, "type_id=%u linkage=%u", t->type, var_linkage(t));
}

static int check_var(struct env *env, const struct btf_type *t)
{
	int err = no_vlen_no_kflag(env, t);

	if (!err)
		err = identifier(env, t);
	if (err)
		return err;
	if (!id_valid_not_void(t->type))
		return REJECT(env, t, "Invalid type_id");
	if (var_linkage(t) > 1) /* static, or global and allocated */
		return REJECT(env, t, "Linkage not supported");
	return accept(env, t);
}

/* DATASEC */
#define REJECT_SECINFO(env, t, s, ...) (log_secinfo(env, t, s, __VA_ARGS__), -EINVAL)

static int check_secinfo(struct env *env, const struct btf_type *t, const struct btf_var_secinfo *s,
			 u64 *end)
{
	if (!id_valid_not_void(s->type))
		return REJECT_SECINFO(env, t, s, "Invalid type_id");
	if (s->offset < *end || s->offset >= t->size)
		return REJECT_SECINFO(env, t, s, "Invalid offset");
	if (!s->size || s->size > t->size)
		return REJECT_SECINFO(env, t, s, "Invalid size");
	*end = (u64)s->offset + s->size;
	if (*end > t->size)
		return REJECT_SECINFO(env, t, s, "Invalid offset+size");
	log_secinfo(env, t, s, NULL);
	return 0;
}

static int check_datasec_head(struct env *env, const struct btf_type *t)
{
	int err;

	if (!t->size)
		return REJECT(env, t, "size == 0");
	err = no_kflag(env, t);
	if (!err && (!t->name_off || !name_is_section(env->btf, t->name_off)))
		err = REJECT(env, t, "Invalid name");
	return err;
}

static int check_datasec(struct env *env, const struct btf_type *t)
{
	const struct btf_var_secinfo *s = btf_tail(t);
	u64 end = 0;
	int err = check_datasec_head(env, t);

	if (err)
		return err;
	log_type(env, t, NULL);
	for (u32 i = 0; !err && i < btf_vlen(t); i++)
		err = check_secinfo(env, t, &s[i], &end);
	return err;
}

/* FLOAT: 2, 4, 8, 12 or 16 bytes */
static int check_float(struct env *env, const struct btf_type *t)
{
	u32 sizes = 1u << 2 | 1u << 4 | 1u << 8 | 1u << 12 | 1u << 16;
	int err = no_vlen_no_kflag(env, t);

	if (!err && (t->size > 16 || !(sizes >> t->size & 1)))
		err = REJECT(env, t, "Invalid type_size");
	return err ? err : accept(env, t);
}

/* DECL_TAG */
static void details_decl_tag(struct env *env, const struct btf_type *t)
{
	const struct btf_decl_tag *d = btf_tail(t);

	env_log(env, "type=%u component_idx=%d", t->type, d->component_idx);
}

static int check_decl_tag(struct env *env, const struct btf_type *t)
{
	const struct btf_decl_tag *d = btf_tail(t);
	int err = 0;

	if (!env->btf->strings[t->name_off])
		err = REJECT(env, t, "Invalid value");
	if (!err)
		err = no_vlen(env, t);
	if (!err && d->component_idx < -1)
		err = REJECT(env, t, "Invalid component_idx");
	return err ? err : accept(env, t);
}

const struct kind_ops kind_ops[KINDS] = {
	[BTF_KIND_UNKN] = {"UNKNOWN", 0, 0, NULL, details_none},
	[BTF_KIND_INT] = {"INT", 4, 0, check_int, details_int},
	[BTF_KIND_PTR] = {"PTR", 0, 0, check_ref, details_ref},
	[BTF_KIND_ARRAY] = {"ARRAY", sizeof(struct btf_array), 0, check_array, details_array},
	[BTF_KIND_STRUCT] = {"STRUCT", 0, sizeof(struct btf_member), check_struct,
			     details_size_vlen},
	[BTF_KIND_UNION] = {"UNION", 0, sizeof(struct btf_member), check_struct, details_size_vlen},
	[BTF_KIND_ENUM] = {"ENUM", 0, sizeof(struct btf_enum), check_enum, details_size_vlen},
	[BTF_KIND_FWD] = {"FWD", 0, 0, check_fwd, details_fwd},
	[BTF_KIND_TYPEDEF] = {"TYPEDEF", 0, 0, check_typedef, details_ref},
	[BTF_KIND_VOLATILE] = {"VOLATILE", 0, 0, check_ref, details_ref},
	[BTF_KIND_CONST] = {"CONST", 0, 0, check_ref, details_ref},
	[BTF_KIND_RESTRICT] = {"RESTRICT", 0, 0, check_ref, details_ref},
	[BTF_KIND_FUNC] = {"FUNC", 0, 0, check_func, details_ref},
	[BTF_KIND_FUNC_PROTO] = {"FUNC_PROTO", 0, sizeof(struct btf_param), check_proto,
				 details_proto},
	[BTF_KIND_VAR] = {"VAR", 4, 0, check_var, details_var},
	[BTF_KIND_DATASEC] = {"DATASEC", 0, sizeof(struct btf_var_secinfo), check_datasec,
			      details_size_vlen},
	[BTF_KIND_FLOAT] = {"FLOAT", 0, 0, check_float, details_size},
	[BTF_KIND_DECL_TAG] = {"DECL_TAG", sizeof(struct btf_decl_tag), 0, check_decl_tag,
			       details_decl_tag},
	[BTF_KIND_TYPE_TAG] = {"TYPE_TAG", 0, 0, check_type_tag, details_ref},
	[BTF_KIND_ENUM64] = {"ENUM64", 0, sizeof(struct btf_enum64), check_enum64,
			     details_size_vlen},
};
