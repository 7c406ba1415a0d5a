/*
 * Which maps Linux makes: every recorded BPF_MAP_CREATE of the types skep has whose parameters are
 * the map's own (sizes, flags, node, extra; not names, fds or BTF, which are sys' to judge).
 */
#include <errno.h>

#include "map/map.h"
#include "tests/facts.h"
#include "tests/tap.h"

enum { COLUMNS = 9, SHOWN = 10 };

static const struct {
	const char *name;
	int number;
} errors[] = {
	{"0", 0}, {"EINVAL", EINVAL}, {"E2BIG", E2BIG}, {"ENOTSUPP", ENOTSUPP}, {"ENOMEM", ENOMEM},
};

static int error_number(const char *name)
{
	for (u32 i = 0; i < ARRAY_SIZE(errors); i++)
		if (!strcmp(errors[i].name, name))
			return errors[i].number;
	return -1;
}

static u32 type_by_name(const char *name, size_t length)
{
	const struct map_type *type;

	for (u32 i = 1; (type = map_type_by_id(i)); i++)
		if (type->ops && !strncmp(type->name + 13, name, length) &&
		    !type->name[13 + length])
			return i;
	return 0;
}

/* One "name=value" of the row.  0 when it is not one of the map's own. */
static int take(struct map_attr *attr, const char *word)
{
	const char *value = strchr(word, '=') + 1;
	size_t length = (size_t)(value - word);
	u64 n = strtoull(value, NULL, 0);

	if (!strncmp(word, "type=", length))
		attr->type = type_by_name(value, strlen(value));
	else if (!strncmp(word, "key=", length))
		attr->key_size = (u32)n;
	else if (!strncmp(word, "value=", length))
		attr->value_size = (u32)n;
	else if (!strncmp(word, "max=", length))
		attr->max_entries = (u32)n;
	else if (!strncmp(word, "flags=", length))
		attr->flags = (u32)n;
	else if (!strncmp(word, "numa=", length))
		attr->numa_node = (u32)strtoll(value, NULL, 0);
	else if (!strncmp(word, "extra=", length))
		attr->extra = n;
	else
		return 0;
	return 1;
}

static int parse(char *params, struct map_attr *attr)
{
	*attr = (struct map_attr){.inner_error = -EINVAL};
	for (char *word = strtok(params, " "); word; word = strtok(NULL, " "))
		if (!strchr(word, '=') || !take(attr, word))
			return 0;
	/* maps of maps need an fd */
	return attr->type && attr->type != BPF_MAP_TYPE_ARRAY_OF_MAPS &&
	       attr->type != BPF_MAP_TYPE_HASH_OF_MAPS;
}

static int make(struct skep *skep, const struct map_attr *attr)
{
	struct map *map;
	int err = map_create(skep, attr, &map);

	if (!err)
		obj_put(&map->obj);
	return err;
}

int main(void)
{
	struct skep_config config = {.ncpu = 2};
	u32 matched = 0, failed = 0, others = 0;
	FILE *f = facts_open("map_probe");
	char line[16384], params[1024], *c[COLUMNS];
	struct map_attr attr;
	struct skep *skep;

	if (!CHECK(f != NULL) || skep_base_create(&config, &skep))
		return EXIT_FAILURE;
	while (fgets(line, sizeof(line), f)) {
		int want, got;

		facts_split(line, c, COLUMNS);
		if (strncmp(c[2], "create.", 7) || strcmp(c[4], "map_create"))
			continue;
		snprintf(params, sizeof(params), "%s", c[5]);
		want = -error_number(c[7]);
		if (!parse(params, &attr) || want == 1) {
			others++;
			continue;
		}
		got = make(skep, &attr);
		matched += got == want;
		if (got != want && failed++ < SHOWN)
			printf("# row %s: %s is %d, not %d\n", c[0], c[5], got, want);
	}
	pclose(f);
	printf("# %u match, %u differ, %u are out of scope\n", matched, failed, others);
	CHECK_EQ(failed, 0);
	CHECK(matched > 1000);
	tap_end("BPF_MAP_CREATE as Linux");
	skep_base_free(skep);
	return tap_status();
}
