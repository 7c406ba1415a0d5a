/* Facts about maps, by type. */
#include "base/abi.h"

#include "tools/mapinfo.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>

static const struct map_kind {
	u8 shape, per_cpu;
} kinds[__MAX_BPF_MAP_TYPE] = {
	[BPF_MAP_TYPE_HASH] = {SHAPE_KEYED, 0},
	[BPF_MAP_TYPE_LRU_HASH] = {SHAPE_KEYED, 0},
	[BPF_MAP_TYPE_LPM_TRIE] = {SHAPE_KEYED, 0},
	[BPF_MAP_TYPE_ARRAY] = {SHAPE_INDEXED, 0},
	[BPF_MAP_TYPE_PERCPU_HASH] = {SHAPE_KEYED, 1},
	[BPF_MAP_TYPE_LRU_PERCPU_HASH] = {SHAPE_KEYED, 1},
	[BPF_MAP_TYPE_PERCPU_ARRAY] = {SHAPE_INDEXED, 1},
};

static const struct map_kind *kind_of(const struct bpf_map *map)
{
	static const struct map_kind unknown;
	u32 type = bpf_map__type(map);

	return type < ARRAY_SIZE(kinds) ? &kinds[type] : &unknown;
}

/* "prog.bss", ".data.custom": the type of a section is the DATASEC of its name. */
static void describe_section(const struct btf *btf, struct mapinfo *info)
{
	const char *section = strchr(info->name, '.');
	s32 id = btf && section ? btf__find_by_name_kind(btf, section, BTF_KIND_DATASEC) : -1;

	info->shape = SHAPE_SECTION;
	info->value.btf = id > 0 ? btf : NULL;
	info->value.id = id > 0 ? id : 0;
}

struct mapinfo mapinfo_of(const struct bpf_object *object, struct bpf_map *map)
{
	const struct btf *btf = bpf_object__btf(object);
	const struct map_kind *kind = kind_of(map);
	u32 key_id = bpf_map__btf_key_type_id(map), value_id = bpf_map__btf_value_type_id(map);
	u32 size = bpf_map__value_size(map);
	struct mapinfo info = {
		.map = map,
		.name = bpf_map__name(map),
		.shape = kind->shape,
		.key = {key_id ? btf : NULL, key_id, bpf_map__key_size(map)},
		.value = {value_id ? btf : NULL, value_id, size},
		.per_cpu = kind->per_cpu,
		.copies = kind->per_cpu ? libbpf_num_possible_cpus() : 1,
		.unit = kind->per_cpu ? round_up_to(size, 8) : size,
	};

	if (bpf_map__is_internal(map))
		describe_section(btf, &info);
	return info;
}
