/* Maps that hold other objects by fd: programs, and perf events. */
#include "client.h"

#include <linux/bpf.h>

/* r0 = 1; exit */
static const struct bpf_insn one[] = {
	{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 1},
	{.code = BPF_JMP | BPF_EXIT},
};

static int load(enum bpf_prog_type type)
{
	return bpf_prog_load(type, "one", "GPL", one, 2, NULL);
}

int main(void)
{
	int fd = map_or_die(BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 4, NULL);
	int events = map_or_die(BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, 2, NULL);
	int xdp = load(BPF_PROG_TYPE_XDP), filter = load(BPF_PROG_TYPE_SOCKET_FILTER);
	int none = -1, bad = 0;
	__u32 key = 1, empty = 2, past = 9, id = 0;

	printf("programs: %d %d\n", xdp >= 0, filter >= 0);
	SHOW(bpf_map_update_elem(fd, &key, &xdp, BPF_ANY));
	SHOW(bpf_map_update_elem(fd, &key, &filter, BPF_ANY));
	SHOW(bpf_map_update_elem(fd, &key, &none, BPF_ANY));
	SHOW(bpf_map_update_elem(fd, &key, &bad, BPF_ANY));
	SHOW(bpf_map_update_elem(fd, &key, &xdp, BPF_NOEXIST));
	SHOW(bpf_map_update_elem(fd, &past, &xdp, BPF_ANY));
	SHOW(bpf_map_lookup_elem(fd, &key, &id));
	printf("an id: %d\n", id != 0);
	SHOW(bpf_map_lookup_elem(fd, &empty, &id));
	show_keys(fd);
	SHOW(bpf_map_delete_elem(fd, &key));
	SHOW(bpf_map_delete_elem(fd, &key));
	SHOW(bpf_map_update_elem(events, &key, &xdp, BPF_ANY));
	SHOW(bpf_map_lookup_elem(events, &key, &id));
	SHOW(bpf_map_delete_elem(events, &key));
	show_keys(events);
	return 0;
}
