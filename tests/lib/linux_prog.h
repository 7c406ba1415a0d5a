/* The real bpf(), where the machine has it: load instructions as a syscall program, run them. */
#ifndef SKEP_TESTS_LINUX_PROG_H
#define SKEP_TESTS_LINUX_PROG_H

#include <sys/syscall.h>
#include <unistd.h>

#include "base/abi.h"
#include "base/types.h"

static inline long linux_bpf(int cmd, union bpf_attr *attr)
{
	return syscall(__NR_bpf, cmd, attr, sizeof(*attr));
}

/* An fd or -1.  Such programs may read and write all of their context. */
static inline int linux_load(const struct bpf_insn *insns, u32 len)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_SYSCALL;
	attr.prog_flags = BPF_F_SLEEPABLE;
	attr.insns = ptr_to_u64(insns);
	attr.insn_cnt = len;
	attr.license = ptr_to_u64("GPL");
	return (int)linux_bpf(BPF_PROG_LOAD, &attr);
}

/* Run it on a context: 0 or -1. */
static inline int linux_run(int fd, void *ctx, u32 size, u32 *r0)
{
	union bpf_attr attr;
	long err;

	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = (u32)fd;
	attr.test.ctx_in = ptr_to_u64(ctx);
	attr.test.ctx_size_in = size;
	err = linux_bpf(BPF_PROG_TEST_RUN, &attr);
	*r0 = attr.test.retval;
	return (int)err;
}

static inline int linux_available(void)
{
	static const struct bpf_insn nothing[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K},
		{.code = BPF_JMP | BPF_EXIT},
	};
	int fd = linux_load(nothing, 2);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

#endif
