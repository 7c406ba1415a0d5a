/*
 * Linux and skep, driven alike: the same libbpf opens the same object, and BPF_PROG_TEST_RUN runs
 * it.  What differs is where bpf(2) goes (bench/route.c), and what the kernel says of the program's
 * fd tells which it was.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
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

	bench_route(m->skep);
	if (m->consumer) {
		munmap(m->consumer, 4096);
		munmap((void *)m->producer, 4096);
	}
	bpf_object__close(m->object);
	bench_route(NULL);
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
	bench_route(m->skep);
	start = bench_now();
	err = bpf_prog_test_run_opts(m->prog, opts);
	start = bench_now() - start;
	bench_route(NULL);
	return err ? -1 : start;
}

/*
 * Linux tells whole nanoseconds a run, rounded down, and takes long besides: it makes an XDP
 * program that is to run twice or more a direct call of its dispatcher's.  So the call as a whole
 * is timed, less what the shortest such call takes.
 */
static double machine_run(void *state, uint32_t repeat, struct bench_said *said)
{
	struct bpf_test_run_opts opts;
	struct machine *m = state;
	double ns = call(m, repeat, &opts);

	said->value = opts.retval;
	said->duration = m->skep ? 0 : opts.duration;
	return ns < 0 ? -1 : ns - m->fixed;
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

/* Is this fd a program of Linux's that Linux has compiled?  The kernel's word, past all libraries.
 */
static int is_linux_jit(int fd)
{
	char path[64], line[256] = "";
	ssize_t n;
	int jited = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, line, sizeof(line) - 1);
	line[n < 0 ? 0 : n] = 0;
	if (strcmp(line, "anon_inode:bpf-prog") != 0)
		return 0;
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		jited |= !strcmp(line, "prog_jited:\t1\n");
	if (f)
		fclose(f);
	return jited;
}

/* A column that was measured on something else than it says would be worse than none. */
static void prove(const struct machine *m)
{
	if (is_linux_jit(m->prog) == !m->skep)
		return;
	fprintf(stderr, "bench: what should run on %s does not\n",
		m->skep ? "skep" : "Linux's JIT (is net.core.bpf_jit_enable 1?)");
	exit(EXIT_FAILURE);
}

static void *machine_open(const struct bench_backend *self, const struct bench_case *c)
{
	struct skep_opts opts = {.size = sizeof(opts)};
	struct machine *m = calloc(1, sizeof(*m));
	int loaded;

	if (self->arg) {
		opts.engine = *(const enum skep_engine *)self->arg;
		if (skep_new(&opts, &m->skep)) {
			free(m);
			return NULL;
		}
	}
	bench_route(m->skep);
	loaded = load_object(m, c);
	bench_route(NULL);
	bench_packet_fill(&m->packet);
	if (loaded >= 0) {
		prove(m);
		find_fixed(m);
		return m;
	}
	if (m->skep)
		fprintf(stderr, "%s: %s does not load it\n", c->name, self->name);
	machine_close(m);
	return NULL;
}

struct skep *bench_instance(void *state, int *fd)
{
	struct machine *m = state;

	*fd = m->prog;
	return m->skep;
}

static const enum skep_engine jit = SKEP_ENGINE_JIT, interp = SKEP_ENGINE_INTERP;

const struct bench_backend bench_linux = {"linux",       machine_open, machine_run,
					  machine_close, NULL,         200000000};
const struct bench_backend bench_skep_jit = {"skep jit",    machine_open, machine_run,
					     machine_close, &jit,         10000000};
const struct bench_backend bench_skep_interp = {"skep interp", machine_open, machine_run,
						machine_close, &interp,      10000000};
