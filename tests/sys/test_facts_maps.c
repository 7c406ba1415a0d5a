/*
 * What can be done to a map through its fd: map_probe's groups create, ops, freeze, mmap, fdmode,
 * batch, sem and obj.
 */
#include <errno.h>
#include <sys/mman.h>

#include "sys/sys.h"
#include "tests/lib/map_facts.h"
#include "tests/tap.h"

enum { VALUES = 65536, NOTHING = 0xee };

static struct fixture {
	struct map_facts t;
	u8 key[4096], value[VALUES], out[VALUES];
	u8 *kept; /* a mapping that outlives its row */
} fixture;

/* What a row's last column becomes. */
static char text[MAP_FACTS_LINE];

/* "bytes 01,02,..": the probe counted */
static void count_up(u8 *to)
{
	for (u32 i = 0; i < 4096; i++)
		to[i] = (u8)(i + 1);
}

/*
 * Hex digits, of which there may be fewer than the call reads: what follows was the same over and
 * over again.
 */
static void *parse_bytes(const char *at, u8 *to, u32 room)
{
	u32 n = 0;
	unsigned int byte;

	if (!at || !strncmp(at, "NULL", 4))
		return NULL;
	if (!strncmp(at, "0x1", 3))
		return u64_to_ptr(1);
	if (!strncmp(at, "bytes", 5)) {
		count_up(to);
		return to;
	}
	for (; n < room && sscanf(at + 2 * n, "%2x", &byte) == 1 && at[2 * n] != ' '; n++)
		to[n] = (u8)byte;
	for (u32 i = n; n && i < room; i++)
		to[i] = to[i - n];
	return to;
}

static void *row_key(const struct map_row *row)
{
	const char *at = map_row_find(row, "key");

	memset(fixture.key, 0, sizeof(fixture.key));
	return at ? parse_bytes(at, fixture.key, sizeof(fixture.key)) : fixture.key;
}

/* The same as Linux's, of which only the length is known from the row. */
static void show_value(const struct map_row *row, const char *name)
{
	size_t n = strlen(row->out) > strlen(name) ? (strlen(row->out) - strlen(name)) / 2 : 0;
	int length = snprintf(text, sizeof(text), "%s", name);

	map_facts_hex(text + length, fixture.out, n);
}

/* An id that the value is to be: that there is such an object has to do. */
static void show_id(const struct map_row *row)
{
	struct skep *skep = fixture.t.skep;
	enum obj_kind kind = strstr(row->out, "prog") ? OBJ_PROG : OBJ_MAP;
	struct obj *obj;
	u32 id;

	memcpy(&id, fixture.out, sizeof(id));
	obj = obj_by_id(skep, kind, id);
	snprintf(text, sizeof(text), "%s", obj ? row->out : "no object's id");
	if (obj)
		obj_put(obj);
}

static long elem(int cmd, const void *key, const void *value, u64 flags)
{
	union bpf_attr attr = {.map_fd = (u32)fixture.t.fd,
			       .key = ptr_to_u64(key),
			       .value = ptr_to_u64(value),
			       .flags = flags};

	return sys_bpf(fixture.t.skep, cmd, &attr, sizeof(attr));
}

static long do_read(const struct map_row *row, int cmd)
{
	const char *into = map_row_find(row, "value_ptr");
	long ret;

	memset(fixture.out, NOTHING, sizeof(fixture.out));
	ret = elem(cmd, row_key(row), into ? parse_bytes(into, fixture.value, 1) : fixture.out,
		   map_row_number(row, "flags"));
	if (ret)
		return ret;
	if (strchr(row->out, '('))
		show_id(row);
	else
		show_value(row, "value=");
	return 0;
}

static long do_lookup(const struct map_row *row)
{
	return do_read(row, BPF_MAP_LOOKUP_ELEM);
}

static long do_lookup_and_delete(const struct map_row *row)
{
	return do_read(row, BPF_MAP_LOOKUP_AND_DELETE_ELEM);
}

