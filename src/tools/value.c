/* Bytes to text by BTF. */
#include "base/abi.h"

#include "tools/value.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/btf.h>

/*
 * Types nest no deeper than NEST_MAX in what is printed, and one value prints no more than
 * PLACES_MAX parts (unions of unions could double at each level); the rest is shown in hex.
 */
enum { NEST_MAX = 32, RESOLVE_MAX = 32, PLACES_MAX = 1 << 20 };

/* Bits [at, at + count) of bytes, little-endian, at most 64. */
static u64 read_bits(const u8 *bytes, u32 at, u32 count)
{
	u64 value = 0;

	for (u32 i = 0; i < count; i++)
		value |= (u64)(bytes[(at + i) / 8] >> (at + i) % 8 & 1) << i;
	return value;
}

static u64 read_big_endian(const u8 *bytes, u32 size)
{
	u64 value = 0;

	for (u32 i = 0; i < size; i++)
		value = value << 8 | bytes[i];
	return value;
}

static const struct {
	const char *name;
	u32 size;
	enum value_form form;
} forms[] = {
	{"__be16", 2, VALUE_BIG_ENDIAN}, {"__be64", 8, VALUE_BIG_ENDIAN}, {"__be32", 4, VALUE_IPV4},
	{"in_addr", 4, VALUE_IPV4},      {"in6_addr", 16, VALUE_IPV6},
};

static enum value_form form_of_name(const char *name, u32 size)
{
	for (u32 i = 0; i < ARRAY_SIZE(forms); i++)
		if (name && !strcmp(name, forms[i].name) && size == forms[i].size)
			return forms[i].form;
	return VALUE_PLAIN;
}

struct value_type value_resolve(const struct value_type *type, enum value_form *form)
{
	struct value_type at = *type;

	*form = VALUE_PLAIN;
	for (u32 i = 0; at.btf && i < RESOLVE_MAX; i++) {
		const struct btf_type *t = btf__type_by_id(at.btf, at.id);

		if (!t || btf_is_void(t))
			break;
		if (*form == VALUE_PLAIN)
			*form = form_of_name(btf__name_by_offset(at.btf, t->name_off), at.size);
		if (!btf_is_mod(t) && !btf_is_typedef(t) && !btf_is_var(t))
			return at;
		at.id = t->type;
	}
	at.btf = NULL;
	return at;
}

struct printer {
	struct out *out;
	u32 depth, places;
};

/* One thing to print: a type at a bit of the bytes; bits is 0 but for bit-fields. */
struct place {
	struct value_type type;
	const u8 *bytes;
	u32 bit, bits;
};

static void print_place(struct printer *p, const char *key, const struct place *place);

static void print_untyped(struct out *out, const char *key, const u8 *bytes, u32 size)
{
	if (size == 1 || size == 2 || size == 4 || size == 8)
		out_u64(out, key, read_bits(bytes, 0, size * 8));
	else
		out_hex(out, key, bytes, size);
}

static void print_unknown(struct printer *p, const char *key, const struct place *place)
{
	print_untyped(p->out, key, place->bytes, place->type.size);
}

static u64 read_place(const struct place *place)
{
	u32 bits = place->bits ? place->bits : place->type.size * 8;

	return read_bits(place->bytes, place->bit, bits > 64 ? 64 : bits);
}

static s64 sign_extend(u64 value, u32 bits)
{
	return bits >= 64 ? (s64)value : (s64)(value << (64 - bits)) >> (64 - bits);
}

static void print_int(struct printer *p, const char *key, const struct place *place)
{
	const struct btf_type *t = btf__type_by_id(place->type.btf, place->type.id);
	u32 bits = place->bits ? place->bits : place->type.size * 8;

	if (place->type.size > 8)
		out_hex(p->out, key, place->bytes, place->type.size);
	else if (btf_int_encoding(t) & BTF_INT_BOOL)
		out_bool(p->out, key, read_place(place) != 0);
	else if (btf_int_encoding(t) & BTF_INT_SIGNED)
		out_s64(p->out, key, sign_extend(read_place(place), bits));
	else
		out_u64(p->out, key, read_place(place));
}

static void print_ptr(struct printer *p, const char *key, const struct place *place)
{
	if (p->out->style == OUT_JSON)
		out_u64(p->out, key, read_place(place));
	else
		out_number(p->out, key, "0x%llx", (unsigned long long)read_place(place));
}

