/*
 * Linux and skep, driven alike: the same libbpf opens the same object, and BPF_PROG_TEST_RUN runs
 * it. What differs is where bpf(2) goes, and that is decided here, by standing in front of the C
 * library's syscall() and close().
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench/bench.h"
#include "skep/skep.h"

struct machine {
	struct bpf_object *object;
	struct skep *skep; /* NULL: Linux */
	struct bench_packet packet;
	int prog;
	double fixed; /* ns that a call takes besides running */
	unsigned long *consumer;
	const unsigned long *producer;
};

/* Whose bpf() the library calls now reach. */
static struct skep *current;

/* libbpf has to find these two before the C library's. */
#define IN_FRONT __attribute__((visibility("default")))

/* Serve one call by skep, which itself calls the functions below: those are for the C library. */
static long serve(long (*call)(struct skep *skep, const long *args), const long *args)
{
	struct skep *skep = current;
	long r;

	current = NULL;
	r = call(skep, args);
	current = skep;
	return r;
}

static long serve_bpf(struct skep *skep, const long *args)
{
	return skep_bpf(skep, (int)args[0], (void *)args[1], (unsigned int)args[2]);
}

static long serve_close(struct skep *skep, const long *args)
{
	return skep_close(skep, (int)args[0]);
}

IN_FRONT long syscall(long number, ...)
{
	static long (*next)(long, ...);
	long a[6], r;
	va_list args;

	va_start(args, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(args, long);
	va_end(args);
	if (!next)
		next = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
	if (number != SYS_bpf || !current)
		return next(number, a[0], a[1], a[2], a[3], a[4], a[5]);
	r = serve(serve_bpf, a);
	if (r >= 0)
		return r;
	errno = (int)-r;
	return -1;
}

IN_FRONT int close(int fd)
{
	static int (*next)(int);

	if (!next)
		next = (int (*)(int))dlsym(RTLD_NEXT, "close");
	if (current && !serve(serve_close, (const long[]){fd}))
		return 0;
	return next(fd);
}

/* What the programs want to find in their maps: some servers, an open port. */
static void fill_maps(struct machine *m)
{
	struct bpf_map *servers = bpf_object__find_map_by_name(m->object, "servers");
	struct bpf_map *ports = bpf_object__find_map_by_name(m->object, "ports");

	for (uint32_t key = 0; servers && key < 64; key++) {
		uint64_t server[2] = {0x0a0000 + key, 0};

		bpf_map_update_elem(bpf_map__fd(servers), &key, server, BPF_ANY);
	}
	for (uint32_t key = 0; ports && key < 65536; key++) {
		unsigned char open = 1;

		bpf_map_update_elem(bpf_map__fd(ports), &key, &open, BPF_ANY);
	}
}

/* The ring's positions, so that it can be emptied without reading it. */
static void find_ring(struct machine *m)
{
	struct bpf_map *ring = bpf_object__find_map_by_name(m->object, "ring");

	if (!ring)
		return;
	m->consumer = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(ring), 0);
	m->producer = mmap(NULL, 4096, PROT_READ, MAP_SHARED, bpf_map__fd(ring), 4096);
	if (m->consumer == MAP_FAILED || m->producer == MAP_FAILED)
		m->consumer = NULL;
}

static int be_quiet(enum libbpf_print_level level, const char *fmt, va_list args)
{
	return getenv("BENCH_VERBOSE") ? vfprintf(stderr, fmt, args) : (int)level * 0;
}

static int load_object(struct machine *m, const struct bench_case *c)
{
	struct bpf_program *prog;
	char path[512];

	snprintf(path, sizeof(path), "%s/progs/%s.bpf.o", bench_dir(), c->name);
	libbpf_set_print(be_quiet);
	m->object = bpf_object__open(path);
	if (!m->object)
		return -1;
	if (bpf_object__load(m->object))
		return -1;
	prog = bpf_object__find_program_by_name(m->object, c->program);
	m->prog = prog ? bpf_program__fd(prog) : -1;
	fill_maps(m);
	find_ring(m);
	return m->prog;
}

static void machine_close(void *state)
{
	struct machine *m = state;

	current = m->skep;
	if (m->consumer) {
		munmap(m->consumer, 4096);
		munmap((void *)m->producer, 4096);
	}
	bpf_object__close(m->object);
	current = NULL;
	if (m->skep)
		skep_free(m->skep);
	free(m);
}

/* One call: how long it took, and what it says itself that a run took. */
static double call(struct machine *m, uint32_t repeat, struct bpf_test_run_opts *opts)
{
	double start;
	int err;

	*opts = (struct bpf_test_run_opts){
		.sz = sizeof(*opts),
		.data_in = m->packet.data,
		.data_size_in = PACKET,
		.repeat = (int)repeat,
	};
	if (m->consumer)
		*m->consumer = *m->producer;
	current = m->skep;
	start = bench_now();
	err = bpf_prog_test_run_opts(m->prog, opts);
	start = bench_now() - start;
	current = NULL;
	return err ? -1 : start;
}

/*
 * Linux tells whole nanoseconds a run, rounded down, and spends milliseconds besides: it makes an
 * XDP program that is to run twice or more a direct call of its dispatcher's, and waits until no
 * CPU is in the old one.  So the call is timed as a whole, less what the shortest such call takes,
 * and as far as that is within what Linux says.
 */
static double machine_run(void *state, uint32_t repeat, uint32_t *value)
{
	struct bpf_test_run_opts opts;
	struct machine *m = state;
	double ns = call(m, repeat, &opts) - m->fixed;

	if (ns < -m->fixed)
		return -1;
	*value = opts.retval;
	if (getenv("XX"))
		fprintf(stderr, "%s repeat %u: %.2f own %u fixed %.0f\n",
			m->skep ? "skep" : "linux", repeat, ns / repeat, opts.duration, m->fixed);
	return ns;
}

static void find_fixed(struct machine *m)
{
	struct bpf_test_run_opts opts;

	for (int i = 0; i < 10; i++) {
		double ns = call(m, 2, &opts);

		if (!i || ns < m->fixed)
			m->fixed = ns;
	}
}

static void *machine_open(const struct bench_backend *self, const struct bench_case *c)
{
	struct skep_opts opts = {.size = sizeof(opts)};
	struct machine *m = calloc(1, sizeof(*m));
	int loaded = -1;

	if (self->arg) {
		opts.engine = *(const enum skep_engine *)self->arg;
		if (skep_new(&opts, &m->skep)) {
			free(m);
			return NULL;
		}
	}
	current = m->skep;
	loaded = load_object(m, c);
	current = NULL;
	bench_packet_fill(&m->packet);
	if (loaded >= 0) {
		find_fixed(m);
		return m;
	}
	if (m->skep)
		fprintf(stderr, "%s: %s does not load it\n", c->name, self->name);
	machine_close(m);
	return NULL;
}

static const enum skep_engine jit = SKEP_ENGINE_JIT, interp = SKEP_ENGINE_INTERP;

const struct bench_backend bench_linux = {"linux",       machine_open, machine_run,
					  machine_close, NULL,         200000000};
const struct bench_backend bench_skep_jit = {"skep jit",    machine_open, machine_run,
					     machine_close, &jit,         10000000};
const struct bench_backend bench_skep_interp = {"skep interp", machine_open, machine_run,
						machine_close, &interp,      10000000};
