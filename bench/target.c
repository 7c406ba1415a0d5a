/* What was to be reached, each beside what was. */
#include <math.h>
#include <string.h>

#include "bench/bench.h"

struct target {
	const char *name, *what, *unit;
	double (*measured)(const struct bench_table *t); /* 0: not on this machine, or not now */
	double limit;
	int at_least; /* else at most */
};

static double jit_mean(const struct bench_table *t)
{
	return bench_ratio(t, "skep jit", "linux", KIND_ANY).mean;
}

static double jit_worst(const struct bench_table *t)
{
	return bench_ratio(t, "skep jit", "linux", KIND_ANY).worst;
}

static double jit_maps(const struct bench_table *t)
{
	return bench_ratio(t, "skep jit", "linux", KIND_MAPS).mean;
}

static double interp_native(const struct bench_table *t)
{
	return bench_ratio(t, "skep interp", "native", KIND_COMPUTE).mean;
}

static double interp_dpdk(const struct bench_table *t)
{
	return bench_ratio(t, "skep interp", "dpdk interp", KIND_COMPUTE).mean;
}

static double figure(const struct bench_table *t, const char *name)
{
	for (size_t i = 0; i < FIGURES; i++)
		if (t->figures[i].name && !strcmp(t->figures[i].name, name))
			return t->figures[i].times.fastest;
	return 0;
}

static double empty_run(const struct bench_table *t)
{
	return figure(t, "run");
}

static double batch(const struct bench_table *t)
{
	return figure(t, "batch") - figure(t, "bare");
}

static double load(const struct bench_table *t)
{
	return figure(t, "load") / 1e3;
}

static double million(const struct bench_table *t)
{
	double ns = figure(t, "million");

	return ns > 0 ? 1e3 / ns : 0;
}

static const struct target targets[] = {
	{"jit", "skep JIT / Linux JIT, geometric mean", "", jit_mean, 1, 0},
	{"jit_worst", "skep JIT / Linux JIT, worst program", "", jit_worst, 1.15, 0},
	{"jit_maps", "skep JIT / Linux JIT, maps and helpers", "", jit_maps, 0.7, 0},
	{"interp", "skep interpreter / native, geometric mean", "", interp_native, 18, 0},
	{"interp_dpdk", "skep interpreter / DPDK's", "", interp_dpdk, 1, 0},
	{"empty", "an empty program, run from libskep", "ns", empty_run, 10.8, 0},
	{"batch", "a packet of a batch, beyond the program", "ns", batch, 3, 0},
	{"load", "100 instructions loaded and compiled", "us", load, 25, 0},
	{"million", "a million packets through a filter", "M/s", million, 30, 1},
};

enum { TARGETS = sizeof(targets) / sizeof(targets[0]) };

static const char *verdict(const struct target *target, double value)
{
	if (!(value > 0))
		return "not measured";
	return (target->at_least ? value >= target->limit : value <= target->limit) ? "pass"
										    : "FAIL";
}

void bench_targets_print(FILE *out, const struct bench_table *t)
{
	fprintf(out, "\n%-44s %9s  %s\n", "Targets", "measured", "target");
	for (size_t i = 0; i < TARGETS; i++) {
		const struct target *target = &targets[i];
		double value = target->measured(t);

		fprintf(out, "%-44s %9.2f  %s %6.2f %-4s %s\n", target->what, value,
			target->at_least ? ">=" : "<=", target->limit, target->unit,
			verdict(target, value));
	}
}

void bench_targets_json(FILE *out, const struct bench_table *t)
{
	for (size_t i = 0; i < TARGETS; i++) {
		const struct target *target = &targets[i];
		double value = target->measured(t);

		fprintf(out,
			"%s    {\"name\": \"%s\", \"what\": \"%s\", \"unit\": \"%s\", "
			"\"measured\": %.3f, \"%s\": %.2f, \"verdict\": \"%s\"}",
			i ? ",\n" : "", target->name, target->what, target->unit, value,
			target->at_least ? "at_least" : "at_most", target->limit,
			verdict(target, value));
	}
}
