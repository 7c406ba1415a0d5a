/* The benchmark's parts: cases, backends, results. */
#ifndef SKEP_BENCH_BENCH_H
#define SKEP_BENCH_BENCH_H

#include <stddef.h>
#include <stdint.h>

enum { PACKET = 1500, ROUNDS = 10 };

/* What a case is dominated by: the targets differ. */
enum bench_kind { KIND_EMPTY, KIND_COMPUTE, KIND_MAPS };

struct bench_case {
	const char *name;    /* bench/progs/NAME.bpf.c */
	const char *program; /* the function in it */
	enum bench_kind kind;
	uint32_t repeat_max; /* 0: no limit */
};

struct bench_packet {
	unsigned char *data, *data_end;
	unsigned char room[256 + PACKET];
};

/*
 * One way to run programs.  open gives a state or NULL when this backend cannot run the case (no
 * maps, no bpf() on this machine, not installed); run goes through it `repeat` times and returns
 * the nanoseconds that took, -1 on failure.  *value is what the program returned.
 */
struct bench_backend {
	const char *name;
	void *(*open)(const struct bench_backend *self, const struct bench_case *c);
	double (*run)(void *state, uint32_t repeat, uint32_t *value);
	void (*close)(void *state);
	const void *arg;
	double sample_ns; /* how long a sample should take */
};

/* A time, per run of the program. */
struct bench_result {
	double ns[ROUNDS];
	double fastest, median; /* 0: not measured */
	uint32_t value;
};

extern const struct bench_backend bench_native, bench_dpdk_jit, bench_dpdk_interp, bench_linux,
	bench_skep_jit, bench_skep_interp;

/* Where `make bench` put what the programs were compiled to. */
const char *bench_dir(void);
void bench_packet_fill(struct bench_packet *packet);
double bench_now(void);

/* bench/report.c: the table on standard output, JSON and the plot's data into bench_dir(). */
struct bench_table {
	const struct bench_case *cases;
	const struct bench_backend *const *backends;
	size_t nr_cases, nr_backends;
	struct bench_result *results; /* [case][backend] */
};
void bench_report(const struct bench_table *table);

#endif
