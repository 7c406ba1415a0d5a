/*
 * What the clients share.  A client is an ordinary libbpf program: gcc NAME.c -lbpf.  It prints
 * what every call answered; run on Linux as root and under `skep exec` as anybody, it prints the
 * same.  Include this first.
 */
#ifndef TESTS_EXEC_CLIENT_H
#define TESTS_EXEC_CLIENT_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* strerrorname_np */
#endif
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Say what a call answered: its value, or its errno by name. */
#define SHOW(call)                                                                                 \
	do {                                                                                       \
		long answer_ = (errno = 0, (call));                                                \
		if (answer_ < 0)                                                                   \
			printf("%s: %s\n", #call, errno_name(errno));                              \
		else                                                                               \
			printf("%s: %ld\n", #call, answer_);                                       \
	} while (0)

static inline const char *errno_name(int err)
{
	static char number[16];
	const char *name = strerrorname_np(err);

	snprintf(number, sizeof(number), "errno %d", err);
	return name ? name : number;
}

/* A map, or the end of the client: nothing after it would mean anything. */
static inline int map_or_die(enum bpf_map_type type, __u32 key_size, __u32 value_size,
			     __u32 entries, const struct bpf_map_create_opts *opts)
{
	int fd = bpf_map_create(type, "client", key_size, value_size, entries, opts);

	if (fd < 0) {
		printf("create of map type %d: %s\n", type, errno_name(errno));
		exit(1);
	}
	return fd;
}

/* Keys in ascending order, because hashes have none of their own. */
static inline void show_keys(int fd)
{
	__u32 keys[256], count = 0, *at = NULL;

	while (count < 256 && !bpf_map_get_next_key(fd, at, &keys[count]))
		at = &keys[count++];
	printf("keys end: %s; %u of them:", errno_name(errno), count);
	for (__u32 wanted = 0; wanted < 65536 && count < 256; wanted++)
		for (__u32 i = 0; i < count; i++)
			if (keys[i] == wanted)
				printf(" %u", wanted);
	printf("\n");
}

/* What bpf_map_get_info_by_fd's struct tells, without the id. */
static inline void show_info(int fd)
{
	struct bpf_map_info info = {};
	__u32 size = sizeof(info);

	SHOW(bpf_obj_get_info_by_fd(fd, &info, &size));
	printf("info: type %u key %u value %u entries %u flags %#x name %s\n", info.type,
	       info.key_size, info.value_size, info.max_entries, info.map_flags, info.name);
}

#endif
