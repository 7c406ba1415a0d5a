/*
 * The same C on every engine, in one run: rounds go through all engines in turn, so that what the
 * machine does meanwhile falls on all alike.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/bench.h"

enum { WARM_UP = 2000 };

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
			  uint32_t *value)
{
	uint32_t most = c->repeat_max ? c->repeat_max : 50000000, n = 16;
	double ns;

	b->run(state, WARM_UP < most ? WARM_UP : most, value);
	do {
		n *= 4;
		ns = b->run(state, n < most ? n : most, value);
	} while (ns >= 0 && ns < b->sample_ns / 8 && n < most);
	if (ns <= 0)
		return 0;
	ns = n * (b->sample_ns / ns);
	return ns < 1 ? 1 : ns > most ? most : (uint32_t)ns;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void measure(const struct bench_case *c, struct bench_result *results)
{
	void *state[BACKENDS];
	uint32_t repeat[BACKENDS];

	for (int b = 0; b < BACKENDS; b++) {
		state[b] = backends[b]->open(backends[b], c);
		repeat[b] = state[b] ? calibrate(backends[b], c, state[b], &results[b].value) : 0;
	}
	for (int round = 0; round < ROUNDS; round++)
		for (int b = 0; b < BACKENDS; b++)
			if (repeat[b])
				results[b].ns[round] =
					backends[b]->run(state[b], repeat[b], &results[b].value) /
					repeat[b];
	for (int b = 0; b < BACKENDS; b++) {
		if (!state[b])
			continue;
		backends[b]->close(state[b]);
		if (!repeat[b])
			continue;
		qsort(results[b].ns, ROUNDS, sizeof(double), by_size);
		results[b].fastest = results[b].ns[0];
		results[b].median = (results[b].ns[ROUNDS / 2 - 1] + results[b].ns[ROUNDS / 2]) / 2;
	}
}

/* An engine that computes something else is not fast but wrong. */
static int disagreements(const struct bench_case *c, const struct bench_result *results)
{
	int first = -1, bad = 0;

	for (int b = 0; b < BACKENDS; b++) {
		if (results[b].fastest <= 0)
			continue;
		if (first < 0)
			first = b;
		if (results[b].value != results[first].value) {
			fprintf(stderr, "%s: %s returns %u, %s %u\n", c->name,
				backends[first]->name, results[first].value, backends[b]->name,
				results[b].value);
			bad++;
		}
	}
	return bad;
}

int main(int argc, char **argv)
{
	static struct bench_result results[CASES][BACKENDS];
	struct bench_table table = {cases, backends, CASES, BACKENDS, &results[0][0]};
	int bad = 0;

	for (int c = 0; c < CASES; c++) {
		if (argc > 1 && c && strcmp(argv[1], cases[c].name))
			continue;
		fprintf(stderr, "\r%-12s %d of %d", cases[c].name, c + 1, CASES);
		measure(&cases[c], results[c]);
		bad += disagreements(&cases[c], results[c]);
	}
	fprintf(stderr, "\r%30s\r", "");
	bench_report(&table);
	return bad != 0;
}
