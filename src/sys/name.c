/* Names of maps and programs. */
#include <ctype.h>
#include <errno.h>

#include "sys/internal.h"

static int allowed(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '.';
}

int name_copy(char *to, const char *from)
{
	u32 len = (u32)strnlen(from, BPF_OBJ_NAME_LEN);

	if (len == BPF_OBJ_NAME_LEN)
		return -EINVAL;
	for (u32 i = 0; i < len; i++)
		if (!allowed(from[i]))
			return -EINVAL;
	memset(to, 0, BPF_OBJ_NAME_LEN);
	memcpy(to, from, len);
	return 0;
}
