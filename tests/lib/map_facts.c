/* See map_facts.h. */
#include "tests/lib/map_facts.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include "base/usercopy.h"
#include "map/perf.h"
#include "sys/sys.h"
#include "tests/btf/sample.h"
#include "tests/facts.h"

enum { COLUMNS = 9, SHOWN = 20, ATTR_ROOM = 8192, OWN_ENOTSUPP = 524 };

static void add_object(struct map_facts *t, const char *name, long fd)
{
	if (t->nr_objects == MAP_FACTS_OBJECTS)
		return;
	t->object[t->nr_objects].name = name;
	t->object[t->nr_objects++].fd = (int)fd;
}

static long add_map(struct map_facts *t, const char *name, u32 type, u32 value, u32 max, u32 flags)
{
	union bpf_attr attr = {.map_type = type,
			       .key_size = 4,
			       .value_size = value,
			       .max_entries = max,
			       .map_flags = flags};
	long fd = sys_bpf(t->skep, BPF_MAP_CREATE, &attr, sizeof(attr));

	add_object(t, name, fd);
	return fd;
}

static void add_prog(struct map_facts *t, const char *name, u32 type)
{
	static const struct bpf_insn insns[] = {{.code = 0xb7}, {.code = 0x95}};
	union bpf_attr attr = {.prog_type = type,
			       .insns = ptr_to_u64(insns),
			       .insn_cnt = 2,
			       .license = ptr_to_u64("GPL")};

	add_object(t, name, sys_bpf(t->skep, BPF_PROG_LOAD, &attr, sizeof(attr)));
}

static void add_btf(struct map_facts *t)
{
	u8 blob[8192];
	union bpf_attr attr = {.btf = ptr_to_u64(blob), .btf_size = sample_make(blob)};

	add_object(t, "btf_fd", sys_bpf(t->skep, BPF_BTF_LOAD, &attr, sizeof(attr)));
}

static void add_perf(struct map_facts *t)
{
	struct obj *ring;

	if (perf_ring_create(t->skep, &ring))
		return;
	add_object(t, "perf_fd", sys_fd_for_obj(t->skep, ring));
	obj_put(ring);
}

/* Which types of maps are compared. */
static void read_scope(struct map_facts *t)
{
	const char *dir = getenv("SKEP_FACTS");
	char path[512], line[256], name[64];
	size_t n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/scope", dir ? dir : "tests/facts");
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "map %63s", name) == 1)
			n += (size_t)snprintf(t->scope + n, sizeof(t->scope) - n, " %s ", name);
	if (f)
		fclose(f);
}

/* Rows were made on CPU 0, fd 0 being /dev/null, with two CPUs. */
int map_facts_begin(struct map_facts *t)
{
	struct skep_config config = {.ncpu = 2, .usercopy = &usercopy_checked};
	int null = open("/dev/null", O_RDWR), err;
	cpu_set_t first;

	CPU_ZERO(&first);
	CPU_SET(0, &first);
	sched_setaffinity(0, sizeof(first), &first);
	*t = (struct map_facts){.fd = -1};
	err = sys_create(&config, &t->skep);
	if (err)
		return err;
	dup2(null, STDIN_FILENO);
	read_scope(t);
	add_object(t, "devnull", null);
	add_object(t, "cg_fd", open("/", O_RDONLY));
	add_prog(t, "prog_sf", BPF_PROG_TYPE_SOCKET_FILTER);
	add_prog(t, "prog_xdp", BPF_PROG_TYPE_XDP);
	add_prog(t, "prog_cls", BPF_PROG_TYPE_SCHED_CLS);
	add_btf(t);
	add_perf(t);
	add_map(t, "inner_arr", BPF_MAP_TYPE_ARRAY, 8, 4, 0);
	add_map(t, "inner_arr2", BPF_MAP_TYPE_ARRAY, 8, 8, 0);
	add_map(t, "inner_hash", BPF_MAP_TYPE_HASH, 8, 4, 0);
	add_map(t, "ARRAY(max4,val8,no", BPF_MAP_TYPE_ARRAY, 8, 4, 0);
	add_map(t, "ARRAY(max4,val8,BPF_F_INNER_MAP)", BPF_MAP_TYPE_ARRAY, 8, 4, BPF_F_INNER_MAP);
	add_map(t, "ARRAY(max9,val8,BPF_F_INNER_MAP)", BPF_MAP_TYPE_ARRAY, 8, 9, BPF_F_INNER_MAP);
	add_map(t, "ARRAY(max9,val16,BPF_F_INNER_MAP)", BPF_MAP_TYPE_ARRAY, 16, 9, BPF_F_INNER_MAP);
	t->rows = facts_open("map_probe");
	return t->rows ? 0 : -ENOENT;
}

static void close_map(struct map_facts *t)
{
	if (t->fd >= 0)
		sys_close(t->skep, t->fd);
	t->fd = -1;
}

