/* Text to bytes by BTF: what --map and --maps put into maps. */
#include "base/abi.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/btf.h>

#include "tools/tool.h"
#include "tools/value.h"

enum { NEST_MAX = 32 };

struct encoder {
	char *error;
	size_t error_size;
	u32 depth;
};

/* The bytes that a text is to fill; bits is 0 but for bit-fields. */
struct slot_of {
	struct value_type type;
	u8 *bytes;
	u32 bit, bits;
};

static int encode(struct encoder *e, const struct slot_of *slot, const struct json *text);

__attribute__((format(printf, 2, 3))) static int bad(struct encoder *e, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(e->error, e->error_size, fmt, args);
	va_end(args);
	return -1;
}

static void write_bits(u8 *bytes, u32 at, u32 count, u64 value)
{
	for (u32 i = 0; i < count; i++) {
		u8 bit = 1u << (at + i) % 8;

		bytes[(at + i) / 8] &= ~bit;
		if (value >> i & 1)
			bytes[(at + i) / 8] |= bit;
	}
}

/* Decimal, hex, octal, true, false, with a sign; *negative tells of one. */
static bool parse_number(const char *text, u64 *value, bool *negative)
{
	*negative = *text == '-';
	if (!strcmp(text, "true") || !strcmp(text, "false")) {
		*value = *text == 't';
		return true;
	}
	if (!option_number(text + *negative, value))
		return false;
	if (*negative && *value > 1ull << 63)
		return false;
	*value = *negative ? -*value : *value;
	return true;
}

static bool fits_in(u64 value, bool negative, u32 bits)
{
	if (bits >= 64)
		return true;
	return negative ? (s64)value >= -(1ll << (bits - 1)) : value >> bits == 0;
}

static int encode_number(struct encoder *e, const struct slot_of *slot, const char *text)
{
	u32 bits = slot->bits ? slot->bits : slot->type.size * 8;
	bool negative;
	u64 value;

	if (!parse_number(text, &value, &negative))
		return bad(e, "\"%.60s\" is not a number", text);
	if (!fits_in(value, negative, bits))
		return bad(e, "%.60s does not fit in %u bits", text, bits);
	write_bits(slot->bytes, slot->bit, bits > 64 ? 64 : bits, value);
	return 0;
}

static int encode_hex(struct encoder *e, const struct slot_of *slot, const char *digits)
{
	size_t n = strlen(digits);

	if (n != (size_t)slot->type.size * 2)
		return bad(e, "hex: wants %u digits for %u bytes, not %zu", slot->type.size * 2,
			   slot->type.size, n);
	for (size_t i = 0; i < n / 2; i++) {
		int high = option_hex_digit(digits[2 * i]),
		    low = option_hex_digit(digits[2 * i + 1]);

		if (high < 0 || low < 0)
			return bad(e, "\"%c%c\" is not a hex byte", digits[2 * i],
				   digits[2 * i + 1]);
		slot->bytes[i] = high << 4 | low;
	}
	return 0;
}

static bool encode_mac(const struct slot_of *slot, const char *text)
{
	u8 mac[6];
	int used = 0;

	if (slot->type.size != 6 ||
	    sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%n", &mac[0], &mac[1], &mac[2],
		   &mac[3], &mac[4], &mac[5], &used) != 6 ||
	    text[used])
		return false;
	memcpy(slot->bytes, mac, 6);
	return true;
}

/* Addresses and raw bytes mean the same for every type of their size.  1: done, 0: not one. */
static int encode_common(struct encoder *e, const struct slot_of *slot, const char *text)
{
	if (slot->bits)
		return 0;
	if (!strncmp(text, "hex:", 4))
		return encode_hex(e, slot, text + 4) ? -1 : 1;
	if (slot->type.size == 4 && strchr(text, '.') && inet_pton(AF_INET, text, slot->bytes) == 1)
		return 1;
	if (slot->type.size == 16 && inet_pton(AF_INET6, text, slot->bytes) == 1)
		return 1;
	return encode_mac(slot, text);
}

