/* Drops capabilities, is refused, takes them back: what it says stands in test_caps.sh. */
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int get(struct __user_cap_data_struct data[2])
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};

	return (int)syscall(SYS_capget, &header, data);
}

static int set(struct __user_cap_data_struct data[2])
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};

	return (int)syscall(SYS_capset, &header, data);
}

static void create(const char *when)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_LRU_HASH, "caps", 4, 4, 4, NULL);

	printf("%s: %s\n", when, fd >= 0 ? "made" : strerrorname_np(errno));
	fflush(stdout);
	if (fd >= 0)
		close(fd);
}

int main(void)
{
	struct __user_cap_data_struct all[2], less[2], more[2];

	get(all);
	memcpy(less, all, sizeof(less));
	less[0].effective = less[1].effective = 0;
	create("with all");
	set(less);
	create("without effective ones");
	if (!fork()) {
		create("the child of that");
		_exit(0);
	}
	wait(NULL);
	set(all);
	create("taken back");
	memset(less, 0, sizeof(less));
	set(less);
	memcpy(more, all, sizeof(more));
	printf("after giving them away: %s\n", set(more) ? strerrorname_np(errno) : "taken back");
	create("and");
	return 0;
}
