/* Comparing backends: by what programs take beyond the price of being run at all. */
#include <math.h>
#include <string.h>

#include "bench/bench.h"

/* Less than this is not to be told from the empty program. */
#define LEAST_NS 0.1

const struct bench_result *bench_result(const struct bench_table *t, size_t c, size_t b)
{
	return &t->results[c * t->nr_backends + b];
}

size_t bench_column(const struct bench_table *t, const char *backend)
{
	for (size_t b = 0; b < t->nr_backends; b++)
		if (!strcmp(t->backends[b]->name, backend))
			return b;
	return t->nr_backends;
}

double bench_net(const struct bench_table *t, size_t c, size_t b)
{
	double ns = bench_result(t, c, b)->times.fastest;
	double empty = bench_result(t, 0, b)->times.fastest;

	return ns <= 0 ? 0 : ns - empty > LEAST_NS ? ns - empty : LEAST_NS;
}

struct bench_ratio bench_ratio(const struct bench_table *t, const char *a, const char *b, int kind)
{
	size_t x = bench_column(t, a), y = bench_column(t, b);
	struct bench_ratio ratio = {0};
	double log_sum = 0;

	for (size_t c = 1; c < t->nr_cases; c++) {
		double ours = bench_net(t, c, x), theirs = bench_net(t, c, y);

		if ((kind != KIND_ANY && (int)t->cases[c].kind != kind) || !ours || !theirs)
			continue;
		log_sum += log(ours / theirs);
		ratio.n++;
		if (ours / theirs > ratio.worst) {
			ratio.worst = ours / theirs;
			ratio.worst_case = c;
		}
	}
	ratio.mean = ratio.n ? exp(log_sum / (double)ratio.n) : 0;
	return ratio;
}
