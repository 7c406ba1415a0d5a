/* Putting entries into maps and variables into the sections that libbpf makes maps of. */
#include "base/abi.h"

#include "tools/mapio.h"

#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "tools/mapset.h"
#include "tools/source.h"

enum { JSON_MAX = 64 << 20 };

/* A side of KEY=VALUE; what cannot be parsed has no root, and is told when the types are known. */
struct side {
	struct json_doc doc;
	const char *text;
	u32 len;
};

/* One --map. */
struct setting {
	const char *map;
	struct side key, value;
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

static int parse_setting(struct setting *s, char *const *pair)
{
	const char *equals = find_equals(pair[1]);

	s->map = pair[0];
	if (!equals)
		return fail("--map %s: \"%s\" has no '=' between key and value", pair[0], pair[1]);
	s->key = (struct side){.text = pair[1], .len = equals - pair[1]};
	s->value = (struct side){.text = equals + 1, .len = strlen(equals + 1)};
	json_parse(&s->key.doc, s->key.text, s->key.len);
	json_parse(&s->value.doc, s->value.text, s->value.len);
	return 0;
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
		json_free(&m->settings[i].key.doc);
		json_free(&m->settings[i].value.doc);
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

/* Does it do its part now?  Variables are set before the object is loaded, entries after. */
static bool is_time(const struct mapinfo *info, enum mapio_when when)
{
	return (info->shape == SHAPE_SECTION) == (when == MAPIO_BEFORE_LOAD);
}

/* {KEY: VALUE}: the member's name is the key, as text. */
static int apply_members(const struct mapinfo *info, const struct json *object)
{
	for (const struct json *v = object->first; v; v = v->next) {
		struct json key = {.kind = JSON_STRING, .text = v->name};

		if (mapset(info, &key, v))
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
		if (mapset(info, key, value))
			return TOOL_FAILED;
	}
	return 0;
}

/* What skep run --json shows of a map can be given to --maps: its contents are in a member. */
static const struct json *entries_of(const struct json *contents)
{
	const struct json *entries = NULL, *variables = NULL;

	if (contents->kind != JSON_OBJECT)
		return contents;
	entries = json_member(contents, "entries");
	variables = json_member(contents, "variables");
	if (entries && entries->kind == JSON_ARRAY)
		return entries;
	return variables && variables->kind == JSON_OBJECT ? variables : contents;
}

static int apply_contents(const struct mapio *m, const struct mapinfo *info,
			  const struct json *contents)
{
	const struct json *entries = entries_of(contents);

	if (info->shape == SHAPE_NONE && entries->kind == JSON_OBJECT &&
	    json_member(entries, "type"))
		return 0; /* shown without contents */
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

/* The document of a side, or NULL after a message on what is wrong with it. */
static const struct json *side_root(const struct mapinfo *info, const char *which,
				    const struct side *side)
{
	const char *colon = strchr(side->doc.error, ':'); /* what follows the line's number */

	if (side->doc.root)
		return side->doc.root;
	fail("%s: %s: \"%.*s\": %s", info->name, which, (int)side->len, side->text,
	     colon ? colon + 2 : side->doc.error);
	mapset_how(info);
	return NULL;
}

static int apply_setting(const struct setting *s, struct bpf_object *object, enum mapio_when when)
{
	struct bpf_map *map = find_map(object, s->map);
	const struct json *key, *value;
	struct mapinfo info;

	if (!map)
		return no_such_map(object, s->map);
	info = mapinfo_of(object, map);
	if (!is_time(&info, when))
		return 0;
	key = side_root(&info, "key", &s->key);
	value = key ? side_root(&info, "value", &s->value) : NULL;
	return value ? mapset(&info, key, value) : TOOL_FAILED;
}

int mapio_apply(const struct mapio *m, struct bpf_object *object, enum mapio_when when)
{
	int err = m->file.root ? apply_file(m, object, when) : 0;

	for (u32 i = 0; !err && i < m->nr_settings; i++)
		err = apply_setting(&m->settings[i], object, when);
	return err;
}
