/* Stands for a kernel's types: a task_struct whose pid is at offset 24. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct task_struct {
	long state[3];
	int pid;
};

struct task_struct task;
