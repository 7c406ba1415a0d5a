/* Calls a helper of 5.5, in whose place libbpf puts an older one where "the kernel" lacks it. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char _license[] SEC("license") = "GPL";

SEC("raw_tp/probe")
int probe(void *ctx)
{
	long word = 0;

	return bpf_probe_read_kernel(&word, sizeof(word), ctx) < 0;
}
