/* Showing what is in maps: entries by key or by index, variables of sections. */
#include "base/abi.h"

#include "tools/mapio.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "tools/mapinfo.h"

/* Text shows so many entries a map; JSON shows all. */
enum { TEXT_ENTRIES = 100 };

struct shower {
	struct out *out;
	struct mapinfo info;
	u8 *key, *next, *value;
	u64 shown, hidden, zero;
};

static bool all_zero(const u8 *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (bytes[i])
			return false;
	return true;
}

/* One value, or a list with one a CPU. */
static void show_value(const struct shower *s)
{
	if (s->info.copies == 1) {
		value_print(s->out, NULL, &s->info.value, s->value);
		return;
	}
	out_array(s->out, NULL);
	for (u32 i = 0; i < s->info.copies; i++)
		value_print(s->out, NULL, &s->info.value, s->value + (size_t)i * s->info.unit);
	out_end(s->out);
}

static void show_entry(struct shower *s)
{
	if (bpf_map_lookup_elem(bpf_map__fd(s->info.map), s->key, s->value))
		return;
	if (s->info.shape == SHAPE_INDEXED &&
	    all_zero(s->value, (size_t)s->info.copies * s->info.unit)) {
		s->zero++;
		return;
	}
	if (s->out->style == OUT_TEXT && s->shown == TEXT_ENTRIES) {
		s->hidden++;
		return;
	}
	s->shown++;
	out_entry_begin(s->out);
	value_print(s->out, NULL, &s->info.key, s->key);
	out_entry_value(s->out);
	show_value(s);
	out_entry_end(s->out);
}

static void show_keyed(struct shower *s)
{
	int fd = bpf_map__fd(s->info.map);
	u8 *from = NULL;

	/* nobody writes now: the walk is over after as many steps as there can be entries */
	for (u64 i = 0; i <= bpf_map__max_entries(s->info.map); i++) {
		if (bpf_map_get_next_key(fd, from, s->next))
			return;
		memcpy(s->key, s->next, s->info.key.size);
		from = s->key;
		show_entry(s);
	}
}

static void show_indexed(struct shower *s)
{
	for (u32 i = 0; i < bpf_map__max_entries(s->info.map); i++) {
		memcpy(s->key, &i, sizeof(i));
		show_entry(s);
	}
}

static void show_entries(struct shower *s)
{
	out_array(s->out, "entries");
	if (s->info.shape == SHAPE_KEYED)
		show_keyed(s);
	else
		show_indexed(s);
	if (s->hidden)
		out_remark(s->out, "... and %llu more; --json shows all",
			   (unsigned long long)s->hidden);
	if (!s->shown && !s->hidden)
		out_remark(s->out, s->zero ? "(all zero)" : "(none)");
	out_end(s->out);
}

static void show_section(struct shower *s)
{
	u32 zero = 0;

	if (bpf_map_lookup_elem(bpf_map__fd(s->info.map), &zero, s->value))
		return;
	out_object(s->out, "variables");
	value_print_section(s->out, &s->info.value, s->value);
	out_end(s->out);
}

static bool has_memory(struct shower *s)
{
	s->key = calloc(2, (size_t)s->info.key.size + 8);
	s->next = s->key ? s->key + s->info.key.size + 8 : NULL;
	s->value = calloc(s->info.copies, (size_t)s->info.unit + 8);
	return s->key && s->value;
}

static void show_map(struct shower *s)
{
	const char *type = libbpf_bpf_map_type_str(bpf_map__type(s->info.map));

	out_object(s->out, s->info.name);
	out_str(s->out, "type", type ? type : "unknown");
	if (has_memory(s) && s->info.shape == SHAPE_SECTION)
		show_section(s);
	else if (s->value && s->info.shape != SHAPE_NONE)
		show_entries(s);
	out_end(s->out);
	free(s->key);
	free(s->value);
}

/* Constants and what the kernel's configuration is said to be do not change by running. */
static bool is_interesting(const char *name)
{
	return !strstr(name, ".rodata") && !strstr(name, ".kconfig");
}

void mapio_show(struct bpf_object *object, struct out *out)
{
	struct bpf_map *map;

	if (!bpf_object__next_map(object, NULL))
		return;
	out_object(out, "maps");
	bpf_object__for_each_map(map, object)
	{
		struct shower s = {.out = out, .info = mapinfo_of(object, map)};

		if (is_interesting(s.info.name) && bpf_map__fd(map) >= 0)
			show_map(&s);
	}
	out_end(out);
}