static void print_float(struct printer *p, const char *key, const struct place *place)
{
	float f;
	double d;

	if (place->type.size == sizeof(d)) {
		memcpy(&d, place->bytes, sizeof(d));
	} else if (place->type.size == sizeof(f)) {
		memcpy(&f, place->bytes, sizeof(f));
		d = f;
	} else {
		print_unknown(p, key, place);
		return;
	}
	if (d - d == 0)
		out_number(p->out, key, "%.17g", d);
	else
		out_str(p->out, key, d != d ? "nan" : d > 0 ? "inf" : "-inf");
}

static const char *enum_name(const struct btf *btf, const struct btf_type *t, u64 value, u32 size)
{
	for (u32 i = 0; i < btf_vlen(t); i++) {
		u64 mask = size < 8 ? (1ull << size * 8) - 1 : ~0ull;
		u64 known = btf_is_enum(t) ? (u64)(s64)btf_enum(t)[i].val
					   : btf_enum64_value(&btf_enum64(t)[i]);
		u32 name = btf_is_enum(t) ? btf_enum(t)[i].name_off : btf_enum64(t)[i].name_off;

		if ((known & mask) == value)
			return btf__name_by_offset(btf, name);
	}
	return NULL;
}

static void print_enum(struct printer *p, const char *key, const struct place *place)
{
	const struct btf_type *t = btf__type_by_id(place->type.btf, place->type.id);
	u64 value = read_place(place);
	const char *name = enum_name(place->type.btf, t, value, place->type.size);

	if (name)
		out_str(p->out, key, name);
	else if (btf_kflag(t))
		out_s64(p->out, key, sign_extend(value, place->type.size * 8));
	else
		out_u64(p->out, key, value);
}

/* Text up to a NUL, then nothing but NULs. */
static bool is_text(const u8 *bytes, u32 size)
{
	u32 len = strnlen((const char *)bytes, size);

	for (u32 i = 0; i < len; i++)
		if (!isprint(bytes[i]))
			return false;
	for (u32 i = len; i < size; i++)
		if (bytes[i])
			return false;
	return len < size;
}

static bool is_char(const struct value_type *type)
{
	const struct btf_type *t = btf__type_by_id(type->btf, type->id);
	const char *name = btf__name_by_offset(type->btf, t->name_off);

	return btf_is_int(t) && type->size == 1 && name && !strcmp(name, "char");
}

static struct value_type element_of(const struct place *place, u32 *count)
{
	const struct btf_type *t = btf__type_by_id(place->type.btf, place->type.id);
	struct value_type element = {place->type.btf, btf_array(t)->type, 0};
	s64 size = btf__resolve_size(element.btf, element.id);

	*count = btf_array(t)->nelems;
	if (size > 0 && (u64)size * *count <= place->type.size)
		element.size = size;
	else
		*count = 0;
	return element;
}

static void print_array(struct printer *p, const char *key, const struct place *place)
{
	u32 count;
	struct value_type element = element_of(place, &count);
	enum value_form form;
	struct value_type plain = value_resolve(&element, &form);

	if (count && plain.btf && is_char(&plain) && is_text(place->bytes, place->type.size)) {
		out_str(p->out, key, (const char *)place->bytes);
		return;
	}
	out_array(p->out, key);
	for (u32 i = 0; i < count; i++)
		print_place(
			p, NULL,
			&(struct place){.type = element, .bytes = place->bytes + i * element.size});
	out_end(p->out);
}

/* A member that lies within its struct, or false. */
static bool member_place(const struct place *outer, const struct btf_type *t, u32 i,
			 struct place *out)
{
	u32 bit = btf_member_bit_offset(t, i), bits = btf_member_bitfield_size(t, i);
	struct value_type type = {outer->type.btf, btf_members(t)[i].type, 0};
	s64 size = btf__resolve_size(type.btf, type.id);

	if (size < 0 || bits > 64 || (!bits && bit % 8))
		return false;
	type.size = size;
	if ((u64)bit + (bits ? bits : (u64)size * 8) > (u64)outer->type.size * 8)
		return false;
	*out = (struct place){type, outer->bytes + bit / 8, bit % 8, bits};
	return true;
}

