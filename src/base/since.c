/* Versions as tables write them. */
#include <stdlib.h>

#include "base/since.h"

u32 since_version(const char *since)
{
	unsigned long major, minor;
	char *end;

	if (!since)
		return 0;
	major = strtoul(since, &end, 10);
	if (*end != '.' || major > 255)
		return 0;
	minor = strtoul(end + 1, &end, 10);
	return minor > 255 ? 0 : (u32)(major << 16 | minor << 8);
}
