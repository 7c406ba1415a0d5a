/*
 * The structure of an object's types before libbpf uses them: every record is whole, ids and names
 * exist, no chain of typedefs and qualifiers runs in a circle.  What types mean is checked by
 * BPF_BTF_LOAD, after libbpf has completed them.
 */
#include "load/elf.h"

#include <string.h>

#include "base/os.h"

struct types {
	const struct elf *elf;
	u32 section;
	const u8 *bytes; /* the records, one after the other */
	u32 size;
	const char *strings;
	u32 strings_size;
	const struct btf_type **by_id; /* [0] is void, NULL */
	u32 count;                     /* with void */
};

/* What follows the common part of a record, by kind: `fixed` bytes, then vlen times `each`. */
static const struct kind {
	u8 known, fixed, each;
	u8 refers; /* the third word is a type */
} kinds[BTF_KIND_MAX + 1] = {
	[BTF_KIND_INT] = {1, 4, 0, 0},
	[BTF_KIND_PTR] = {1, 0, 0, 1},
	[BTF_KIND_ARRAY] = {1, sizeof(struct btf_array), 0, 0},
	[BTF_KIND_STRUCT] = {1, 0, sizeof(struct btf_member), 0},
	[BTF_KIND_UNION] = {1, 0, sizeof(struct btf_member), 0},
	[BTF_KIND_ENUM] = {1, 0, sizeof(struct btf_enum), 0},
	[BTF_KIND_FWD] = {1, 0, 0, 0},
	[BTF_KIND_TYPEDEF] = {1, 0, 0, 1},
	[BTF_KIND_VOLATILE] = {1, 0, 0, 1},
	[BTF_KIND_CONST] = {1, 0, 0, 1},
	[BTF_KIND_RESTRICT] = {1, 0, 0, 1},
	[BTF_KIND_FUNC] = {1, 0, 0, 1},
	[BTF_KIND_FUNC_PROTO] = {1, 0, sizeof(struct btf_param), 1},
	[BTF_KIND_VAR] = {1, 4, 0, 1},
	[BTF_KIND_DATASEC] = {1, 0, sizeof(struct btf_var_secinfo), 0},
	[BTF_KIND_FLOAT] = {1, 0, 0, 0},
	[BTF_KIND_DECL_TAG] = {1, sizeof(struct btf_decl_tag), 0, 1},
	[BTF_KIND_TYPE_TAG] = {1, 0, 0, 1},
	[BTF_KIND_ENUM64] = {1, 0, sizeof(struct btf_enum64), 0},
};

static int check_header(struct types *t)
{
	const struct btf_header *h = elf_data(t->elf, t->section);
	u64 size = t->elf->sections[t->section].sh_size, body;

	if (size < sizeof(*h) || h->magic != BTF_MAGIC)
		return elf_bad(t->elf, t->section, "not BTF");
	if (h->hdr_len < sizeof(*h) || h->hdr_len > size)
		return elf_bad(t->elf, t->section, "a header of %u bytes", h->hdr_len);
	body = size - h->hdr_len;
	if (t->elf->sections[t->section].sh_offset % 4 || h->hdr_len % 4 || h->type_off % 4)
		return elf_bad(t->elf, t->section, "types are not aligned to 4 bytes");
	if (!elf_within(h->type_off, h->type_len, body) ||
	    !elf_within(h->str_off, h->str_len, body))
		return elf_bad(t->elf, t->section, "types or strings lie outside of the section");
	t->bytes = (const u8 *)h + h->hdr_len + h->type_off;
	t->size = h->type_len;
	t->strings = (const char *)h + h->hdr_len + h->str_off;
	t->strings_size = h->str_len;
	if (!h->str_len || t->strings[0] || t->strings[h->str_len - 1])
		return elf_bad(t->elf, t->section, "strings do not begin and end with a NUL");
	return 0;
}

/* Bytes of a record that begins `left` bytes before the end; 0: it is broken. */
static u32 record_size(const struct btf_type *type, u32 left)
{
	const struct kind *kind;
	u64 size;

	if (left < sizeof(*type) || BTF_INFO_KIND(type->info) > BTF_KIND_MAX)
		return 0;
	kind = &kinds[BTF_INFO_KIND(type->info)];
	size = sizeof(*type) + kind->fixed + (u64)kind->each * BTF_INFO_VLEN(type->info);
	return kind->known && size <= left ? size : 0;
}

