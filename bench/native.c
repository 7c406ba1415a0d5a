/* gcc -O2, and DPDK's engines: programs without maps, called as C functions. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"

typedef uint64_t (*native_fn)(struct bench_packet *packet);

struct native {
	void *so;
	native_fn fn;
	struct bench_packet packet;
	void *insns;
	const void *prog;
	uint64_t (*dpdk_run)(const void *prog, void *packet);
};

static void *native_open(const struct bench_backend *self, const struct bench_case *c)
{
	char path[512];
	struct native *n;

	(void)self;
	if (c->kind == KIND_MAPS)
		return NULL;
	snprintf(path, sizeof(path), "%s/native/%s.so", bench_dir(), c->name);
	n = calloc(1, sizeof(*n));
	n->so = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	n->fn = n->so ? (native_fn)dlsym(n->so, c->program) : NULL;
	if (!n->fn) {
		free(n);
		return NULL;
	}
	bench_packet_fill(&n->packet);
	return n;
}

static double native_run(void *state, uint32_t repeat, struct bench_said *said)
{
	struct native *n = state;
	double start = bench_now();
	uint64_t r = 0;

	for (uint32_t i = 0; i < repeat; i++)
		r = n->fn(&n->packet);
	said->value = (uint32_t)r;
	return bench_now() - start;
}

static void native_close(void *state)
{
	struct native *n = state;

	dlclose(n->so);
	free(n->insns);
	free(n);
}

static void *read_file(const char *path, size_t *size)
{
	FILE *f = fopen(path, "rb");
	char *bytes = malloc(1 << 16);

	*size = f ? fread(bytes, 1, 1 << 16, f) : 0;
	if (f)
		fclose(f);
	return bytes;
}

static void *dpdk_open(const struct bench_backend *self, const struct bench_case *c)
{
	void *(*load)(const void *, unsigned int, int);
	char path[512];
	struct native *n;
	size_t size;

	if (c->kind == KIND_MAPS)
		return NULL;
	snprintf(path, sizeof(path), "%s/dpdk.so", bench_dir());
	n = calloc(1, sizeof(*n));
	n->so = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!n->so) {
		free(n);
		return NULL;
	}
	load = (void *(*)(const void *, unsigned int, int))dlsym(n->so, "dpdk_load");
	n->dpdk_run = (uint64_t(*)(const void *, void *))dlsym(n->so, "dpdk_run");
	snprintf(path, sizeof(path), "%s/raw/%s.insns", bench_dir(), c->name);
	n->insns = read_file(path, &size);
	n->prog = size ? load(n->insns, (unsigned int)(size / 8), *(const int *)self->arg) : NULL;
	if (!n->prog) {
		native_close(n);
		return NULL;
	}
	bench_packet_fill(&n->packet);
	return n;
}

static double dpdk_run(void *state, uint32_t repeat, struct bench_said *said)
{
	struct native *n = state;
	double start = bench_now();
	uint64_t r = 0;

	for (uint32_t i = 0; i < repeat; i++)
		r = n->dpdk_run(n->prog, &n->packet);
	said->value = (uint32_t)r;
	return bench_now() - start;
}

static const int yes = 1, no = 0;

const struct bench_backend bench_native = {"native",     native_open, native_run,
					   native_close, NULL,        10000000};
const struct bench_backend bench_dpdk_jit = {"dpdk jit",   dpdk_open, dpdk_run,
					     native_close, &yes,      10000000};
const struct bench_backend bench_dpdk_interp = {"dpdk interp", dpdk_open, dpdk_run,
						native_close,  &no,       10000000};
