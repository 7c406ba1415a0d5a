/* Which names Linux takes.  Its letters are those of Latin-1, whatever our locale. */

#include "btf/internal.h"

enum { NAME_MAX_LEN = 512 }; /* KSYM_NAME_LEN, with the NUL */

int name_off_valid(const struct btf *btf, u32 off)
{
	return off <= BTF_MAX_NAME_OFFSET && off < btf->str_len;
}

static int is_letter(u8 c)
{
	u8 lower = c | 0x20;

	if (c >= 0xc0)
		return c != 0xd7 && c != 0xf7; /* the signs for times and divided by */
	return lower >= 'a' && lower <= 'z';
}

static int is_printable(u8 c)
{
	return (c >= 0x20 && c < 0x7f) || c >= 0xa0;
}

static int in_identifier(char c, int first)
{
	return is_letter((u8)c) || (!first && c >= '0' && c <= '9') || c == '_' || c == '.';
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
		if (!is_printable((u8)s[i]))
			return 0;
	return 1;
}
