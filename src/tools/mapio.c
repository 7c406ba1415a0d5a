/* Putting entries into maps and variables into the sections that libbpf makes maps of. */
#include "base/abi.h"

#include "tools/mapio.h"

#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "tools/mapinfo.h"
#include "tools/source.h"
#include "tools/value.h"

enum { JSON_MAX = 64 << 20 };

/* KEY=VALUE of one --map; the two documents hold the parsed sides. */
struct setting {
	const char *map;
	struct json_doc key, value;
};

struct mapio {
	struct setting *settings;
	u32 nr_settings;
	const char *json_path;
	struct json_doc file; /* root is NULL without a file */
};

/* The '=' between key and value: the first outside of brackets and quotes. */
static const char *find_equals(const char *text)
{
	int depth = 0, quoted = 0;

	for (const char *c = text; *c; c++) {
		if (*c == '"')
			quoted = !quoted;
		else if (!quoted && (*c == '{' || *c == '['))
			depth++;
		else if (!quoted && (*c == '}' || *c == ']'))
			depth--;
		else if (*c == '=' && !quoted && !depth)
			return c;
	}
	return NULL;
}

static int parse_side(struct json_doc *doc, const char *map, const char *text, size_t len)
{
	const char *colon;

	if (!json_parse(doc, text, len))
		return 0;
	colon = strchr(doc->error, ':');
	return fail("--map %s: \"%.*s\": %s", map, (int)len, text, colon ? colon + 2 : doc->error);
}

static int parse_setting(struct setting *s, char *const *pair)
{
	const char *equals = find_equals(pair[1]);

	s->map = pair[0];
	if (!equals)
		return fail("--map %s: \"%s\" has no '=' between key and value", pair[0], pair[1]);
	return parse_side(&s->key, s->map, pair[1], equals - pair[1]) ||
	       parse_side(&s->value, s->map, equals + 1, strlen(equals + 1));
}

static int parse_file(struct mapio *m, const char *path)
{
	size_t size;
	char *text = (char *)read_whole(path, JSON_MAX, &size);
	int err;

	if (!text)
		return TOOL_FAILED;
	m->json_path = path;
	err = json_parse(&m->file, text, size);
	free(text);
	if (err)
		return fail("%s: %s", path, m->file.error);
	if (m->file.root->kind != JSON_OBJECT)
		return fail("%s: wants {\"map\": {key: value, ..}, ..}", path);
	return 0;
}

struct mapio *mapio_open(const struct option_pairs *pairs, const char *json_path)
{
	struct mapio *m = calloc(1, sizeof(*m));
	int err = 0;

	if (m)
		m->settings = calloc(pairs->count + 1, sizeof(*m->settings));
	if (!m || !m->settings) {
		free(m);
		return fail("out of memory"), NULL;
	}
	for (u32 i = 0; !err && i < pairs->count; i++) {
		m->nr_settings++;
		err = parse_setting(&m->settings[i], pairs->at[i]);
	}
	if (!err && json_path)
		err = parse_file(m, json_path);
	if (err) {
		mapio_close(m);
		return NULL;
	}
	return m;
}

void mapio_close(struct mapio *m)
{
	if (!m)
		return;
	for (u32 i = 0; i < m->nr_settings; i++) {
		json_free(&m->settings[i].key);
		json_free(&m->settings[i].value);
	}
	json_free(&m->file);
	free(m->settings);
	free(m);
}

/* The map that a person means: by its name, or ".bss" for "prog.bss". */
static struct bpf_map *find_map(struct bpf_object *object, const char *name)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object)
	{
		const char *own = bpf_map__name(map), *dot = strchr(own, '.');

		if (!strcmp(own, name) || (bpf_map__is_internal(map) && dot && !strcmp(dot, name)))
			return map;
	}
	return NULL;
}

static int no_such_map(struct bpf_object *object, const char *name)
{
	char list[512] = "";
	struct bpf_map *map;

	bpf_object__for_each_map(map, object)
	{
		size_t used = strlen(list);

		snprintf(list + used, sizeof(list) - used, "%s%s", used ? ", " : "",
			 bpf_map__name(map));
	}
	if (!*list)
		return fail("there is no map \"%s\"; the object has none", name);
	return fail("there is no map \"%s\"; the object has %s", name, list);
}

/* The variable of that name in a section's type, or NULL. */
static const struct btf_var_secinfo *find_variable(const struct value_type *section,
						   const char *name)
{
	const struct btf_type *t = section->btf ? btf__type_by_id(section->btf, section->id) : NULL;

	for (u32 i = 0; t && i < btf_vlen(t); i++) {
		const struct btf_var_secinfo *info = &btf_var_secinfos(t)[i];
		const struct btf_type *var = btf__type_by_id(section->btf, info->type);

		if (!strcmp(btf__name_by_offset(section->btf, var->name_off), name))
			return info;
	}
	return NULL;
}

