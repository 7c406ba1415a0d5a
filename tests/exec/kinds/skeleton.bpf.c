/* Global data of each kind, a ring buffer and a perf buffer, for skeleton.c. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
} buffer SEC(".maps");

const volatile int step = 0;
int counter = 5;
long long seen;

SEC("tc")
int count(struct __sk_buff *skb)
{
	long long value = __sync_fetch_and_add(&seen, step);

	counter++;
	bpf_ringbuf_output(&ring, &value, sizeof(value), 0);
	bpf_perf_event_output(skb, &buffer, BPF_F_CURRENT_CPU, &value, sizeof(value));
	return 0;
}

char _license[] SEC("license") = "GPL";
