/* pin.c set PATH: make a map, fill it, pin it.  pin.c get PATH: another process finds it there. */
#include "client.h"

static int set(const char *path)
{
	int fd = map_or_die(BPF_MAP_TYPE_HASH, 4, 8, 4, NULL);
	__u32 key = 5;
	__u64 value = 55;

	SHOW(bpf_map_update_elem(fd, &key, &value, BPF_ANY));
	SHOW(bpf_obj_pin(fd, path));
	SHOW(bpf_obj_pin(fd, path));
	SHOW(bpf_obj_pin(fd, "/tmp/not-a-bpf-file-system"));
	SHOW(bpf_obj_pin(1, path));
	return 0;
}

static int get(const char *path)
{
	int fd = bpf_obj_get(path);
	__u32 key = 5;
	__u64 value = 0;

	printf("got: %d\n", fd >= 0);
	show_info(fd);
	SHOW(bpf_map_lookup_elem(fd, &key, &value));
	printf("value %llu\n", value);
	SHOW(unlink(path));
	SHOW(bpf_obj_get(path));
	SHOW(unlink(path));
	SHOW(bpf_map_lookup_elem(fd, &key, &value));
	return 0;
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	return argv[1][0] == 's' ? set(argv[2]) : get(argv[2]);
}