static void print_struct(struct printer *p, const char *key, const struct place *place)
{
	const struct btf_type *t = btf__type_by_id(place->type.btf, place->type.id);

	out_object(p->out, key);
	for (u32 i = 0; i < btf_vlen(t); i++) {
		const char *name = btf__name_by_offset(place->type.btf, btf_members(t)[i].name_off);
		struct place member;

		if (member_place(place, t, i, &member))
			print_place(p, name && *name ? name : "(anonymous)", &member);
	}
	out_end(p->out);
}

typedef void (*print_fn)(struct printer *p, const char *key, const struct place *place);

static const print_fn by_kind[BTF_KIND_MAX + 1] = {
	[BTF_KIND_INT] = print_int,      [BTF_KIND_PTR] = print_ptr,
	[BTF_KIND_ARRAY] = print_array,  [BTF_KIND_STRUCT] = print_struct,
	[BTF_KIND_UNION] = print_struct, [BTF_KIND_ENUM] = print_enum,
	[BTF_KIND_ENUM64] = print_enum,  [BTF_KIND_FLOAT] = print_float,
};

static void print_form(struct printer *p, const char *key, const struct place *place,
		       enum value_form form)
{
	char text[INET6_ADDRSTRLEN];

	if (form == VALUE_BIG_ENDIAN)
		out_u64(p->out, key, read_big_endian(place->bytes, place->type.size));
	else if (inet_ntop(form == VALUE_IPV4 ? AF_INET : AF_INET6, place->bytes, text,
			   sizeof(text)))
		out_str(p->out, key, text);
}

static void print_place(struct printer *p, const char *key, const struct place *place)
{
	enum value_form form;
	struct place plain = *place;
	print_fn print = print_unknown;

	plain.type = value_resolve(&place->type, &form);
	if (plain.type.btf && p->depth < NEST_MAX && p->places++ < PLACES_MAX)
		print = by_kind[btf_kind(btf__type_by_id(plain.type.btf, plain.type.id))];
	p->depth++;
	if (form != VALUE_PLAIN && !place->bits)
		print_form(p, key, &plain, form);
	else
		(print ? print : print_unknown)(p, key, &plain);
	p->depth--;
}

/* A type whose own size is not that of the bytes says nothing about them. */
static bool fits(const struct value_type *type)
{
	return type->btf && btf__resolve_size(type->btf, type->id) == (s64)type->size;
}

void value_print(struct out *out, const char *key, const struct value_type *type, const void *bytes)
{
	struct printer p = {.out = out};

	if (fits(type))
		print_place(&p, key, &(struct place){.type = *type, .bytes = bytes});
	else
		print_untyped(out, key, bytes, type->size);
}

void value_print_section(struct out *out, const struct value_type *type, const void *bytes)
{
	const struct btf_type *t = type->btf ? btf__type_by_id(type->btf, type->id) : NULL;
	const struct btf_var_secinfo *var;

	if (!t || !btf_is_datasec(t))
		return;
	var = btf_var_secinfos(t);
	for (u32 i = 0; i < btf_vlen(t); i++, var++) {
		struct value_type vt = {type->btf, var->type, var->size};
		const struct btf_type *v = btf__type_by_id(type->btf, var->type);

		if (!v || var->offset > type->size || var->size > type->size - var->offset)
			continue;
		out_line_begin(out, btf__name_by_offset(type->btf, v->name_off));
		value_print(out, NULL, &vt, (const u8 *)bytes + var->offset);
		out_line_end(out);
	}
}

/* Addresses need no quotes; an empty string does. */
static const char *unquote(char *text)
{
	size_t n = strlen(text);

	if (n < 3 || text[0] != '"' || text[n - 1] != '"')
		return text;
	text[n - 1] = 0;
	return text + 1;
}

void value_example(const struct value_type *type, char *text, size_t size)
{
	u8 *zeros = calloc(1, (size_t)type->size + 1);
	char *all = NULL;
	size_t n = 0;
	FILE *file = open_memstream(&all, &n);
	struct out out;

	if (zeros && file) {
		out_begin(&out, file, OUT_TEXT);
		out.list[0] = true; /* no keys */
		out_line_begin(&out, NULL);
		value_print(&out, NULL, type, zeros);
	}
	if (file)
		fclose(file);
	snprintf(text, size, "%s", all && n && n < size ? unquote(all) : "0");
	free(all);
	free(zeros);
}