static int encode_big_endian(struct encoder *e, const struct slot_of *slot, const char *text)
{
	u8 bytes[16] = {0};
	struct slot_of host = {.type = slot->type, .bytes = bytes};

	if (slot->type.size > 8)
		return bad(e, "\"%.60s\" is not an IPv6 address", text);
	if (encode_number(e, &host, text))
		return -1;
	for (u32 i = 0; i < slot->type.size; i++)
		slot->bytes[i] = bytes[slot->type.size - 1 - i];
	return 0;
}

struct enumerator {
	u32 name; /* an offset of btf's strings */
	u64 value;
};

static struct enumerator enumerator(const struct btf_type *t, u32 i)
{
	if (btf_is_enum(t))
		return (struct enumerator){btf_enum(t)[i].name_off, (s64)btf_enum(t)[i].val};
	return (struct enumerator){btf_enum64(t)[i].name_off, btf_enum64_value(&btf_enum64(t)[i])};
}

/* "BLUE" is none of RED, GREEN */
static int no_enumerator(struct encoder *e, const struct slot_of *slot, const char *text)
{
	const struct btf *btf = slot->type.btf;
	const struct btf_type *t = btf__type_by_id(btf, slot->type.id);
	char list[80] = "";

	for (u32 i = 0; i < btf_vlen(t); i++) {
		size_t used = strlen(list);

		snprintf(list + used, sizeof(list) - used, "%s%s", used ? ", " : "",
			 btf__name_by_offset(btf, enumerator(t, i).name));
	}
	return bad(e, "\"%.40s\" is none of %s", text, list);
}

static int encode_enum(struct encoder *e, const struct slot_of *slot, const char *text)
{
	const struct btf *btf = slot->type.btf;
	const struct btf_type *t = btf__type_by_id(btf, slot->type.id);
	u32 bits = slot->bits ? slot->bits : slot->type.size * 8;

	for (u32 i = 0; i < btf_vlen(t); i++) {
		struct enumerator one = enumerator(t, i);

		if (!strcmp(btf__name_by_offset(btf, one.name), text)) {
			write_bits(slot->bytes, slot->bit, bits, one.value);
			return 0;
		}
	}
	if (isalpha((u8)*text) && strcmp(text, "true") && strcmp(text, "false"))
		return no_enumerator(e, slot, text);
	return encode_number(e, slot, text);
}

static int encode_float(struct encoder *e, const struct slot_of *slot, const char *text)
{
	char *end;
	double d = strtod(text, &end);
	float f = d;

	if (!*text || *end)
		return bad(e, "\"%.60s\" is not a number", text);
	if (slot->type.size == sizeof(f))
		memcpy(slot->bytes, &f, sizeof(f));
	else if (slot->type.size == sizeof(d))
		memcpy(slot->bytes, &d, sizeof(d));
	else
		return bad(e, "a floating point number of %u bytes", slot->type.size);
	return 0;
}

static int encode_chars(struct encoder *e, const struct slot_of *slot, const char *text)
{
	size_t n = strlen(text);

	if (n > slot->type.size)
		return bad(e, "\"%.40s\" is longer than %u bytes", text, slot->type.size);
	memcpy(slot->bytes, text, n);
	return 0;
}

static int encode_text(struct encoder *e, const struct slot_of *slot, const struct json *json,
		       enum value_form form)
{
	const struct btf_type *t =
		slot->type.btf ? btf__type_by_id(slot->type.btf, slot->type.id) : NULL;
	int done = encode_common(e, slot, json->text);

	if (done)
		return done < 0 ? -1 : 0;
	if (form != VALUE_PLAIN)
		return encode_big_endian(e, slot, json->text);
	if (t && btf_is_any_enum(t))
		return encode_enum(e, slot, json->text);
	if (t && btf_is_float(t))
		return encode_float(e, slot, json->text);
	if (json->kind == JSON_STRING && (!t || btf_is_array(t)))
		return encode_chars(e, slot, json->text);
	if (!strcmp(json->text, "0") && !slot->bits)
		return 0; /* all bytes are zero already, whatever the type */
	if ((!t && slot->type.size > 8) || (t && (btf_is_composite(t) || btf_is_array(t))))
		return bad(e, "%u bytes want %s or hex:.., not \"%.40s\"", slot->type.size,
			   t && btf_is_composite(t) ? "{member: value}" : "[value, ..]",
			   json->text);
	return encode_number(e, slot, json->text);
}

