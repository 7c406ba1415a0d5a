/* A frozen map can only be read, through any fd. */
#include "client.h"

#include <sys/mman.h>

int main(void)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	int fd = map_or_die(BPF_MAP_TYPE_ARRAY, 4, 8, 4, &opts);
	int hash = map_or_die(BPF_MAP_TYPE_HASH, 4, 8, 4, NULL);
	long page = sysconf(_SC_PAGESIZE);
	__u64 *seen = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	__u32 key = 1;
	__u64 value = 11;

	printf("mapped: %d\n", seen != MAP_FAILED);
	SHOW(bpf_map_update_elem(fd, &key, &value, BPF_ANY));
	printf("seen %llu\n", seen[1]);
	seen[1] = 12;
	SHOW(bpf_map_lookup_elem(fd, &key, &value));
	printf("value %llu\n", value);
	SHOW(bpf_map_freeze(fd));
	munmap(seen, page);
	SHOW(bpf_map_freeze(fd));
	SHOW(bpf_map_freeze(fd));
	SHOW(bpf_map_update_elem(fd, &key, &value, BPF_ANY));
	printf("writable: %d\n",
	       mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) != MAP_FAILED);
	printf("readable: %d\n", mmap(NULL, page, PROT_READ, MAP_SHARED, fd, 0) != MAP_FAILED);
	printf("a hash: %d\n", mmap(NULL, page, PROT_READ, MAP_SHARED, hash, 0) != MAP_FAILED);
	printf("errno %s\n", errno_name(errno));
	SHOW(bpf_map_update_elem(hash, &key, &value, BPF_ANY));
	SHOW(bpf_map_freeze(hash));
	SHOW(bpf_map_update_elem(hash, &key, &value, BPF_ANY));
	SHOW(bpf_map_delete_elem(hash, &key));
	SHOW(bpf_map_lookup_elem(hash, &key, &value));
	return 0;
}
