/* The benchmark's parts: cases, backends, results, figures, targets. */
#ifndef SKEP_BENCH_BENCH_H
#define SKEP_BENCH_BENCH_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { PACKET = 1500, ROUNDS = 10, FIGURES = 6 };

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

/* What the last run said: what the program returned; Linux's own ns a run, 0 of others. */
struct bench_said {
	uint32_t value, duration;
};

/*
 * One way to run programs.  open gives a state or NULL when this backend cannot run the case (no
 * maps, no bpf() on this machine, not installed); run goes through it `repeat` times and returns
 * the nanoseconds that took, at most 0 when that is too little to tell.
 */
struct bench_backend {
	const char *name;
	void *(*open)(const struct bench_backend *self, const struct bench_case *c);
	double (*run)(void *state, uint32_t repeat, struct bench_said *said);
	void (*close)(void *state);
	const void *arg;
	double sample_ns; /* how long a sample should take */
};

/* Times: of one run of a program, or of whatever a figure is about. */
struct bench_times {
	double ns[ROUNDS];
	double fastest, median; /* 0: not measured */
};

struct bench_result {
	struct bench_times times;
	struct bench_said said;
};

/* What libskep's own functions take: bench/figures.c. */
struct bench_figure {
	const char *name, *what;
	struct bench_times times;
};

extern const struct bench_backend bench_native, bench_dpdk_jit, bench_dpdk_interp, bench_linux,
	bench_skep_jit, bench_skep_interp;

struct bench_table {
	const struct bench_case *cases;
	const struct bench_backend *const *backends;
	size_t nr_cases, nr_backends;
	struct bench_result *results; /* [case][backend]; case 0 is the empty program */
	struct bench_figure figures[FIGURES];
	int rounds;
	int quick; /* samples a twentieth as long: to see that everything works */
};

/* Where `make bench` put what the programs were compiled to. */
const char *bench_dir(void);
void bench_packet_fill(struct bench_packet *packet);

/* ns that this thread has run: what others do on the machine, or Linux's waiting, is not in it. */
double bench_now(void);

/* Sort, and fill in the fastest and the median of the first `rounds`. */
void bench_times_end(struct bench_times *times, int rounds);

/* bench/route.c: where libbpf's calls go from now on; NULL: to Linux. */
struct skep;
void bench_route(struct skep *skep);

/* bench/bpf.c: the instance and the program's fd behind a state of a skep backend. */
struct skep *bench_instance(void *state, int *fd);

/* bench/figures.c */
void bench_figures(struct bench_table *table);

/* bench/ratio.c: times less the backend's own empty run, compared. */
struct bench_ratio {
	double mean, worst; /* geometric mean; of n cases, 0: nothing to compare */
	size_t n, worst_case;
};
enum { KIND_ANY = -1 };
size_t bench_column(const struct bench_table *t, const char *backend);
const struct bench_result *bench_result(const struct bench_table *t, size_t c, size_t b);
double bench_net(const struct bench_table *t, size_t c, size_t b);
struct bench_ratio bench_ratio(const struct bench_table *t, const char *a, const char *b, int kind);

/* bench/target.c: what was to be reached, with what was. */
void bench_targets_print(FILE *out, const struct bench_table *t);
void bench_targets_json(FILE *out, const struct bench_table *t);

/* bench/report.c: the table on standard output, JSON and the plot's data into bench_dir(). */
void bench_report(const struct bench_table *t);

#endif