static void *row_value(const struct map_row *row)
{
	const char *at = map_row_find(row, "value");
	int fd;

	if (strncmp(at, "fd:", 3) && *at != 'A')
		return parse_bytes(at, fixture.value, sizeof(fixture.value));
	fd = map_facts_fd(&fixture.t, *at == 'A' ? at : at + 3);
	memcpy(fixture.value, &fd, sizeof(fd));
	return fixture.value;
}

static long do_update(const struct map_row *row)
{
	return elem(BPF_MAP_UPDATE_ELEM, row_key(row), row_value(row),
		    map_row_number(row, "flags"));
}

/* update*12 and update*N tell which keys */
static long do_updates(const struct map_row *row)
{
	int spread = strchr(row->params, '*') != NULL;
	u64 last = spread ? 11 : strtoull(strstr(row->params, "..") + 2, NULL, 0);
	long ret = 0;

	memset(fixture.value, 0, sizeof(fixture.value));
	for (u32 i = 0; i <= last; i++) {
		u32 key = spread ? i * 7 + 1 : i;

		ret |= elem(BPF_MAP_UPDATE_ELEM, &key, fixture.value, 0);
	}
	return ret;
}

static long do_delete(const struct map_row *row)
{
	return elem(BPF_MAP_DELETE_ELEM, row_key(row),
		    u64_to_ptr(map_row_number(row, "attr.value")),
		    map_row_number(row, "attr.flags"));
}

static long do_next_key(const struct map_row *row)
{
	const char *into = map_row_find(row, "next_ptr");
	long ret;

	memset(fixture.out, NOTHING, sizeof(fixture.out));
	ret = elem(BPF_MAP_GET_NEXT_KEY, row_key(row), into ? u64_to_ptr(1) : fixture.out,
		   map_row_number(row, "attr.flags"));
	if (ret)
		return ret;
	/* which one is first depends on the seed of the hash */
	if (strchr(row->out, '(') || !strcmp(row->type, "HASH_OF_MAPS"))
		snprintf(text, sizeof(text), "%s", row->out);
	else
		show_value(row, "next=");
	return 0;
}

static long do_freeze(const struct map_row *row)
{
	return elem(BPF_MAP_FREEZE, u64_to_ptr(map_row_number(row, "attr.key")), NULL, 0);
}

static long do_info(const struct map_row *row)
{
	long ret;

	(void)row;
	map_facts_info(&fixture.t, fixture.t.fd, &ret, text, sizeof(text));
	return ret;
}

static int compare(const void *a, const void *b)
{
	u32 x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return x < y ? -1 : x > y;
}

static long do_dump(const struct map_row *row)
{
	u32 keys[512], n = 0, *last = NULL;
	int length;

	while (n < ARRAY_SIZE(keys) && !elem(BPF_MAP_GET_NEXT_KEY, last, &keys[n], 0))
		last = &keys[n++];
	if (strstr(row->params, "sorted"))
		qsort(keys, n, sizeof(keys[0]), compare);
	length = snprintf(text, sizeof(text), "n=%u end=ENOENT keys=", n);
	for (u32 i = 0; i < n; i++)
		length += sprintf(text + length, "%s%u", i ? "," : "", keys[i]);
	return 0;
}

static long do_lookup_batch(const struct map_row *row)
{
	return map_facts_batch(&fixture.t, row, BPF_MAP_LOOKUP_BATCH, text);
}

static long do_lookup_and_delete_batch(const struct map_row *row)
{
	return map_facts_batch(&fixture.t, row, BPF_MAP_LOOKUP_AND_DELETE_BATCH, text);
}

static long do_update_batch(const struct map_row *row)
{
	return map_facts_batch(&fixture.t, row, BPF_MAP_UPDATE_BATCH, text);
}

static long do_delete_batch(const struct map_row *row)
{
	return map_facts_batch(&fixture.t, row, BPF_MAP_DELETE_BATCH, text);
}

static int row_prot(const struct map_row *row)
{
	const char *at = map_row_find(row, "prot");
	size_t n = strcspn(at, " ");

	return (memchr(at, 'R', n) ? PROT_READ : 0) | (memchr(at, 'W', n) ? PROT_WRITE : 0) |
	       (memchr(at, 'X', n) ? PROT_EXEC : 0);
}