static int set_variable(const struct mapinfo *info, const char *name, const struct json *value)
{
	const struct btf_var_secinfo *var = find_variable(&info->value, name);
	struct value_type type;
	char error[160];
	size_t size;
	u8 *bytes = (u8 *)bpf_map__initial_value(info->map, &size);

	if (!var || !bytes || var->offset > size || var->size > size - var->offset)
		return fail("%s: there is no variable \"%s\"", info->name, name);
	type = (struct value_type){info->value.btf, var->type, var->size};
	if (value_parse(&type, value, bytes + var->offset, error, sizeof(error)))
		return fail("%s: %s: %s", info->name, name, error);
	return 0;
}

/* A per-CPU map gets the value on every CPU. */
static int store(const struct mapinfo *info, const void *key, u8 *value)
{
	for (u32 i = 1; i < info->copies; i++)
		memcpy(value + (size_t)i * info->unit, value, info->value.size);
	if (bpf_map_update_elem(bpf_map__fd(info->map), key, value, BPF_ANY))
		return fail("%s: the entry is refused: %m", info->name);
	return 0;
}

static int set_entry(const struct mapinfo *info, const struct json *key, const struct json *value)
{
	u8 *k = calloc(1, (size_t)info->key.size + 1);
	u8 *v = calloc(info->copies, (size_t)info->unit + 1);
	char error[160];
	int err;

	if (!k || !v)
		err = fail("out of memory");
	else if (value_parse(&info->key, key, k, error, sizeof(error)))
		err = fail("%s: key: %s", info->name, error);
	else if (value_parse(&info->value, value, v, error, sizeof(error)))
		err = fail("%s: value: %s", info->name, error);
	else
		err = store(info, k, v);
	free(k);
	free(v);
	return err;
}

/* Does it do its part now?  Variables are set before the object is loaded, entries after. */
static bool is_time(const struct mapinfo *info, enum mapio_when when)
{
	return (info->shape == SHAPE_SECTION) == (when == MAPIO_BEFORE_LOAD);
}

static int apply_one(const struct mapinfo *info, const struct json *key, const struct json *value)
{
	if (info->shape != SHAPE_SECTION)
		return set_entry(info, key, value);
	if (!key->text)
		return fail("%s: the key has to be a variable's name", info->name);
	return set_variable(info, key->text, value);
}

/* {KEY: VALUE}: the member's name is the key, as text. */
static int apply_members(const struct mapinfo *info, const struct json *object)
{
	for (const struct json *v = object->first; v; v = v->next) {
		struct json key = {.kind = JSON_STRING, .text = v->name};

		if (apply_one(info, &key, v))
			return TOOL_FAILED;
	}
	return 0;
}

static int apply_list(const struct mapio *m, const struct mapinfo *info, const struct json *list)
{
	for (const struct json *e = list->first; e; e = e->next) {
		const struct json *key = e->kind == JSON_OBJECT ? json_member(e, "key") : NULL;
		const struct json *value = key ? json_member(e, "value") : NULL;

		if (!value)
			return fail("%s: line %u: wants {\"key\": .., \"value\": ..}", m->json_path,
				    e->line);
		if (apply_one(info, key, value))
			return TOOL_FAILED;
	}
	return 0;
}

/* What skep run --json shows of a map can be given to --maps: its entries are in a member. */
static const struct json *entries_of(const struct json *contents)
{
	const struct json *entries =
		contents->kind == JSON_OBJECT ? json_member(contents, "entries") : NULL;

	return entries && entries->kind == JSON_ARRAY ? entries : contents;
}

static int apply_contents(const struct mapio *m, const struct mapinfo *info,
			  const struct json *contents)
{
	const struct json *entries = entries_of(contents);

	if (entries->kind == JSON_ARRAY)
		return apply_list(m, info, entries);
	if (entries->kind == JSON_OBJECT)
		return apply_members(info, entries);
	return fail("%s: line %u: \"%s\" wants {key: value, ..}", m->json_path, contents->line,
		    contents->name);
}

static int apply_file(const struct mapio *m, struct bpf_object *object, enum mapio_when when)
{
	for (const struct json *c = m->file.root->first; c; c = c->next) {
		struct bpf_map *map = find_map(object, c->name);
		struct mapinfo info;

		if (!map)
			return no_such_map(object, c->name);
		info = mapinfo_of(object, map);
		if (is_time(&info, when) && apply_contents(m, &info, c))
			return TOOL_FAILED;
	}
	return 0;
}

int mapio_apply(const struct mapio *m, struct bpf_object *object, enum mapio_when when)
{
	if (m->file.root && apply_file(m, object, when))
		return TOOL_FAILED;
	for (u32 i = 0; i < m->nr_settings; i++) {
		const struct setting *s = &m->settings[i];
		struct bpf_map *map = find_map(object, s->map);
		struct mapinfo info;

		if (!map)
			return no_such_map(object, s->map);
		info = mapinfo_of(object, map);
		if (is_time(&info, when) && apply_one(&info, s->key.root, s->value.root))
			return TOOL_FAILED;
	}
	return 0;
}
