/* The figures: a table to read, JSON to keep, and columns for the plot. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"

static const struct bench_result *result(const struct bench_table *t, size_t c, size_t b)
{
	return &t->results[c * t->nr_backends + b];
}

static size_t column(const struct bench_table *t, const char *name)
{
	for (size_t b = 0; b < t->nr_backends; b++)
		if (!strcmp(t->backends[b]->name, name))
			return b;
	return t->nr_backends;
}

/* What the program itself takes: an empty one's time is the price of being run at all. */
static double net(const struct bench_table *t, size_t c, size_t b)
{
	double ns = result(t, c, b)->fastest, empty = result(t, 0, b)->fastest;

	return ns <= 0 ? 0 : ns - empty > 0.1 ? ns - empty : 0.1;
}

struct mean {
	double log_sum, worst;
	size_t n, worst_case;
};

/* Geometric mean of net times a over b, over the cases of a kind (or all but the empty one). */
static struct mean ratio(const struct bench_table *t, size_t a, size_t b, int kind)
{
	struct mean m = {0};

	for (size_t c = 1; c < t->nr_cases; c++) {
		double x, y;

		if (a >= t->nr_backends || b >= t->nr_backends ||
		    (kind >= 0 && (int)t->cases[c].kind != kind))
			continue;
		x = net(t, c, a);
		y = net(t, c, b);
		if (x <= 0 || y <= 0)
			continue;
		m.log_sum += log(x / y);
		m.n++;
		if (x / y > m.worst) {
			m.worst = x / y;
			m.worst_case = c;
		}
	}
	return m;
}

static void print_ratio(FILE *out, const struct bench_table *t, const char *a, const char *b,
			int kind, const char *over)
{
	struct mean m = ratio(t, column(t, a), column(t, b), kind);

	if (m.n)
		fprintf(out, "%-12s / %-12s %-24s %6.2f geometric mean of %zu, at most %.2f (%s)\n",
			a, b, over, exp(m.log_sum / (double)m.n), m.n, m.worst,
			t->cases[m.worst_case].name);
}

static void print_ratios(FILE *out, const struct bench_table *t)
{
	fprintf(out, "\nRatios of the fastest of %d, less the backend's own empty run:\n", ROUNDS);
	print_ratio(out, t, "skep jit", "linux", -1, "all");
	print_ratio(out, t, "skep jit", "linux", KIND_COMPUTE, "without maps");
	print_ratio(out, t, "skep jit", "linux", KIND_MAPS, "with maps and helpers");
	print_ratio(out, t, "skep jit", "native", KIND_COMPUTE, "without maps");
	print_ratio(out, t, "linux", "native", KIND_COMPUTE, "without maps");
	print_ratio(out, t, "dpdk jit", "native", KIND_COMPUTE, "without maps");
	print_ratio(out, t, "skep interp", "native", KIND_COMPUTE, "without maps");
	print_ratio(out, t, "dpdk interp", "native", KIND_COMPUTE, "without maps");
	print_ratio(out, t, "skep interp", "dpdk interp", KIND_COMPUTE, "without maps");
}

static void print_table(FILE *out, const struct bench_table *t)
{
	fprintf(out, "ns a run, fastest of %d (median)\n%-10s", ROUNDS, "");
	for (size_t b = 0; b < t->nr_backends; b++)
		fprintf(out, " %22s", t->backends[b]->name);
	fprintf(out, "\n");
	for (size_t c = 0; c < t->nr_cases; c++) {
		fprintf(out, "%-10s", t->cases[c].name);
		for (size_t b = 0; b < t->nr_backends; b++) {
			const struct bench_result *r = result(t, c, b);

			if (r->fastest > 0)
				fprintf(out, " %11.1f (%8.1f)", r->fastest, r->median);
			else
				fprintf(out, " %22s", "-");
		}
		fprintf(out, "\n");
	}
}

static void print_json(FILE *out, const struct bench_table *t)
{
	const char *between = "";

	fprintf(out, "[\n");
	for (size_t c = 0; c < t->nr_cases; c++)
		for (size_t b = 0; b < t->nr_backends; b++) {
			const struct bench_result *r = result(t, c, b);

			if (r->fastest <= 0)
				continue;
			fprintf(out,
				"%s  {\"program\": \"%s\", \"engine\": \"%s\", \"fastest_ns\": "
				"%.2f, "
				"\"median_ns\": %.2f, \"returned\": %u}",
				between, t->cases[c].name, t->backends[b]->name, r->fastest,
				r->median, r->value);
			between = ",\n";
		}
	fprintf(out, "\n]\n");
}

/* Columns for gnuplot: program, then net time over Linux's (or 1 without Linux) by backend. */
static void print_plot(FILE *out, const struct bench_table *t)
{
	size_t base = column(t, "linux");

	fprintf(out, "program");
	for (size_t b = 0; b < t->nr_backends; b++)
		fprintf(out, "\t%s", t->backends[b]->name);
	fprintf(out, "\n");
	for (size_t c = 1; c < t->nr_cases; c++) {
		double unit = base < t->nr_backends ? net(t, c, base) : 1;

		fprintf(out, "%s", t->cases[c].name);
		for (size_t b = 0; b < t->nr_backends; b++) {
			double ns = net(t, c, b);

			if (ns > 0 && unit > 0)
				fprintf(out, "\t%.3f", ns / unit);
			else
				fprintf(out, "\t-");
		}
		fprintf(out, "\n");
	}
}

static void to_file(const char *name, void (*print)(FILE *, const struct bench_table *),
		    const struct bench_table *t)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", bench_dir(), name);
	f = fopen(path, "w");
	if (!f) {
		perror(path);
		return;
	}
	print(f, t);
	fclose(f);
}

void bench_report(const struct bench_table *t)
{
	print_table(stdout, t);
	print_ratios(stdout, t);
	to_file("results.json", print_json, t);
	to_file("plot.tsv", print_plot, t);
}
