/*
 * Commands without a map, or with a wrong one: map_probe's rows of attr's tail, bad fds, unknown
 * commands, ids, pins and the length of info.
 */
#include <errno.h>

#include "sys/sys.h"
#include "tests/lib/map_facts.h"
#include "tests/tap.h"

#define BPFFS "/sys/fs/bpf/census_probe"

enum { COMMANDS = 64, ROOM = 512 };

static struct map_facts t;
static char text[256];
static u8 room[ROOM];

static long call(int cmd, union bpf_attr *attr)
{
	return sys_bpf(t.skep, cmd, attr, sizeof(*attr));
}

/* "BPF_MAP_CREATE" or "cmd_38" */
static int command(const char *name)
{
	struct sys_command row;

	if (!strncmp(name, "cmd_", 4))
		return (int)strtol(name + 4, NULL, 0);
	for (int i = 0; i < COMMANDS; i++)
		if (sys_command(i, &row) && !strcmp(row.name, name))
			return i;
	return -1;
}

/* One element or one batch of a fd that is no map. */
static long do_bad_fd(const struct map_row *row)
{
	int cmd = command(row->call), fd = map_facts_fd(&t, map_row_find(row, "map_fd"));
	union bpf_attr attr = {0};
	u64 at = ptr_to_u64(room);

	if (!strncmp(map_row_find(row, "map_fd"), "prog_fd", 7))
		fd = map_facts_fd(&t, "prog_sf");
	if (strstr(row->call, "BATCH")) {
		attr.batch.map_fd = (u32)fd;
		attr.batch.count = 1;
		attr.batch.keys = attr.batch.values = attr.batch.out_batch = at;
		return call(cmd, &attr);
	}
	attr.map_fd = (u32)fd;
	attr.key = cmd == BPF_MAP_FREEZE ? 0 : at;
	attr.value = cmd == BPF_MAP_FREEZE || cmd == BPF_MAP_DELETE_ELEM ? 0 : at;
	return call(cmd, &attr);
}

/* An attr that is all zero but for one byte. */
static long do_zero(const struct map_row *row)
{
	union bpf_attr attr = {0};
	const char *byte = strstr(row->params, "byte[");
	int cmd = command(row->call);
	long ret;

	if (byte)
		((u8 *)&attr)[strtoul(byte + 5, NULL, 0)] = 1;
	if (map_row_find(row, "start_id"))
		attr.start_id = (u32)map_row_number(row, "start_id");
	ret = call(cmd, &attr);
	if (ret > 0)
		sys_close(t.skep, (int)ret);
	return ret;
}

static long do_id(const struct map_row *row)
{
	union bpf_attr attr = {.start_id = (u32)map_row_number(row, "start_id")};

	if (map_row_find(row, "id"))
		attr.prog_id = (u32)map_row_number(row, "id");
	attr.open_flags = (u32)map_row_number(row, "open_flags");
	return call(command(row->call), &attr);
}

/* NULL, "(empty)", a path, or one in our own directory. */
static const char *row_path(const struct map_row *row, char path[ROOM])
{
	const char *at = map_row_find(row, "path");
	int n = at ? (int)strcspn(at, " ") : 0;

	if (!at)
		return "x";
	if (!strncmp(at, "NULL", 4))
		return NULL;
	if (!strncmp(at, "bpffs/", 6))
		snprintf(path, ROOM, BPFFS "/%.*s", n - 6, at + 6);
	else
		snprintf(path, ROOM, "%.*s", *at == '(' ? 0 : n, at);
	return path;
}

static int row_fd(const struct map_row *row)
{
	const char *at = map_row_find(row, "fd");

	if (!at)
		return strstr(row->params, "bpf_fd") ? t.fd : 0;
	return strncmp(at, "map", 3) ? map_facts_fd(&t, at) : t.fd;
}

static long do_pin(const struct map_row *row)
{
	int cmd = strcmp(row->call, "obj_get") ? BPF_OBJ_PIN : BPF_OBJ_GET;
	char path[ROOM];
	union bpf_attr attr = {
		.pathname = ptr_to_u64(row_path(row, path)),
		.bpf_fd = (u32)row_fd(row),
		.file_flags = (u32)map_row_number(row, "file_flags"),
	};
	long ret = call(cmd, &attr);

	/* the probe tries file_flags one after the other */
	if (cmd == BPF_OBJ_PIN && map_row_find(row, "file_flags"))
		sys_unpin(t.skep, path);
	if (cmd == BPF_OBJ_GET && ret >= 0)
		sys_close(t.skep, (int)ret);
	return ret;
}

static long do_info(const struct map_row *row)
{
	const char *byte = strstr(row->params, "byte[");
	int no_room = strstr(row->params, "info=NULL") != NULL;
	union bpf_attr attr = {0};
	long ret;

	memset(room, 0, sizeof(room));
	if (byte)
		room[strtoul(byte + 5, NULL, 0)] = 1;
	attr.info.bpf_fd = (u32)(map_row_find(row, "fd") ? row_fd(row) : t.fd);
	attr.info.info_len = no_room ? ROOM : (u32)map_row_number(row, "info_len");
	attr.info.info = no_room ? 0 : ptr_to_u64(room);
	ret = call(BPF_OBJ_GET_INFO_BY_FD, &attr);
	if (!ret)
		snprintf(text, sizeof(text), "out_len=%u", attr.info.info_len);
	return ret;
}

static const struct {
	const char *group, *call; /* call NULL: every other */
	long (*make)(const struct map_row *row);
} calls[] = {
	{"ops.badfd", NULL, do_bad_fd},
	{"ops.tail", NULL, do_zero},
	{"unknown_cmd", NULL, do_zero},
	{"ids", NULL, do_id},
	{"pin", "obj_pin", do_pin},
	{"pin", "obj_get", do_pin},
	{"info_len", "obj_get_info", do_info},
};

static int is_mine(const char *group)
{
	for (u32 i = 0; i < ARRAY_SIZE(calls); i++)
		if (!strcmp(group, calls[i].group))
			return 1;
	return 0;
}

static void walk(const struct map_row *row)
{
	long ret = -1;

	*text = 0;
	if (!strcmp(row->call, "map_create"))
		ret = map_facts_create(&t, row);
	for (u32 i = 0; i < ARRAY_SIZE(calls); i++)
		if (!strcmp(row->group, calls[i].group) &&
		    (!calls[i].call || !strcmp(row->call, calls[i].call)))
			ret = calls[i].make(row);
	map_facts_judge(&t, row, ret, text);
}

int main(void)
{
	struct map_row row;

	if (!CHECK(!map_facts_begin(&t)) || !CHECK(!sys_mkdir(t.skep, BPFFS)))
		return EXIT_FAILURE;
	while (map_facts_next(&t, is_mine, &row))
		walk(&row);
	CHECK(map_facts_end(&t, 1900));
	tap_end("commands as Linux");
	return tap_status();
}