static int encode_array(struct encoder *e, const struct slot_of *slot, const struct json *json)
{
	const struct btf_type *t = btf__type_by_id(slot->type.btf, slot->type.id);
	struct value_type element = {slot->type.btf, btf_array(t)->type, 0};
	s64 size = btf__resolve_size(element.btf, element.id);
	u32 i = 0;

	if (size <= 0 || (u64)size * btf_array(t)->nelems > slot->type.size)
		return bad(e, "the array's type is broken; use hex:..");
	element.size = size;
	for (const struct json *item = json->first; item; item = item->next, i++) {
		struct slot_of at = {.type = element, .bytes = slot->bytes + i * element.size};

		if (i == btf_array(t)->nelems)
			return bad(e, "more than the array's %u elements", i);
		if (encode(e, &at, item))
			return -1;
	}
	return 0;
}

/* The i-th member's place in its struct; -1 when it sticks out. */
static int member_slot(const struct slot_of *outer, const struct btf_type *t, u32 i,
		       struct slot_of *out)
{
	struct value_type type = {outer->type.btf, btf_members(t)[i].type, 0};
	u32 bit = btf_member_bit_offset(t, i), bits = btf_member_bitfield_size(t, i);
	s64 size = btf__resolve_size(type.btf, type.id);

	if (size < 0 || bits > 64 || (!bits && bit % 8) ||
	    (u64)bit + (bits ? bits : (u64)size * 8) > (u64)outer->type.size * 8)
		return -1;
	type.size = size;
	*out = (struct slot_of){type, outer->bytes + bit / 8, bit % 8, bits};
	return 0;
}

static int find_member(const struct slot_of *outer, const char *name, struct slot_of *out)
{
	const struct btf_type *t = btf__type_by_id(outer->type.btf, outer->type.id);

	for (u32 i = 0; i < btf_vlen(t); i++)
		if (!strcmp(btf__name_by_offset(outer->type.btf, btf_members(t)[i].name_off), name))
			return member_slot(outer, t, i, out);
	return -1;
}

static int encode_struct(struct encoder *e, const struct slot_of *slot, const struct json *json)
{
	for (const struct json *item = json->first; item; item = item->next) {
		struct slot_of at;

		if (find_member(slot, item->name, &at))
			return bad(e, "there is no member \"%.40s\"", item->name);
		if (encode(e, &at, item))
			return -1;
	}
	return 0;
}

static int encode(struct encoder *e, const struct slot_of *slot, const struct json *json)
{
	struct slot_of plain = *slot;
	enum value_form form;
	const struct btf_type *t;
	int err;

	plain.type = value_resolve(&slot->type, &form);
	t = plain.type.btf ? btf__type_by_id(plain.type.btf, plain.type.id) : NULL;
	if (++e->depth > NEST_MAX)
		return bad(e, "nested deeper than %d", NEST_MAX);
	if (json->kind == JSON_ARRAY)
		err = t && btf_is_array(t) ? encode_array(e, &plain, json)
					   : bad(e, "[..] for what is no array");
	else if (json->kind == JSON_OBJECT)
		err = t && btf_is_composite(t) ? encode_struct(e, &plain, json)
					       : bad(e, "{..} for what is no struct");
	else
		err = encode_text(e, &plain, json, form);
	e->depth--;
	return err;
}

int value_parse(const struct value_type *type, const struct json *text, void *bytes, char *error,
		size_t error_size)
{
	struct encoder e = {.error = error, .error_size = error_size};
	struct slot_of slot = {.type = *type, .bytes = bytes};

	memset(bytes, 0, type->size);
	if (type->btf && btf__resolve_size(type->btf, type->id) != (s64)type->size)
		slot.type.btf = NULL;
	return encode(&e, &slot, text);
}