/* As the shim does: what maps say first, then the file. */
static long map_it(const struct map_mmap *wanted, u8 **out)
{
	struct map_mmap ask = *wanted;
	int err = sys_mmap_check(fixture.t.skep, fixture.t.fd, &ask);

	if (err)
		return err;
	*out = mmap(NULL, ask.length, ask.prot, ask.flags, fixture.t.fd, (off_t)ask.offset);
	return *out == MAP_FAILED ? -1 : 0;
}

static long do_mmap(const struct map_row *row)
{
	struct map_mmap ask = {
		.length = map_row_number(row, "len"),
		.offset = map_row_number(row, "off"),
		.prot = row_prot(row),
		.flags = strstr(row->params, "SHARED") ? MAP_SHARED : MAP_PRIVATE,
	};
	u8 *at;
	long ret = map_it(&ask, &at);

	if (!ret && strstr(row->params, "keep"))
		fixture.kept = at;
	else if (!ret)
		munmap(at, ask.length);
	return ret;
}

static long do_munmap(const struct map_row *row)
{
	return munmap(fixture.kept, map_row_number(row, "len"));
}

/* Three places: all of an array, the two pages of positions of a ring buffer. */
static long do_mmap_read(const struct map_row *row)
{
	int producer = !strncmp(row->params, "producer", 8);
	int array = !strncmp(row->params, "len=", 4);
	struct map_mmap ask = {
		.length = producer ? 3 * 4096 : 4096,
		.offset = producer ? 4096 : 0,
		.prot = producer ? PROT_READ : PROT_READ | PROT_WRITE,
		.flags = MAP_SHARED,
	};
	u8 *at;
	long ret = map_it(&ask, &at);

	if (ret)
		return ret;
	memcpy(fixture.out, at, 4096);
	show_value(row, "bytes=");
	if (array)
		fixture.kept = at;
	else
		munmap(at, ask.length);
	return 0;
}

static long do_mmap_write(const struct map_row *row)
{
	fixture.kept[map_row_number(row, "off")] = (u8)strtoul(map_row_find(row, "byte"), NULL, 16);
	return 0;
}

static long do_create(const struct map_row *row)
{
	return map_facts_create(&fixture.t, row);
}

static const struct {
	const char *name;
	long (*make)(const struct map_row *row);
} calls[] = {
	{"map_create", do_create},
	{"lookup", do_lookup},
	{"update", do_update},
	{"update*12", do_updates},
	{"update*N", do_updates},
	{"delete", do_delete},
	{"lookup_and_delete", do_lookup_and_delete},
	{"get_next_key", do_next_key},
	{"dump_keys", do_dump},
	{"freeze", do_freeze},
	{"obj_get_info", do_info},
	{"lookup_batch", do_lookup_batch},
	{"lookup_and_delete_batch", do_lookup_and_delete_batch},
	{"update_batch", do_update_batch},
	{"delete_batch", do_delete_batch},
	{"mmap", do_mmap},
	{"munmap", do_munmap},
	{"mmap_read", do_mmap_read},
	{"mmap_write", do_mmap_write},
};

static int is_mine(const char *group)
{
	static const char *const groups[] = {"create", "ops.script", "freeze", "mmap",
					     "fdmode", "batch",      "sem",    "obj"};

	for (u32 i = 0; i < ARRAY_SIZE(groups); i++)
		if (!strncmp(group, groups[i], strlen(groups[i])))
			return 1;
	return 0;
}

static void walk(const struct map_row *row)
{
	long ret = -1;

	*text = 0;
	for (u32 i = 0; i < ARRAY_SIZE(calls); i++)
		if (!strcmp(row->call, calls[i].name))
			ret = calls[i].make(row);
	if (ret == -ENOTSUP && !strcmp(row->call, "map_create") && strstr(row->params, "map:"))
		fixture.t.out_of_scope++;
	else
		map_facts_judge(&fixture.t, row, ret, text);
}

int main(void)
{
	struct map_row row;

	if (!CHECK(!map_facts_begin(&fixture.t)))
		return EXIT_FAILURE;
	while (map_facts_next(&fixture.t, is_mine, &row))
		walk(&row);
	CHECK(map_facts_end(&fixture.t, 4700));
	tap_end("maps as Linux");
	return tap_status();
}
