/* Where a field of a kernel's struct is, by CO-RE: what libbpf finds in the types that it was
 * given. */
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

struct task_struct {
	int pid;
} __attribute__((preserve_access_index));

char _license[] SEC("license") = "GPL";

SEC("syscall")
int where(void *ctx)
{
	if (!bpf_core_type_exists(struct task_struct))
		return -1;
	return bpf_core_field_offset(struct task_struct, pid);
}
