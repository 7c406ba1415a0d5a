/* Maps of maps: an inner map is put in by fd and read back by id. */
#include "client.h"

static void use(enum bpf_map_type type)
{
	int inner = map_or_die(BPF_MAP_TYPE_ARRAY, 4, 8, 2, NULL);
	int wide = map_or_die(BPF_MAP_TYPE_ARRAY, 4, 16, 2, NULL);
	LIBBPF_OPTS(bpf_map_create_opts, opts, .inner_map_fd = inner);
	int fd = map_or_die(type, 4, 4, 4, &opts);
	struct bpf_map_info info = {};
	__u32 key = 0, id = 0, size = sizeof(info);

	show_info(fd);
	SHOW(bpf_map_update_elem(fd, &key, &inner, BPF_ANY));
	SHOW(bpf_map_update_elem(fd, &key, &wide, BPF_ANY));
	SHOW(bpf_map_update_elem(fd, &key, &inner, BPF_NOEXIST));
	SHOW(bpf_map_update_elem(fd, &key, &inner, BPF_EXIST));
	SHOW(bpf_map_lookup_elem(fd, &key, &id));
	bpf_obj_get_info_by_fd(inner, &info, &size);
	printf("its id: %d\n", id == info.id);
	SHOW(bpf_map_update_elem(fd, &key, &fd, BPF_ANY));
	show_keys(fd);
	SHOW(bpf_map_delete_elem(fd, &key));
	SHOW(bpf_map_lookup_elem(fd, &key, &id));
	close(fd);
	close(inner);
	close(wide);
}

int main(void)
{
	use(BPF_MAP_TYPE_ARRAY_OF_MAPS);
	use(BPF_MAP_TYPE_HASH_OF_MAPS);
	SHOW(bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, "none", 4, 4, 4, NULL));
	return 0;
}
