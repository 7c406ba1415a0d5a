/* BPF_BTF_LOAD: header, sections, strings, then the two phases over the types. */
#include <errno.h>

#include "btf/internal.h"

enum { INFO_MASK = (int)0x9f00ffff, FIRST_ID = 1 };

/* A check of bytes that belong to no type. */
static int reject(struct env *env, const char *why, int err)
{
	env_log(env, "%s", why);
	return err;
}

static int all_zero(const u8 *p, u32 n)
{
	while (n--)
		if (*p++)
			return 0;
	return 1;
}

static void log_header(struct env *env, const struct btf_header *h)
{
	env_log(env, "magic: 0x%x\n", h->magic);
	env_log(env, "version: %u\n", h->version);
	env_log(env, "flags: 0x%x\n", h->flags);
	env_log(env, "hdr_len: %u\n", h->hdr_len);
	env_log(env, "type_off: %u\n", h->type_off);
	env_log(env, "type_len: %u\n", h->type_len);
	env_log(env, "str_off: %u\n", h->str_off);
	env_log(env, "str_len: %u\n", h->str_len);
	env_log(env, "btf_total_size: %u\n", env->btf->size);
}

/* A header may be shorter than ours (the rest is zero) or longer (its rest must be). */
static int read_header(struct env *env, struct btf_header *h)
{
	const u8 *data = env->btf->data;
	u32 size = env->btf->size, len;

	if (size < offsetof(struct btf_header, type_off))
		return reject(env, "hdr_len not found", -EINVAL);
	memcpy(&len, data + offsetof(struct btf_header, hdr_len), sizeof(len));
	if (size < len)
		return reject(env, "btf_header not found", -EINVAL);
	if (len > sizeof(*h) && !all_zero(data + sizeof(*h), len - sizeof(*h)))
		return reject(env, "Unsupported btf_header", -E2BIG);
	memset(h, 0, sizeof(*h));
	memcpy(h, data, len < sizeof(*h) ? len : sizeof(*h));
	return 0;
}

static int check_header(struct env *env, const struct btf_header *h)
{
	log_header(env, h);
	if (h->magic != BTF_MAGIC)
		return reject(env, "Invalid magic", -EINVAL);
	if (h->version != BTF_VERSION)
		return reject(env, "Unsupported version", -ENOTSUPP);
	if (h->flags)
		return reject(env, "Unsupported flags", -ENOTSUPP);
	if (env->btf->size == h->hdr_len)
		return reject(env, "No data", -EINVAL);
	return 0;
}

struct section {
	u32 off, len;
};

/* The sections fill what is behind the header: no hole, no overlap, nothing left. */
static int check_sections(struct env *env, const struct btf_header *h)
{
	struct section s[2] = {{h->type_off, h->type_len}, {h->str_off, h->str_len}};
	u32 total = env->btf->size - h->hdr_len, at = 0;

	/* Linux sorts by the sign of the difference */
	if ((s32)(s[0].off - s[1].off) > 0 || (s[0].off == s[1].off && s[0].len > s[1].len)) {
		struct section first = s[1];

		s[1] = s[0];
		s[0] = first;
	}
	for (u32 i = 0; i < ARRAY_SIZE(s); i++) {
		if (s[i].off >= total)
			return reject(env, "Invalid section offset", -EINVAL);
		if (s[i].off < at)
			return reject(env, "Section overlap found", -EINVAL);
		if (s[i].off > at)
			return reject(env, "Unsupported section found", -EINVAL);
		if (s[i].len > total - at)
			return reject(env, "Total section length too long", -EINVAL);
		at += s[i].len;
	}
	return at == total ? 0 : reject(env, "Unsupported section found", -EINVAL);
}

static int take_strings(struct env *env, const struct btf_header *h)
{
	struct btf *btf = env->btf;
	u64 start = (u64)h->hdr_len + h->str_off;
	const char *s = (const char *)btf->data + start;

	if (start + h->str_len != btf->size)
		return reject(env, "String section is not at the end", -EINVAL);
	if (!h->str_len || h->str_len - 1 > BTF_MAX_NAME_OFFSET || s[0] || s[h->str_len - 1])
		return reject(env, "Invalid string section", -EINVAL);
	btf->strings = s;
	btf->str_len = h->str_len;
	return 0;
}

