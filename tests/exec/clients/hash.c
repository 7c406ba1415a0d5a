/* Hash maps: plain, LRU and without preallocation. */
#include "client.h"

static void use(enum bpf_map_type type, __u32 flags)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = flags);
	int fd = map_or_die(type, sizeof(__u32), sizeof(__u64), 16, &opts);
	__u32 key = 7, other = 8;
	__u64 value = 70;

	show_info(fd);
	SHOW(bpf_map_lookup_elem(fd, &key, &value));
	SHOW(bpf_map_update_elem(fd, &key, &value, BPF_EXIST));
	SHOW(bpf_map_update_elem(fd, &key, &value, BPF_ANY));
	SHOW(bpf_map_update_elem(fd, &key, &value, BPF_NOEXIST));
	value = 71;
	SHOW(bpf_map_update_elem(fd, &key, &value, BPF_EXIST));
	SHOW(bpf_map_update_elem(fd, &other, &value, BPF_NOEXIST));
	SHOW(bpf_map_update_elem(fd, &key, &value, 17));
	value = 0;
	SHOW(bpf_map_lookup_elem(fd, &key, &value));
	printf("value %llu\n", value);
	show_keys(fd);
	value = 0;
	SHOW(bpf_map_lookup_and_delete_elem(fd, &other, &value));
	printf("value %llu\n", value);
	SHOW(bpf_map_delete_elem(fd, &key));
	SHOW(bpf_map_delete_elem(fd, &key));
	show_keys(fd);
	close(fd);
}

static void fill(void)
{
	int fd = map_or_die(BPF_MAP_TYPE_HASH, sizeof(__u32), sizeof(__u64), 4, NULL);
	__u64 value = 1;

	for (__u32 key = 1; key <= 5; key++)
		SHOW(bpf_map_update_elem(fd, &key, &value, BPF_ANY));
	show_keys(fd);
	close(fd);
}

int main(void)
{
	__u32 key = 0;
	__u64 value = 0;

	use(BPF_MAP_TYPE_HASH, 0);
	use(BPF_MAP_TYPE_HASH, BPF_F_NO_PREALLOC);
	use(BPF_MAP_TYPE_LRU_HASH, 0);
	fill();
	SHOW(bpf_map_create(BPF_MAP_TYPE_HASH, "none", 0, 8, 1, NULL));
	SHOW(bpf_map_create(BPF_MAP_TYPE_HASH, "none", 4, 8, 0, NULL));
	SHOW(bpf_map_create(BPF_MAP_TYPE_HASH, "bad-name", 4, 8, 1, NULL));
	SHOW(bpf_map_lookup_elem(-1, &key, &value));
	SHOW(bpf_map_lookup_elem(0, &key, &value));
	return 0;
}
