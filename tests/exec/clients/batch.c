/* Many elements by one call. */
#include "client.h"

enum { COUNT = 10 };

static int compare(const void *a, const void *b)
{
	return *(const __u32 *)a < *(const __u32 *)b ? -1 : *(const __u32 *)a > *(const __u32 *)b;
}

static void use(enum bpf_map_type type)
{
	int fd = map_or_die(type, sizeof(__u32), sizeof(__u32), COUNT, NULL);
	__u32 keys[COUNT], values[COUNT], token = 0, sum = 0, count = COUNT;

	for (__u32 i = 0; i < COUNT; i++) {
		keys[i] = i;
		values[i] = 10 * i;
	}
	SHOW(bpf_map_update_batch(fd, keys, values, &count, NULL));
	printf("count %u\n", count);
	memset(keys, 0, sizeof(keys));
	memset(values, 0, sizeof(values));
	count = COUNT;
	SHOW(bpf_map_lookup_batch(fd, NULL, &token, keys, values, &count, NULL));
	for (__u32 i = 0; i < count; i++)
		sum += values[i] - 10 * keys[i];
	qsort(keys, count, sizeof(*keys), compare);
	printf("count %u first %u last %u off by %u\n", count, keys[0], keys[count ? count - 1 : 0],
	       sum);
	count = 3;
	SHOW(bpf_map_delete_batch(fd, keys, &count, NULL));
	printf("count %u\n", count);
	count = COUNT;
	SHOW(bpf_map_lookup_and_delete_batch(fd, NULL, &token, keys, values, &count, NULL));
	printf("count %u\n", count);
	show_keys(fd);
	close(fd);
}

int main(void)
{
	use(BPF_MAP_TYPE_HASH);
	use(BPF_MAP_TYPE_ARRAY);
	use(BPF_MAP_TYPE_LRU_HASH);
	return 0;
}
