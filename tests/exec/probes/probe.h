/* For clients that call bpf(2) themselves. */
#ifndef SKEP_TESTS_PROBE_H
#define SKEP_TESTS_PROBE_H

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static inline long sys_bpf(int cmd, union bpf_attr *attr)
{
	return syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

static inline int map_create(unsigned type, unsigned key, unsigned value, unsigned max,
			     unsigned flags)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = type;
	attr.key_size = key;
	attr.value_size = value;
	attr.max_entries = max;
	attr.map_flags = flags;
	return (int)sys_bpf(BPF_MAP_CREATE, &attr);
}

static inline int map_lookup(int fd, const void *key, void *value)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = (unsigned)fd;
	attr.key = (unsigned long)key;
	attr.value = (unsigned long)value;
	return (int)sys_bpf(BPF_MAP_LOOKUP_ELEM, &attr);
}

static inline int map_update(int fd, const void *key, const void *value)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = (unsigned)fd;
	attr.key = (unsigned long)key;
	attr.value = (unsigned long)value;
	return (int)sys_bpf(BPF_MAP_UPDATE_ELEM, &attr);
}

/* The lowest map id, or 0. */
static inline unsigned first_map(void)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	return sys_bpf(BPF_MAP_GET_NEXT_ID, &attr) ? 0 : attr.next_id;
}

/* A socket filter that returns 0. */
static inline int prog_load(void)
{
	static const struct bpf_insn insns[] = {{.code = 0xb7}, {.code = 0x95}};
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
	attr.insns = (unsigned long)insns;
	attr.insn_cnt = 2;
	attr.license = (unsigned long)"GPL";
	return (int)sys_bpf(BPF_PROG_LOAD, &attr);
}

static inline int prog_run(int fd, unsigned repeat)
{
	static char packet[64];
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = (unsigned)fd;
	attr.test.data_in = (unsigned long)packet;
	attr.test.data_size_in = sizeof(packet);
	attr.test.repeat = repeat;
	return (int)sys_bpf(BPF_PROG_TEST_RUN, &attr);
}

static inline double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* One line a finding: what the shell compares. */
static inline void say(const char *what, int good)
{
	printf("%s: %s\n", what, good ? "yes" : "NO");
	fflush(stdout);
}

#endif
