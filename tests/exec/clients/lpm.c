/* The trie of prefixes: the longest that fits answers. */
#include "client.h"

#include <arpa/inet.h>

struct prefix {
	__u32 length;
	__u8 address[4];
};

static struct prefix prefix(__u32 length, const char *text)
{
	struct prefix p = {length};

	inet_pton(AF_INET, text, p.address);
	return p;
}

int main(void)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_NO_PREALLOC);
	int fd = map_or_die(BPF_MAP_TYPE_LPM_TRIE, sizeof(struct prefix), 4, 8, &opts);
	struct prefix net = prefix(16, "10.1.0.0"), host = prefix(32, "10.1.2.3");
	struct prefix asked = prefix(32, "10.1.9.9"), far = prefix(32, "192.0.2.1");
	struct prefix bad = prefix(33, "10.0.0.0");
	__u32 value = 16;

	show_info(fd);
	SHOW(bpf_map_update_elem(fd, &net, &value, BPF_ANY));
	value = 32;
	SHOW(bpf_map_update_elem(fd, &host, &value, BPF_NOEXIST));
	SHOW(bpf_map_update_elem(fd, &host, &value, BPF_NOEXIST));
	SHOW(bpf_map_update_elem(fd, &bad, &value, BPF_ANY));
	SHOW(bpf_map_lookup_elem(fd, &asked, &value));
	printf("value %u\n", value);
	SHOW(bpf_map_lookup_elem(fd, &host, &value));
	printf("value %u\n", value);
	SHOW(bpf_map_lookup_elem(fd, &far, &value));
	SHOW(bpf_map_delete_elem(fd, &asked));
	SHOW(bpf_map_delete_elem(fd, &net));
	SHOW(bpf_map_lookup_elem(fd, &asked, &value));
	return 0;
}
