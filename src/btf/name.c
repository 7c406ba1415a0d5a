/* Which names Linux takes. */
#include <ctype.h>

#include "btf/internal.h"

enum { NAME_MAX_LEN = 512 }; /* KSYM_NAME_LEN, with the NUL */

int name_off_valid(const struct btf *btf, u32 off)
{
	return off <= BTF_MAX_NAME_OFFSET && off < btf->str_len;
}

static int in_identifier(char c, int first)
{
	unsigned char u = (unsigned char)c;

	return (first ? isalpha(u) : isalnum(u)) || c == '_' || c == '.';
}

int name_is_identifier(const struct btf *btf, u32 off)
{
	const char *s = btf->strings + off;
	u32 len = (u32)strnlen(s, NAME_MAX_LEN);

	if (!in_identifier(s[0], 1) || len == NAME_MAX_LEN)
		return 0;
	for (u32 i = 1; i < len; i++)
		if (!in_identifier(s[i], 0))
			return 0;
	return 1;
}

int name_is_section(const struct btf *btf, u32 off)
{
	const char *s = btf->strings + off;
	u32 len = (u32)strnlen(s, NAME_MAX_LEN);

	if (!len || len == NAME_MAX_LEN)
		return 0;
	for (u32 i = 0; i < len; i++)
		if (!isprint((unsigned char)s[i]))
			return 0;
	return 1;
}
