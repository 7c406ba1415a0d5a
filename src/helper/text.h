/* Linux's classes of characters, which take in Latin-1's. */
#ifndef SKEP_HELPER_TEXT_H
#define SKEP_HELPER_TEXT_H

#include <ctype.h>

#include "base/types.h"

static inline int text_space(char c)
{
	return (c >= '\t' && c <= '\r') || c == ' ' || (u8)c == 0xa0;
}

static inline int text_punct(char c)
{
	u8 b = (u8)c;

	return (b < 0x80 && ispunct(b)) || (b > 0xa0 && b < 0xc0) || b == 0xd7 || b == 0xf7;
}

#endif