/* Records are read as words: where the header's length is odd they need a copy of their own. */
static int take_types(struct env *env, const struct btf_header *h)
{
	struct btf *btf = env->btf;
	const u8 *at = btf->data + h->hdr_len + h->type_off;

	if (h->type_off % sizeof(u32))
		return reject(env, "Unaligned type_off", -EINVAL);
	if (!h->type_len)
		return reject(env, "No type found", -EINVAL);
	if ((uintptr_t)at % sizeof(u32)) {
		btf->aligned = os_alloc(env->os, h->type_len);
		if (!btf->aligned)
			return -ENOMEM;
		at = memcpy(btf->aligned, at, h->type_len);
	}
	btf->records = at;
	btf->records_len = h->type_len;
	btf->types = os_alloc(env->os, (h->type_len / sizeof(struct btf_type) + 1) *
					       sizeof(const struct btf_type *));
	return btf->types ? 0 : -ENOMEM;
}

static int check_head(struct env *env, const struct btf_type *t)
{
	if (t->info & ~(u32)INFO_MASK) {
		env_log(env, "[%u] Invalid btf_info:%x", env->id, t->info);
		return -EINVAL;
	}
	if (btf_kind(t) > BTF_KIND_MAX || btf_kind(t) == BTF_KIND_UNKN) {
		env_log(env, "[%u] Invalid kind:%u", env->id, btf_kind(t));
		return -EINVAL;
	}
	if (!name_off_valid(env->btf, t->name_off)) {
		env_log(env, "[%u] Invalid name_offset:%u", env->id, t->name_off);
		return -EINVAL;
	}
	return 0;
}

/* One record; *size is what it takes of the `left` bytes. */
static int check_record(struct env *env, const struct btf_type *t, u32 left, u32 *size)
{
	const struct kind_ops *ops;
	u32 need;
	int err;

	if (left < sizeof(*t)) {
		env_log(env, "[%u] meta_left:%u meta_needed:%zu", env->id, left, sizeof(*t));
		return -EINVAL;
	}
	left -= sizeof(*t);
	err = check_head(env, t);
	if (err)
		return err;
	ops = &kind_ops[btf_kind(t)];
	need = ops->tail + ops->per_item * btf_vlen(t);
	if (left < need) {
		log_type_basic(env, t, "meta_left:%u meta_needed:%u", left, need);
		return -EINVAL;
	}
	*size = (u32)sizeof(*t) + need;
	return ops->check_meta(env, t);
}

static int check_records(struct env *env)
{
	struct btf *btf = env->btf;
	u32 at = 0, size = 0;
	int err;

	btf->nr_types = FIRST_ID;
	while (at < btf->records_len) {
		const struct btf_type *t = (const void *)(btf->records + at);

		env->id = btf->nr_types;
		err = check_record(env, t, btf->records_len - at, &size);
		if (err)
			return err;
		if (btf->nr_types == BTF_MAX_TYPE)
			return reject(env, "Exceeded max num of types", -E2BIG);
		btf->types[btf->nr_types++] = t;
		at += size;
	}
	return 0;
}

static int resolve(struct env *env)
{
	struct btf *btf = env->btf;
	u64 words = btf->nr_types * sizeof(u32);

	btf->resolved = os_alloc(env->os, words);
	btf->sizes = os_alloc(env->os, words);
	env->visit = os_alloc(env->os, btf->nr_types);
	if (!btf->resolved || !btf->sizes || !env->visit)
		return -ENOMEM;
	env->phase = CHECK_TYPES;
	return resolve_all(env);
}

/* Phase one. */
static int parse_records(struct env *env)
{
	struct btf_header h;
	int err = read_header(env, &h);

	if (!err)
		err = check_header(env, &h);
	if (!err)
		err = check_sections(env, &h);
	if (!err)
		err = take_strings(env, &h);
	if (!err)
		err = take_types(env, &h);
	return err ? err : check_records(env);
}

static int parse(struct env *env)
{
	int err = parse_records(env);

	if (!err)
		err = resolve(env);
	if (!err)
		err = index_build(env->btf);
	if (!err)
		err = check_struct_fields(env->btf);
	return err;
}

int parse_trusted(struct btf *btf)
{
	struct env env = {.btf = btf, .os = btf->obj.skep->os};
	int err = parse_records(&env);

	return err ? err : index_build(btf);
}

int btf_parse(struct skep *skep, u8 *data, u32 size, struct log *log, struct btf **out)
{
	struct env *env = os_alloc(skep->os, sizeof(*env));
	struct btf *btf = btf_alloc(skep, data, size);
	int err = -ENOMEM;

	if (!btf)
		os_free(skep->os, data);
	if (env && btf) {
		*env = (struct env){.btf = btf, .os = skep->os, .log = log};
		err = parse(env);
		os_free(skep->os, env->visit);
	}
	os_free(skep->os, env);
	if (!err)
		*out = btf;
	else if (btf)
		obj_put(&btf->obj);
	return err;
}
