/* Per-CPU maps: a value an element and CPU, each padded to eight bytes. */
#include "client.h"

#include <bpf/libbpf.h>

static void use(enum bpf_map_type type)
{
	int cpus = libbpf_num_possible_cpus();
	int fd = map_or_die(type, sizeof(__u32), sizeof(__u32), 4, NULL);
	__u64 *values = calloc(cpus, sizeof(*values));
	__u32 key = 3;

	show_info(fd);
	for (int i = 0; i < cpus; i++)
		values[i] = 100 + i;
	SHOW(bpf_map_update_elem(fd, &key, values, BPF_ANY));
	memset(values, 0xee, cpus * sizeof(*values));
	SHOW(bpf_map_lookup_elem(fd, &key, values));
	for (int i = 0; i < cpus; i++)
		printf("cpu %d: %llu\n", i, values[i]);
	SHOW(bpf_map_update_elem(fd, &key, values, BPF_NOEXIST));
	show_keys(fd);
	SHOW(bpf_map_delete_elem(fd, &key));
	SHOW(bpf_map_lookup_elem(fd, &key, values));
	free(values);
	close(fd);
}

int main(void)
{
	use(BPF_MAP_TYPE_PERCPU_ARRAY);
	use(BPF_MAP_TYPE_PERCPU_HASH);
	return 0;
}
