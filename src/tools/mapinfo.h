/* What the commands need to know of a map: types of keys and values, sizes, CPUs. */
#ifndef SKEP_TOOLS_MAPINFO_H
#define SKEP_TOOLS_MAPINFO_H

#include "tools/value.h"

struct bpf_map;
struct bpf_object;

/* How a map's contents can be shown. */
enum map_shape {
	SHAPE_NONE,    /* not at all from here */
	SHAPE_KEYED,   /* key by key */
	SHAPE_INDEXED, /* by index; entries that are all zero are left out */
	SHAPE_SECTION, /* variables */
};

struct mapinfo {
	struct bpf_map *map;
	const char *name;
	enum map_shape shape;
	struct value_type key, value; /* of a section: value is its DATASEC */
	bool per_cpu;
	u32 copies; /* of a value in user space: 1, or one a CPU */
	u32 unit;   /* bytes from one copy to the next */
};

struct mapinfo mapinfo_of(const struct bpf_object *object, struct bpf_map *map);

#endif
