/* One entry or variable: from its text by BTF into the map, or into what it will be made from. */
#include "base/abi.h"

#include "tools/mapset.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "tools/tool.h"

enum { ERROR_MAX = 160, EXAMPLE_MAX = 160 };

static int how(const struct mapinfo *info, const char *key, const struct value_type *type)
{
	char value[EXAMPLE_MAX];

	value_example(type, value, sizeof(value));
	return fail("it is written so: --map %s '%s=%s'", info->name, key, value);
}

int mapset_how(const struct mapinfo *info)
{
	char key[EXAMPLE_MAX];

	if (info->shape == SHAPE_SECTION)
		return fail("it is written so: --map %s VARIABLE=VALUE", info->name);
	value_example(&info->key, key, sizeof(key));
	return how(info, key, &info->value);
}

static const char *variable_name(const struct value_type *section,
				 const struct btf_var_secinfo *info)
{
	const struct btf_type *var = btf__type_by_id(section->btf, info->type);

	return btf__name_by_offset(section->btf, var->name_off);
}

static const struct btf_type *section_type(const struct value_type *section)
{
	return section->btf ? btf__type_by_id(section->btf, section->id) : NULL;
}

static const struct btf_var_secinfo *find_variable(const struct value_type *section,
						   const char *name)
{
	const struct btf_type *t = section_type(section);

	for (u32 i = 0; t && i < btf_vlen(t); i++)
		if (!strcmp(variable_name(section, &btf_var_secinfos(t)[i]), name))
			return &btf_var_secinfos(t)[i];
	return NULL;
}

static int no_such_variable(const struct mapinfo *info, const char *name)
{
	const struct btf_type *t = section_type(&info->value);
	char list[512] = "";

	for (u32 i = 0; t && i < btf_vlen(t); i++) {
		size_t used = strlen(list);

		snprintf(list + used, sizeof(list) - used, "%s%s", used ? ", " : "; it has ",
			 variable_name(&info->value, &btf_var_secinfos(t)[i]));
	}
	return fail("%s: there is no variable \"%s\"%s", info->name, name,
		    t ? list : "; without BTF (clang -g) names are not known");
}

static int set_variable(const struct mapinfo *info, const char *name, const struct json *value)
{
	const struct btf_var_secinfo *var = find_variable(&info->value, name);
	struct value_type type;
	char error[ERROR_MAX];
	size_t size;
	u8 *bytes = (u8 *)bpf_map__initial_value(info->map, &size);

	if (!var || !bytes || var->offset > size || var->size > size - var->offset)
		return no_such_variable(info, name);
	type = (struct value_type){info->value.btf, var->type, var->size};
	if (!value_parse(&type, value, bytes + var->offset, error, sizeof(error)))
		return 0;
	fail("%s: %s: %s", info->name, name, error);
	return how(info, name, &type);
}

/* Is the list one value a CPU, as skep run --json shows them, rather than one array? */
static bool is_list_of_cpus(const struct mapinfo *info, const struct json *value)
{
	enum value_form form;
	struct value_type type = value_resolve(&info->value, &form);
	const struct btf_type *t = type.btf ? btf__type_by_id(type.btf, type.id) : NULL;
	u32 n = 0;

	if (!info->per_cpu || value->kind != JSON_ARRAY)
		return false;
	for (const struct json *item = value->first; item; item = item->next)
		n++;
	return n == info->copies && (!t || !btf_is_array(t) || value->first->kind == JSON_ARRAY);
}

/* A per-CPU map gets its list, or the one value on every CPU. */
static int parse_value(const struct mapinfo *info, const struct json *value, u8 *bytes, char *error)
{
	bool list = is_list_of_cpus(info, value);
	const struct json *of_cpu = list ? value->first : value;

	for (u32 i = 0; i < info->copies; i++) {
		u8 *at = bytes + (size_t)i * info->unit;

		if (value_parse(&info->value, of_cpu, at, error, ERROR_MAX))
			return -1;
		of_cpu = list ? of_cpu->next : value;
	}
	return 0;
}

static int bad_side(const struct mapinfo *info, const char *side, const char *error)
{
	fail("%s: %s: %s", info->name, side, error);
	return mapset_how(info);
}

/* errno is why. */
static int refused(const struct mapinfo *info)
{
	u32 room = bpf_map__max_entries(info->map);

	if (errno == E2BIG && info->shape == SHAPE_INDEXED)
		return fail("%s: keys go from 0 to %u", info->name, room - 1);
	if (errno == E2BIG)
		return fail("%s: the map is full: max_entries is %u", info->name, room);
	return fail("%s: the entry is refused: %m", info->name);
}

static int set_entry(const struct mapinfo *info, const struct json *key, const struct json *value)
{
	u8 *k = calloc(1, (size_t)info->key.size + 1);
	u8 *v = calloc(info->copies, (size_t)info->unit + 1);
	char error[ERROR_MAX];
	int err = 0;

	if (!k || !v)
		err = fail("out of memory");
	else if (value_parse(&info->key, key, k, error, sizeof(error)))
		err = bad_side(info, "key", error);
	else if (parse_value(info, value, v, error))
		err = bad_side(info, "value", error);
	else if (bpf_map_update_elem(bpf_map__fd(info->map), k, v, BPF_ANY))
		err = refused(info);
	free(k);
	free(v);
	return err;
}

int mapset(const struct mapinfo *info, const struct json *key, const struct json *value)
{
	const char *type = libbpf_bpf_map_type_str(bpf_map__type(info->map));

	if (info->shape == SHAPE_NONE)
		return fail("%s: entries of a %s cannot be set from the command line", info->name,
			    type ? type : "map of unknown type");
	if (info->shape != SHAPE_SECTION)
		return set_entry(info, key, value);
	if (!key->text)
		return fail("%s: the key has to be a variable's name", info->name);
	return set_variable(info, key->text, value);
}
