/* By program type, from Linux's checks in BPF_PROG_TEST_RUN. */
#include "base/abi.h"

#include "tools/input.h"

#define PACKET "a packet (--pcap, --data, --hex) of an Ethernet header or more"
#define SKB PACKET ", perhaps with --ctx, a struct __sk_buff"

static const struct input {
	const char *wanted;
	bool data;
} inputs[__MAX_BPF_PROG_TYPE] = {
	[BPF_PROG_TYPE_SOCKET_FILTER] = {SKB, true},
	[BPF_PROG_TYPE_SCHED_CLS] = {SKB, true},
	[BPF_PROG_TYPE_SCHED_ACT] = {SKB, true},
	[BPF_PROG_TYPE_XDP] = {PACKET ", perhaps with --ctx, a struct xdp_md", true},
	[BPF_PROG_TYPE_CGROUP_SKB] = {SKB, true},
	[BPF_PROG_TYPE_LWT_IN] = {SKB, true},
	[BPF_PROG_TYPE_LWT_OUT] = {SKB, true},
	[BPF_PROG_TYPE_LWT_XMIT] = {SKB, true},
	[BPF_PROG_TYPE_LWT_SEG6LOCAL] = {SKB, true},
	[BPF_PROG_TYPE_SK_SKB] = {PACKET, true},
	[BPF_PROG_TYPE_FLOW_DISSECTOR] = {PACKET ", perhaps with --ctx, a struct bpf_flow_keys",
					  true},
	[BPF_PROG_TYPE_NETFILTER] = {PACKET ", perhaps with --ctx, a struct nf_hook_state", true},
	[BPF_PROG_TYPE_SK_LOOKUP] = {"--ctx alone, a struct bpf_sk_lookup", false},
	[BPF_PROG_TYPE_RAW_TRACEPOINT] = {"--ctx alone, 8 bytes an argument, all that it reads",
					  false},
	[BPF_PROG_TYPE_SYSCALL] = {"--ctx alone, all that it reads", false},
};

static const struct input *input_of(u32 prog_type)
{
	static const struct input none;

	return prog_type < ARRAY_SIZE(inputs) ? &inputs[prog_type] : &none;
}

bool input_takes_data(u32 prog_type)
{
	return input_of(prog_type)->data;
}

const char *input_wanted(u32 prog_type)
{
	return input_of(prog_type)->wanted;
}
