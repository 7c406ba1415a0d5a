/* Never ends. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char _license[] SEC("license") = "GPL";

SEC("xdp")
int loop(struct xdp_md *ctx)
{
	volatile int go = 1;

	while (go)
		go |= 1;
	return XDP_PASS;
}
