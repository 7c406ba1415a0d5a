/* What was measured: a table to read, JSON to keep, and columns for the plot. */
#include <string.h>
#include <sys/utsname.h>

#include "bench/bench.h"

static const struct pair {
	const char *a, *b;
	int kind;
	const char *over;
} pairs[] = {
	{"skep jit", "linux", KIND_ANY, "all"},
	{"skep jit", "linux", KIND_COMPUTE, "without maps"},
	{"skep jit", "linux", KIND_MAPS, "with maps and helpers"},
	{"skep jit", "native", KIND_COMPUTE, "without maps"},
	{"linux", "native", KIND_COMPUTE, "without maps"},
	{"dpdk jit", "native", KIND_COMPUTE, "without maps"},
	{"skep interp", "native", KIND_COMPUTE, "without maps"},
	{"dpdk interp", "native", KIND_COMPUTE, "without maps"},
	{"skep interp", "dpdk interp", KIND_COMPUTE, "without maps"},
};

enum { PAIRS = sizeof(pairs) / sizeof(pairs[0]), MACHINE = 256 };

/* The processor's name and the kernel's version. */
static void machine_name(char name[MACHINE])
{
	char line[MACHINE], cpu[MACHINE / 2] = "unknown processor";
	FILE *f = fopen("/proc/cpuinfo", "r");
	struct utsname uts;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "model name : %127[^\n]", cpu) == 1)
			break;
	if (f)
		fclose(f);
	uname(&uts);
	snprintf(name, MACHINE, "%s, Linux %s", cpu, uts.release);
}

static void print_table(FILE *out, const struct bench_table *t)
{
	char machine[MACHINE];

	machine_name(machine);
	fprintf(out, "%s\nns a run, fastest of %d (median)\n\n%-10s", machine, t->rounds, "");
	for (size_t b = 0; b < t->nr_backends; b++)
		fprintf(out, " %20s", t->backends[b]->name);
	fprintf(out, "\n");
	for (size_t c = 0; c < t->nr_cases; c++) {
		if (!bench_result(t, c, bench_column(t, "skep jit"))->times.fastest)
			continue;
		fprintf(out, "%-10s", t->cases[c].name);
		for (size_t b = 0; b < t->nr_backends; b++) {
			const struct bench_times *times = &bench_result(t, c, b)->times;

			if (times->fastest > 0)
				fprintf(out, " %9.1f (%8.1f)", times->fastest, times->median);
			else
				fprintf(out, " %20s", "-");
		}
		fprintf(out, "\n");
	}
}

static void print_figures(FILE *out, const struct bench_table *t)
{
	fprintf(out, "\n");
	for (size_t i = 0; i < FIGURES; i++)
		fprintf(out, "%-50s %9.1f (%8.1f) ns\n", t->figures[i].what,
			t->figures[i].times.fastest, t->figures[i].times.median);
}

static void print_ratios(FILE *out, const struct bench_table *t)
{
	fprintf(out, "\nRatios of the fastest of %d, less the backend's own empty run\n",
		t->rounds);
	for (size_t i = 0; i < PAIRS; i++) {
		const struct pair *p = &pairs[i];
		struct bench_ratio r = bench_ratio(t, p->a, p->b, p->kind);

		if (r.n)
			fprintf(out,
				"%-12s / %-12s %-22s %6.2f geometric mean of %2zu, at most %.2f "
				"(%s)\n",
				p->a, p->b, p->over, r.mean, r.n, r.worst,
				t->cases[r.worst_case].name);
	}
}

static void json_results(FILE *out, const struct bench_table *t)
{
	const char *between = "";

	for (size_t c = 0; c < t->nr_cases; c++)
		for (size_t b = 0; b < t->nr_backends; b++) {
			const struct bench_result *r = bench_result(t, c, b);

			if (r->times.fastest <= 0)
				continue;
			fprintf(out,
				"%s    {\"program\": \"%s\", \"engine\": \"%s\", "
				"\"fastest_ns\": %.2f, \"median_ns\": %.2f, \"returned\": %u",
				between, t->cases[c].name, t->backends[b]->name, r->times.fastest,
				r->times.median, r->said.value);
			if (r->said.duration)
				fprintf(out, ", \"own_duration_ns\": %u", r->said.duration);
			fprintf(out, "}");
			between = ",\n";
		}
}

static void json_figures(FILE *out, const struct bench_table *t)
{
	for (size_t i = 0; i < FIGURES; i++)
		fprintf(out,
			"%s    {\"name\": \"%s\", \"what\": \"%s\", \"fastest_ns\": %.2f, "
			"\"median_ns\": %.2f}",
			i ? ",\n" : "", t->figures[i].name, t->figures[i].what,
			t->figures[i].times.fastest, t->figures[i].times.median);
}

static void json_ratios(FILE *out, const struct bench_table *t)
{
	const char *between = "";

	for (size_t i = 0; i < PAIRS; i++) {
		const struct pair *p = &pairs[i];
		struct bench_ratio r = bench_ratio(t, p->a, p->b, p->kind);

		if (!r.n)
			continue;
		fprintf(out,
			"%s    {\"engine\": \"%s\", \"to\": \"%s\", \"over\": \"%s\", "
			"\"programs\": %zu, \"mean\": %.3f, \"worst\": %.3f, "
			"\"worst_program\": \"%s\"}",
			between, p->a, p->b, p->over, r.n, r.mean, r.worst,
			t->cases[r.worst_case].name);
		between = ",\n";
	}
}

static void print_json(FILE *out, const struct bench_table *t)
{
	static const struct {
		const char *name;
		void (*print)(FILE *out, const struct bench_table *t);
	} parts[] = {
		{"results", json_results},
		{"figures", json_figures},
		{"ratios", json_ratios},
		{"targets", bench_targets_json},
	};
	char machine[MACHINE];

	machine_name(machine);
	fprintf(out, "{\n  \"machine\": \"%s\",\n  \"rounds\": %d", machine, t->rounds);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		fprintf(out, ",\n  \"%s\": [\n", parts[i].name);
		parts[i].print(out, t);
		fprintf(out, "\n  ]");
	}
	fprintf(out, "\n}\n");
}

static void print_machine(FILE *out, const struct bench_table *t)
{
	char machine[MACHINE];

	(void)t;
	machine_name(machine);
	fprintf(out, "%s\n", machine);
}

/* Columns for gnuplot: program, then net time over Linux's by backend (over native, without). */
static void print_plot(FILE *out, const struct bench_table *t)
{
	size_t base = bench_column(t, bench_ratio(t, "linux", "linux", KIND_ANY).n ? "linux"
										   : "skep jit");

	fprintf(out, "program");
	for (size_t b = 0; b < t->nr_backends; b++)
		fprintf(out, "\t%s", t->backends[b]->name);
	fprintf(out, "\n");
	for (size_t c = 1; c < t->nr_cases; c++) {
		double unit = bench_net(t, c, base);

		if (!unit)
			continue;
		fprintf(out, "%s", t->cases[c].name);
		for (size_t b = 0; b < t->nr_backends; b++) {
			double ns = bench_net(t, c, b);

			if (ns > 0)
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
	print_figures(stdout, t);
	print_ratios(stdout, t);
	bench_targets_print(stdout, t);
	to_file("results.json", print_json, t);
	to_file("plot.tsv", print_plot, t);
	to_file("machine.txt", print_machine, t);
}