int map_facts_end(struct map_facts *t, u32 least)
{
	printf("# %u rows match, %u differ, %u are out of scope\n", t->matched, t->differed,
	       t->out_of_scope);
	close_map(t);
	pclose(t->rows);
	sys_free(t->skep);
	return !t->differed && t->matched >= least;
}

/* Numbers that no type has are nobody's to bring. */
static int in_scope(const struct map_facts *t, const char *type)
{
	char word[80];

	snprintf(word, sizeof(word), " %s ", type);
	return !strncmp(type, "TYPE_", 5) || strstr(t->scope, word);
}

int map_facts_next(struct map_facts *t, int (*mine)(const char *group), struct map_row *row)
{
	char *c[COLUMNS];

	while (fgets(t->line, sizeof(t->line), t->rows)) {
		facts_split(t->line, c, COLUMNS);
		*row = (struct map_row){c[0], c[2], c[3], c[4], c[5], c[6], c[7], c[8]};
		if (!strcmp(row->number, "row") || !mine(row->group))
			continue;
		if (in_scope(t, row->type))
			return 1;
		t->out_of_scope++;
	}
	return 0;
}

const char *map_row_find(const struct map_row *row, const char *name)
{
	size_t n = strlen(name);

	for (const char *at = row->params; (at = strstr(at, name)); at += n)
		if (at[n] == '=' && (at == row->params || at[-1] == ' '))
			return at + n + 1;
	return NULL;
}

u64 map_row_number(const struct map_row *row, const char *name)
{
	const char *at = map_row_find(row, name);

	if (!at)
		return 0;
	return *at == '-' ? (u64)strtoll(at, NULL, 0) : strtoull(at, NULL, 0);
}

int map_facts_fd(const struct map_facts *t, const char *name)
{
	size_t n = strcspn(name, " ");
	long fd = strtol(name, NULL, 0);

	for (u32 i = 0; i < t->nr_objects; i++)
		if (strlen(t->object[i].name) == n && !strncmp(t->object[i].name, name, n))
			return t->object[i].fd;
	/* what the probe printed as a number is the map itself, or meant to be no fd */
	return fd > 0 && fd < 1000 ? t->fd : (int)fd;
}

static int error_by_name(const char *name)
{
	if (!strcmp(name, "ENOTSUPP"))
		return OWN_ENOTSUPP;
	for (int e = 1; e < 134; e++)
		if (strerrorname_np(e) && !strcmp(strerrorname_np(e), name))
			return e;
	return 0;
}

void map_facts_judge(struct map_facts *t, const struct map_row *row, long ret, const char *out)
{
	int error = error_by_name(row->error);
	int same = error                     ? ret == -error
		   : !strcmp(row->ret, "fd") ? ret >= 0
					     : ret == strtol(row->ret, NULL, 0);

	if (same && !strcmp(out, row->out)) {
		t->matched++;
	} else if (t->differed++ < SHOWN) {
		printf("# row %s %s %s: %s %s\n", row->number, row->group, row->type, row->call,
		       row->params);
		printf("#   Linux: %s %s %s\n#   ours:  %ld %s\n", row->ret, row->error, row->out,
		       ret, out);
	}
}

static u32 type_by_name(const char *name)
{
	size_t n = strcspn(name, " ");
	const struct map_type *type;

	if (!strncmp(name, "TYPE_", 5))
		return (u32)strtoul(name + 5, NULL, 0);
	for (u32 i = 1; (type = map_type_by_id(i)); i++)
		if (strlen(type->name + 13) == n && !strncmp(type->name + 13, name, n))
			return i;
	return 0;
}

/* inner=map:TYPE, or a map of maps like the one that is being made. */
static int make_inner(struct map_facts *t, u32 type)
{
	int is_ring = type == BPF_MAP_TYPE_RINGBUF;
	int of_maps = type == BPF_MAP_TYPE_ARRAY_OF_MAPS || type == BPF_MAP_TYPE_HASH_OF_MAPS;
	union bpf_attr attr = {.map_type = type,
			       .key_size = is_ring ? 0 : 4,
			       .value_size = is_ring ? 0 : 4,
			       .max_entries = is_ring ? 4096 : 4,
			       .inner_map_fd = of_maps ? (u32)map_facts_fd(t, "inner_arr") : 0};

	return (int)sys_bpf(t->skep, BPF_MAP_CREATE, &attr, sizeof(attr));
}

/* *made says that the caller has to close it. */
static int inner_of(struct map_facts *t, const struct map_row *row, u32 type, int *made)
{
	const char *name = map_row_find(row, "inner");
	char scope[80];

	*made = 0;
	if (!name)
		return 0;
	if (!strncmp(name, "map:", 4)) {
		snprintf(scope, sizeof(scope), "%.*s", (int)strcspn(name + 4, " "), name + 4);
		*made = 1;
		return in_scope(t, scope) ? make_inner(t, type_by_name(scope)) : -ENOTSUP;
	}
	if (strtol(name, NULL, 0) > 0 && strtol(name, NULL, 0) < 1000) {
		*made = 1;
		return make_inner(t, type);
	}
	return map_facts_fd(t, name);
}