/* Find where each record begins. */
static int index_types(struct types *t)
{
	t->by_id = os_alloc(&os_host, (t->size / sizeof(struct btf_type) + 1) * sizeof(*t->by_id));
	if (!t->by_id)
		return elf_bad(t->elf, t->section, "out of memory");
	t->count = 1;
	for (u32 off = 0, size; off < t->size; off += size) {
		const struct btf_type *type = (const struct btf_type *)(t->bytes + off);

		size = record_size(type, t->size - off);
		if (!size)
			return elf_bad(t->elf, t->section,
				       "type %u: unknown kind, or cut off at the end", t->count);
		t->by_id[t->count++] = type;
	}
	return 0;
}

static int is_type(const struct types *t, u32 id)
{
	return id < t->count;
}

static int is_name(const struct types *t, u32 off)
{
	return off < t->strings_size;
}

/* The parts of a struct, enum, prototype or section: each begins with a name or a type. */
static int parts_exist(const struct types *t, const struct btf_type *type)
{
	const struct kind *kind = &kinds[BTF_INFO_KIND(type->info)];
	const u8 *part = (const u8 *)(type + 1) + kind->fixed;

	for (u32 i = 0; i < BTF_INFO_VLEN(type->info) && kind->each; i++, part += kind->each) {
		const u32 *words = (const u32 *)part;

		switch (BTF_INFO_KIND(type->info)) {
		case BTF_KIND_DATASEC:
			if (!is_type(t, words[0]))
				return 0;
			break;
		case BTF_KIND_ENUM:
		case BTF_KIND_ENUM64:
			if (!is_name(t, words[0]))
				return 0;
			break;
		default:
			if (!is_name(t, words[0]) || !is_type(t, words[1]))
				return 0;
		}
	}
	return 1;
}

static int refers_to_what_exists(const struct types *t, const struct btf_type *type)
{
	u32 kind = BTF_INFO_KIND(type->info);
	const struct btf_array *array = (const struct btf_array *)(type + 1);

	if (!is_name(t, type->name_off))
		return 0;
	if (kinds[kind].refers && !is_type(t, type->type))
		return 0;
	if (kind == BTF_KIND_ARRAY && (!is_type(t, array->type) || !is_type(t, array->index_type)))
		return 0;
	return parts_exist(t, type);
}

/* The type that `id` is a mere variation of, or an array of; 0: none. */
static u32 next_in_chain(const struct types *t, u32 id)
{
	const struct btf_type *type = t->by_id[id];

	switch (BTF_INFO_KIND(type->info)) {
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_TYPE_TAG:
	case BTF_KIND_VAR:
		return type->type;
	case BTF_KIND_ARRAY:
		return ((const struct btf_array *)(type + 1))->type;
	default:
		return 0;
	}
}

enum { CHAIN_UNKNOWN, CHAIN_ENTERED, CHAIN_ENDS };

/* Walk from `id` to the end, or to what is known to end; then note that of all on the way. */
static int chain_ends(const struct types *t, u8 *state, u32 first)
{
	u32 id;

	for (id = first; id && state[id] == CHAIN_UNKNOWN; id = next_in_chain(t, id))
		state[id] = CHAIN_ENTERED;
	if (id && state[id] == CHAIN_ENTERED)
		return 0;
	for (id = first; id && state[id] == CHAIN_ENTERED; id = next_in_chain(t, id))
		state[id] = CHAIN_ENDS;
	return 1;
}

static int check_chains(const struct types *t)
{
	u8 *state = os_alloc(&os_host, t->count);
	int err = 0;

	if (!state)
		return elf_bad(t->elf, t->section, "out of memory");
	for (u32 id = 1; !err && id < t->count; id++)
		if (!chain_ends(t, state, id))
			err = elf_bad(t->elf, t->section, "type %u refers to itself", id);
	os_free(&os_host, state);
	return err;
}

static int check_types(const struct types *t)
{
	for (u32 id = 1; id < t->count; id++)
		if (!refers_to_what_exists(t, t->by_id[id]))
			return elf_bad(t->elf, t->section,
				       "type %u refers to a type or a name that is not there", id);
	return check_chains(t);
}

