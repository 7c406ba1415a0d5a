/* Sections whose names Debian 12's libbpf does not know yet. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char _license[] SEC("license") = "GPL";

SEC("netfilter")
int hook(void *ctx)
{
	return 1;
}

SEC("tcx/ingress")
int classify(struct __sk_buff *skb)
{
	return 7;
}
