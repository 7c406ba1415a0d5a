/*
 * The same C on every engine, in one run: rounds go through all engines in turn, so that what the
 * machine does meanwhile falls on all alike.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench/bench.h"

enum { WARM_UP = 2000, QUICK = 20 };

static const struct bench_case cases[] = {
	{"empty", "empty", KIND_EMPTY, 0},
	{"xorshift", "xorshift", KIND_COMPUTE, 0},
	{"fnv", "fnv", KIND_COMPUTE, 0},
	{"jhash", "jhash", KIND_COMPUTE, 0},
	{"siphash", "siphash", KIND_COMPUTE, 0},
	{"checksum", "checksum", KIND_COMPUTE, 0},
	{"crc32", "crc32", KIND_COMPUTE, 0},
	{"sort", "sort", KIND_COMPUTE, 0},
	{"sieve", "sieve", KIND_COMPUTE, 0},
	{"parse", "parse", KIND_COMPUTE, 0},
	{"search", "search", KIND_COMPUTE, 0},
	{"counter", "counter", KIND_MAPS, 0},
	{"flows", "flows_count", KIND_MAPS, 0},
	{"bucket", "bucket", KIND_MAPS, 0},
	{"conntrack", "conntrack", KIND_MAPS, 0},
	{"firewall", "firewall", KIND_MAPS, 0},
	{"balancer", "balancer", KIND_MAPS, 0},
	{"chain", "chain", KIND_MAPS, 0},
	{"producer", "producer", KIND_MAPS, 10000}, /* what the ring holds */
};

static const struct bench_backend *const backends[] = {
	&bench_native,   &bench_skep_jit,    &bench_linux,
	&bench_dpdk_jit, &bench_skep_interp, &bench_dpdk_interp,
};

enum {
	CASES = sizeof(cases) / sizeof(cases[0]),
	BACKENDS = sizeof(backends) / sizeof(backends[0])
};

const char *bench_dir(void)
{
	const char *dir = getenv("BENCH_DIR");

	return dir ? dir : "build/bench";
}

double bench_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

/* An IPv4 UDP packet with bytes that look random, and "needle" near its end. */
void bench_packet_fill(struct bench_packet *packet)
{
	static const unsigned char head[] = {
		2, 0,  0,  0, 0, 1,   2, 0, 0, 0,   0,  2,   8, 0,    0x45, 0, 5,  0xce, 0,    1, 0,
		0, 64, 17, 0, 0, 192, 0, 2, 1, 198, 51, 100, 7, 0x30, 0x39, 0, 80, 5,    0xba, 0, 0,
	};
	unsigned int x = 12345;

	packet->data = packet->room + 256;
	packet->data_end = packet->data + PACKET;
	for (int i = 0; i < PACKET; i++) {
		x = x * 1103515245 + 12345;
		packet->data[i] = (unsigned char)(x >> 16);
	}
	memcpy(packet->data, head, sizeof(head));
	memcpy(packet->data + 560, "needle", 6);
}

static uint32_t calibrate(const struct bench_backend *b, const struct bench_case *c, void *state,
			  double sample_ns, struct bench_said *said)
{
	uint32_t most = c->repeat_max ? c->repeat_max : 50000000, n = 16;
	double ns;

	b->run(state, WARM_UP < most ? WARM_UP : most, said);
	do {
		n *= 4;
		ns = b->run(state, n < most ? n : most, said);
	} while (ns < sample_ns / 8 && n < most);
	if (ns <= 0)
		return 0;
	ns = n * (sample_ns / ns);
	return ns < 1 ? 1 : ns > most ? most : (uint32_t)ns;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

void bench_times_end(struct bench_times *times, int rounds)
{
	qsort(times->ns, (size_t)rounds, sizeof(double), by_size);
	times->fastest = times->ns[0];
	times->median = (times->ns[(rounds - 1) / 2] + times->ns[rounds / 2]) / 2;
}

static void measure(const struct bench_table *t, const struct bench_case *c,
		    struct bench_result *results)
{
	uint32_t repeat[BACKENDS] = {0};
	void *state[BACKENDS];

	for (int b = 0; b < BACKENDS; b++) {
		double sample_ns = backends[b]->sample_ns / (t->quick ? QUICK : 1);

		state[b] = backends[b]->open(backends[b], c);
		if (state[b])
			repeat[b] =
				calibrate(backends[b], c, state[b], sample_ns, &results[b].said);
	}
	for (int round = 0; round < t->rounds; round++)
		for (int b = 0; b < BACKENDS; b++)
			if (repeat[b])
				results[b].times.ns[round] =
					backends[b]->run(state[b], repeat[b], &results[b].said) /
					repeat[b];
	for (int b = 0; b < BACKENDS; b++) {
		if (state[b])
			backends[b]->close(state[b]);
		if (repeat[b])
			bench_times_end(&results[b].times, t->rounds);
	}
}

/* An engine that computes something else is not fast but wrong. */
static int disagreements(const struct bench_case *c, const struct bench_result *results)
{
	int first = -1, bad = 0;

	for (int b = 0; b < BACKENDS; b++) {
		if (results[b].times.fastest <= 0)
			continue;
		if (first < 0)
			first = b;
		if (results[b].said.value != results[first].said.value) {
			fprintf(stderr, "%s: %s returns %u, %s %u\n", c->name,
				backends[first]->name, results[first].said.value, backends[b]->name,
				results[b].said.value);
			bad++;
		}
	}
	return bad;
}

static int is_wanted(const char *name, char **names)
{
	if (!*names)
		return 1;
	for (; *names; names++)
		if (!strcmp(*names, name))
			return 1;
	return 0;
}

static int all_known(char **names)
{
	for (; *names; names++) {
		int known = 0;

		for (int c = 0; c < CASES; c++)
			known |= !strcmp(*names, cases[c].name);
		if (known)
			continue;
		fprintf(stderr, "bench: no program of ours is called %s; there are:", *names);
		for (int c = 0; c < CASES; c++)
			fprintf(stderr, " %s", cases[c].name);
		fprintf(stderr, "\n");
		return 0;
	}
	return 1;
}

static void progress(const char *what, int n)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r%-12s %2d of %d", what, n, CASES);
}

/* bench [--quick] [CASE ...] */
int main(int argc, char **argv)
{
	static struct bench_result results[CASES][BACKENDS];
	struct bench_table table = {.cases = cases,
				    .backends = backends,
				    .nr_cases = CASES,
				    .nr_backends = BACKENDS,
				    .results = &results[0][0],
				    .rounds = ROUNDS};
	char **names = argv + 1;
	int bad = 0;

	if (argc > 1 && !strcmp(*names, "--quick")) {
		table.quick = 1;
		table.rounds = 1;
		names++;
	}
	if (!all_known(names))
		return 2;
	for (int c = 0; c < CASES; c++) {
		if (c && !is_wanted(cases[c].name, names))
			continue;
		progress(cases[c].name, c + 1);
		measure(&table, &cases[c], results[c]);
		bad += disagreements(&cases[c], results[c]);
	}
	progress("libskep", CASES);
	bench_figures(&table);
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r%30s\r", "");
	bench_report(&table);
	return bad != 0;
}
