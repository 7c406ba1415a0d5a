/* Arrays: elements are always there, and cannot be deleted. */
#include "client.h"

int main(void)
{
	int fd = map_or_die(BPF_MAP_TYPE_ARRAY, sizeof(__u32), sizeof(__u32), 4, NULL);
	__u32 key = 2, past = 4, value = 5;

	show_info(fd);
	SHOW(bpf_map_update_elem(fd, &key, &value, BPF_NOEXIST));
	SHOW(bpf_map_update_elem(fd, &key, &value, BPF_ANY));
	SHOW(bpf_map_update_elem(fd, &key, &value, BPF_EXIST));
	SHOW(bpf_map_update_elem(fd, &past, &value, BPF_ANY));
	value = 0;
	SHOW(bpf_map_lookup_elem(fd, &key, &value));
	printf("value %u\n", value);
	SHOW(bpf_map_lookup_elem(fd, &past, &value));
	SHOW(bpf_map_delete_elem(fd, &key));
	SHOW(bpf_map_lookup_and_delete_elem(fd, &key, &value));
	show_keys(fd);
	SHOW(bpf_map_create(BPF_MAP_TYPE_ARRAY, "wide", 8, 4, 4, NULL));
	close(fd);
	SHOW(bpf_map_lookup_elem(fd, &key, &value));
	return 0;
}
