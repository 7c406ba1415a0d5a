/*
 * Map keys and values, and the records of ring buffers, as their BTF types say: bytes to text and
 * back.
 *
 *	type                        text
 *	int, bool, pointer, float   a number (pointers in hex), true, false
 *	enum                        its name, else the number
 *	__be16, __be64              the number, as a person counts
 *	__be32, in_addr, in6_addr   10.0.0.1, fd00::1
 *	char array                  "text" when it holds that
 *	array, struct, union        [1, 2], {name: 1}
 *	nothing known               a number when 1, 2, 4 or 8 bytes long, else hex:0011..
 */
#ifndef SKEP_TOOLS_VALUE_H
#define SKEP_TOOLS_VALUE_H

#include <stdbool.h>

#include "base/types.h"
#include "tools/json.h"
#include "tools/out.h"

struct btf; /* libbpf's */

struct value_type {
	const struct btf *btf; /* NULL: nothing known but the size */
	u32 id;
	u32 size;
};

/* How one type name is read and written, whatever it is made of. */
enum value_form { VALUE_PLAIN, VALUE_BIG_ENDIAN, VALUE_IPV4, VALUE_IPV6 };

void value_print(struct out *out, const char *key, const struct value_type *type,
		 const void *bytes);

/* The variables of a DATASEC (.bss, .data, .rodata), one a key. */
void value_print_section(struct out *out, const struct value_type *type, const void *bytes);

/*
 * How a value of this type is written: all zero, as value_parse takes it.  What would be longer
 * than `size` is "0", which any type takes.
 */
void value_example(const struct value_type *type, char *text, size_t size);

/*
 * Encode what a person or a file wrote into type->size bytes (zeroed before).  0, or -1 with a
 * sentence in error.
 */
int value_parse(const struct value_type *type, const struct json *text, void *bytes, char *error,
		size_t error_size);

/* The type without typedefs and qualifiers, and the form that a name on the way gave it. */
struct value_type value_resolve(const struct value_type *type, enum value_form *form);

#endif
