/* A program with a skeleton that bpftool made of skeleton.bpf.c: global data, both buffers. */
#include <stdio.h>

#include <bpf/bpf.h>

#include "skeleton.h"

static int on_record(void *cookie, void *data, size_t size)
{
	(void)data, (void)size;
	(*(int *)cookie)++;
	return 0;
}

static void on_sample(void *cookie, int cpu, void *data, __u32 size)
{
	(void)cpu, (void)data, (void)size;
	(*(int *)cookie)++;
}

int main(void)
{
	struct skeleton *s = skeleton__open();
	char packet[64] = {0};
	int records = 0, samples = 0;
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = packet, .data_size_in = sizeof(packet),
		    .repeat = 10);
	struct ring_buffer *ring;
	struct perf_buffer *buffer;

	if (!s)
		return 1;
	s->rodata->step = 3;
	if (skeleton__load(s))
		return 2;
	ring = ring_buffer__new(bpf_map__fd(s->maps.ring), on_record, &records, NULL);
	buffer = perf_buffer__new(bpf_map__fd(s->maps.buffer), 8, on_sample, NULL, &samples, NULL);
	if (!ring || !buffer)
		return 3;
	printf("run: %d\n", bpf_prog_test_run_opts(bpf_program__fd(s->progs.count), &run));
	ring_buffer__poll(ring, 100);
	perf_buffer__poll(buffer, 100);
	printf("counter %d seen %lld records %d samples %d\n", s->data->counter, s->bss->seen, records,
	       samples);
	s->data->counter = 100;
	bpf_prog_test_run_opts(bpf_program__fd(s->progs.count), &run);
	printf("counter %d seen %lld\n", s->data->counter, s->bss->seen);
	ring_buffer__free(ring);
	perf_buffer__free(buffer);
	skeleton__destroy(s);
	return 0;
}
