/* Putting one entry into a map, or one value into a variable. */
#ifndef SKEP_TOOLS_MAPSET_H
#define SKEP_TOOLS_MAPSET_H

#include "tools/mapinfo.h"

/*
 * Of a section (before the object is loaded) the key is a variable's name.  0, or TOOL_FAILED after
 * messages: what is wrong, and how it is written.
 */
int mapset(const struct mapinfo *info, const struct json *key, const struct json *value);

/* Say how an entry is written.  Returns TOOL_FAILED. */
int mapset_how(const struct mapinfo *info);

#endif