static u32 fd_param(const struct map_facts *t, const struct map_row *row, const char *name)
{
	const char *at = map_row_find(row, name);

	return at ? (u32)map_facts_fd(t, at) : 0;
}

static void fill_names_and_types(struct map_facts *t, const struct map_row *row,
				 union bpf_attr *attr)
{
	const char *name = map_row_find(row, "name");

	if (name)
		memcpy(attr->map_name, name + 1, strcspn(name + 1, "\""));
	attr->btf_fd = fd_param(t, row, "btf_fd");
	attr->btf_key_type_id = (u32)map_row_number(row, "btf_key");
	attr->btf_value_type_id = (u32)map_row_number(row, "btf_value");
	attr->btf_vmlinux_value_type_id = (u32)map_row_number(row, "btf_vmlinux_value");
	attr->value_type_btf_obj_fd = (s32)fd_param(t, row, "value_type_btf_obj_fd");
	attr->map_token_fd = (s32)fd_param(t, row, "token_fd");
}

static void fill(struct map_facts *t, const struct map_row *row, union bpf_attr *attr)
{
	static const u8 hash[32];
	const char *excl = map_row_find(row, "excl_hash");

	attr->map_type = type_by_name(map_row_find(row, "type"));
	attr->key_size = (u32)map_row_number(row, "key");
	attr->value_size = (u32)map_row_number(row, "value");
	attr->max_entries = (u32)map_row_number(row, "max");
	attr->map_flags = (u32)map_row_number(row, "flags");
	attr->numa_node = (u32)map_row_number(row, "numa");
	attr->map_ifindex = (u32)map_row_number(row, "ifindex");
	attr->map_extra = map_row_number(row, "extra");
	fill_names_and_types(t, row, attr);
	/* "ptr" that Linux could not read was the address 1 */
	if (excl && *excl == 'p')
		attr->excl_prog_hash = strcmp(row->error, "EFAULT") ? ptr_to_u64(hash) : 1;
	attr->excl_prog_hash_size = (u32)map_row_number(row, "excl_hash_size");
}

long map_facts_create(struct map_facts *t, const struct map_row *row)
{
	static u8 buf[ATTR_ROOM];
	union bpf_attr *attr = (union bpf_attr *)buf;
	const char *byte = strstr(row->params, "byte[");
	u32 size = map_row_find(row, "attr_size") ? (u32)map_row_number(row, "attr_size")
						  : sizeof(*attr);
	const char *null = map_row_find(row, "attr");
	int inner, made;

	close_map(t);
	if (null)
		return sys_bpf(t->skep, BPF_MAP_CREATE, u64_to_ptr(strtoull(null, NULL, 0)),
			       sizeof(*attr));
	memset(buf, 0, sizeof(buf));
	fill(t, row, attr);
	if (byte)
		buf[strtoul(byte + 5, NULL, 0)] = 1;
	inner = inner_of(t, row, attr->map_type, &made);
	if (made && inner == -ENOTSUP)
		return inner;
	attr->inner_map_fd = (u32)inner;
	t->fd = (int)sys_bpf(t->skep, BPF_MAP_CREATE, attr, size);
	if (made && inner >= 0)
		sys_close(t->skep, inner);
	return t->fd;
}

void map_facts_hex(char *to, const u8 *from, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sprintf(to + 2 * i, "%02x", from[i]);
}

static const char *sign(u32 id)
{
	return id ? ">" : "=";
}

void map_facts_info(struct map_facts *t, int fd, long *ret, char *out, size_t room)
{
	struct bpf_map_info i = {0};
	union bpf_attr attr = {
		.info = {.bpf_fd = (u32)fd, .info_len = sizeof(i), .info = ptr_to_u64(&i)}};

	*ret = sys_bpf(t->skep, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr));
	*out = 0;
	if (*ret)
		return;
	snprintf(out, room,
		 "type=%u id%s0 key=%u value=%u max=%u flags=0x%x name=\"%.16s\" ifindex=%u "
		 "btf_vmlinux_value=%s btf_id%s0 btf_key=%u btf_value=%u btf_vmlinux_id=%s "
		 "extra=0x%llx hash_size=%u out_len=%u",
		 i.type, sign(i.id), i.key_size, i.value_size, i.max_entries, i.map_flags, i.name,
		 i.ifindex, i.btf_vmlinux_value_type_id ? "nonzero" : "0", sign(i.btf_id),
		 i.btf_key_type_id, i.btf_value_type_id, i.btf_vmlinux_id ? "nonzero" : "0",
		 (unsigned long long)i.map_extra, i.hash_size, attr.info.info_len);
}
