/* A program written for -lbpf: loads an object, runs its program, reads its ring buffer. */
#include <stdio.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

static int seen;

static int on_record(void *cookie, void *record, size_t size)
{
	(void)cookie, (void)record, (void)size;
	seen++;
	return 0;
}

int main(int argc, char **argv)
{
	/* Ethernet, IPv4, TCP, SYN */
	unsigned char packet[74] = {[12] = 8, [14] = 0x45, [23] = 6, [26] = 10, [47] = 2};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet),
		    .repeat = 3);
	struct bpf_object *object = argc > 1 ? bpf_object__open_file(argv[1], NULL) : NULL;
	struct ring_buffer *ring;
	int first, again;

	if (!object || bpf_object__load(object))
		return 1;
	ring = ring_buffer__new(bpf_object__find_map_fd_by_name(object, "events"), on_record, NULL,
				NULL);
	if (!ring ||
	    bpf_prog_test_run_opts(bpf_program__fd(bpf_object__next_program(object, NULL)), &opts))
		return 2;
	first = ring_buffer__poll(ring, 100);
	again = ring_buffer__poll(ring, 10);
	printf("retval %u, polled %d, then %d, seen %d\n", opts.retval, first, again, seen);
	ring_buffer__free(ring);
	bpf_object__close(object);
	return 0;
}