/* What .BTF.ext has of one kind: records of `unit` bytes, grouped by section. */
struct infos {
	const char *what;
	u32 off, len;
	u32 least; /* bytes of a record */
};

static int check_core(const struct types *t, const u8 *record)
{
	const struct bpf_core_relo *relo = (const struct bpf_core_relo *)record;

	return is_type(t, relo->type_id) && is_name(t, relo->access_str_off);
}

static int check_line(const struct types *t, const u8 *record)
{
	const struct bpf_line_info *line = (const struct bpf_line_info *)record;

	return is_name(t, line->file_name_off) && is_name(t, line->line_off);
}

static int check_func(const struct types *t, const u8 *record)
{
	return is_type(t, ((const struct bpf_func_info *)record)->type_id);
}

static int check_infos(const struct types *t, u32 ext, const struct infos *infos, const u8 *bytes,
		       int (*check)(const struct types *t, const u8 *record))
{
	u32 unit, left = infos->len - 4;

	memcpy(&unit, bytes, 4);
	if (unit < infos->least || unit % 4 || unit > 1 << 16)
		return elf_bad(t->elf, ext, "%s: records of %u bytes", infos->what, unit);
	for (bytes += 4; left;) {
		const u32 *group = (const u32 *)bytes; /* name of the section, how many follow */
		u64 size;

		if (left < 8 || !is_name(t, group[0]))
			return elf_bad(t->elf, ext, "%s: a section's name is not there",
				       infos->what);
		size = (u64)group[1] * unit;
		if (!size || size > left - 8)
			return elf_bad(t->elf, ext, "%s: cut off at the end", infos->what);
		for (u32 i = 0; i < group[1]; i++)
			if (!check(t, bytes + 8 + (u64)i * unit))
				return elf_bad(t->elf, ext,
					       "%s: record %u refers to a type or a "
					       "name that is not there",
					       infos->what, i);
		bytes += 8 + size;
		left -= 8 + size;
	}
	return 0;
}

struct ext_header {
	u16 magic;
	u8 version, flags;
	u32 hdr_len;
	u32 func_off, func_len, line_off, line_len;
	u32 core_off, core_len; /* there when hdr_len says so */
};

static int check_part(const struct types *t, u32 ext, const struct infos *infos, u32 hdr_len,
		      int (*check)(const struct types *t, const u8 *record))
{
	u64 body = t->elf->sections[ext].sh_size - hdr_len;

	if (!infos->len)
		return 0;
	if (infos->len < 4 || infos->off % 4 || !elf_within(infos->off, infos->len, body))
		return elf_bad(t->elf, ext, "%s lies outside of the section", infos->what);
	return check_infos(t, ext, infos, (const u8 *)elf_data(t->elf, ext) + hdr_len + infos->off,
			   check);
}

static int check_ext(const struct types *t, u32 ext)
{
	const struct ext_header *h = elf_data(t->elf, ext);
	u64 size = t->elf->sections[ext].sh_size;
	struct infos func, line, core = {"the CO-RE relocations", 0, 0, 16};
	int err;

	if (size < offsetof(struct ext_header, core_off) || h->magic != BTF_MAGIC ||
	    h->hdr_len < offsetof(struct ext_header, core_off) || h->hdr_len > size ||
	    h->hdr_len % 4 || t->elf->sections[ext].sh_offset % 4)
		return elf_bad(t->elf, ext, "not BTF.ext");
	func = (struct infos){"the functions", h->func_off, h->func_len, 8};
	line = (struct infos){"the lines", h->line_off, h->line_len, 16};
	if (h->hdr_len >= sizeof(*h)) {
		core.off = h->core_off;
		core.len = h->core_len;
	}
	err = check_part(t, ext, &func, h->hdr_len, check_func);
	if (!err)
		err = check_part(t, ext, &line, h->hdr_len, check_line);
	return err ? err : check_part(t, ext, &core, h->hdr_len, check_core);
}

int elf_check_btf(const struct elf *elf, u32 btf, u32 ext)
{
	struct types t = {.elf = elf, .section = btf};
	int err = check_header(&t);

	if (!err)
		err = index_types(&t);
	if (!err)
		err = check_types(&t);
	if (!err && ext)
		err = check_ext(&t, ext);
	os_free(&os_host, t.by_id);
	return err;
}
