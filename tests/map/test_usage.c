/* What maps cost in Linux's count: fdinfo of ours and, where there is one, of Linux's. */
#include <stdio.h>
#include <unistd.h>

#include "map/map.h"
#include "sys/sys.h"
#include "tests/lib/linux_prog.h"
#include "tests/tap.h"

static struct skep *skep;

static const struct row {
	u32 type, key, value, entries, flags;
	u64 cost; /* Linux 6.18, two CPUs */
} rows[] = {
	{BPF_MAP_TYPE_HASH, 4, 8, 1, 0, 1120},
	{BPF_MAP_TYPE_HASH, 4, 8, 3, 0, 1296},
	{BPF_MAP_TYPE_HASH, 4, 100, 10, 0, 3088},
	{BPF_MAP_TYPE_HASH, 8, 8, 1000, 0, 81424},
	{BPF_MAP_TYPE_HASH, 4, 8, 1000, BPF_F_NO_PREALLOC, 17280},
	{BPF_MAP_TYPE_ARRAY, 4, 9, 1000, 0, 16312},
	{BPF_MAP_TYPE_ARRAY, 4, 8, 1000, BPF_F_MMAPABLE, 12288},
	{BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 100, 0, 1112},
	{BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, 3, 0, 336},
	{BPF_MAP_TYPE_PERCPU_HASH, 4, 8, 100, 0, 10944},
	{BPF_MAP_TYPE_PERCPU_HASH, 4, 100, 10, 0, 3872},
	{BPF_MAP_TYPE_PERCPU_ARRAY, 4, 16, 1000, 0, 40312},
	{BPF_MAP_TYPE_LRU_HASH, 4, 8, 1000, 0, 81280},
	{BPF_MAP_TYPE_LRU_HASH, 4, 100, 10, 0, 2752},
	{BPF_MAP_TYPE_RINGBUF, 0, 0, 16384, 0, 29064},
};

static union bpf_attr attr_of(const struct row *row)
{
	return (union bpf_attr){
		.map_type = row->type,
		.key_size = row->key,
		.value_size = row->value,
		.max_entries = row->entries,
		.map_flags = row->flags,
	};
}

static void costs_are_linux_s(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		union bpf_attr attr = attr_of(&rows[i]);
		int fd = (int)sys_bpf(skep, BPF_MAP_CREATE, &attr, sizeof(attr));
		struct obj *obj;

		CHECK_EQ(sys_obj_by_fd(skep, fd, OBJ_MAP, &obj), 0);
		CHECK_EQ(map_usage(map_of(obj)), rows[i].cost);
		obj_put(obj);
		sys_close(skep, fd);
	}
}

static void elements_count_without_preallocation(void)
{
	union bpf_attr attr = {.map_type = BPF_MAP_TYPE_PERCPU_HASH,
			       .key_size = 4,
			       .value_size = 8,
			       .max_entries = 1000,
			       .map_flags = BPF_F_NO_PREALLOC};
	int fd = (int)sys_bpf(skep, BPF_MAP_CREATE, &attr, sizeof(attr));
	u64 value[2] = {0};
	struct obj *obj;

	CHECK_EQ(sys_obj_by_fd(skep, fd, OBJ_MAP, &obj), 0);
	for (u32 key = 0; key < 3; key++) {
		union bpf_attr update = {
			.map_fd = (u32)fd, .key = ptr_to_u64(&key), .value = ptr_to_u64(value)};

		CHECK_EQ(map_usage(map_of(obj)), 17280 + 104 * key);
		CHECK_EQ(sys_bpf(skep, BPF_MAP_UPDATE_ELEM, &update, sizeof(update)), 0);
	}
	obj_put(obj);
	sys_close(skep, fd);
}

static void lines_are_linux_s(void)
{
	static const char want[] = "map_type:\t3\nkey_size:\t4\nvalue_size:\t4\nmax_entries:\t100\n"
				   "map_flags:\t0x0\nmap_extra:\t0x0\nmemlock:\t1112\n";
	union bpf_attr attr = attr_of(&rows[7]);
	int fd = (int)sys_bpf(skep, BPF_MAP_CREATE, &attr, sizeof(attr));
	struct obj *obj;
	char text[512], less[16];

	CHECK_EQ(sys_obj_by_fd(skep, fd, OBJ_MAP, &obj), 0);
	CHECK_EQ(sys_fdinfo(obj, text, sizeof(text)), 0);
	CHECK(!strncmp(text, want, strlen(want)));
	CHECK(strstr(text, "\nfrozen:\t0\n") && !strstr(text, "owner"));
	CHECK(sys_fdinfo(obj, less, sizeof(less)) < 0);
	obj_put(obj);
	sys_close(skep, fd);
}

static u64 linux_cost(int fd)
{
	char path[64], line[128];
	unsigned long long cost = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file))
		sscanf(line, "memlock: %llu", &cost);
	if (file)
		fclose(file);
	return cost;
}

/* The numbers are of two CPUs and of that Linux's structs: on another, nothing is compared. */
static void on_linux(void)
{
	union bpf_attr first = attr_of(&rows[0]);
	int fd = (int)linux_bpf(BPF_MAP_CREATE, &first);

	if (fd < 0 || linux_cost(fd) != rows[0].cost || sysconf(_SC_NPROCESSORS_CONF) != 2) {
		tap_skip("on_linux", "no bpf(), or a Linux of other sizes");
		return;
	}
	close(fd);
	for (size_t i = 1; i < ARRAY_SIZE(rows); i++) {
		union bpf_attr attr = attr_of(&rows[i]);

		fd = (int)linux_bpf(BPF_MAP_CREATE, &attr);
		CHECK_EQ(linux_cost(fd), rows[i].cost);
		close(fd);
	}
	tap_end("on_linux");
}

int main(void)
{
	if (sys_create(&(struct skep_config){.ncpu = 2}, &skep))
		return EXIT_FAILURE;
	TEST(costs_are_linux_s);
	TEST(elements_count_without_preallocation);
	TEST(lines_are_linux_s);
	sys_free(skep);
	on_linux();
	return tap_status();
}
