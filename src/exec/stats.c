/* exec --stats: how often, how long, how much, by bpf()'s command and by system call. */
#include <stdio.h>
#include <sys/syscall.h>

#include "exec/internal.h"

void stats_count(struct notice *n, u64 ns)
{
	struct stats *stats = &n->exec->stats;
	struct stat_row *row;

	if (!n->row)
		return;
	if (n->row->nr == SYS_bpf && n->call.data.args[0] < STAT_ROWS)
		row = &stats->bpf[n->call.data.args[0]];
	else
		row = &stats->others[n->row - rows];
	atomic_fetch_add_explicit(&row->calls, 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&row->ns, ns, memory_order_relaxed);
	atomic_fetch_add_explicit(&row->bytes, n->bytes, memory_order_relaxed);
}

static void print_row(const char *name, const struct stat_row *row)
{
	u64 calls = atomic_load(&row->calls), ns = atomic_load(&row->ns);

	if (calls)
		fprintf(stderr, "%-34s %10llu %12.3f %10.2f %14llu\n", name,
			(unsigned long long)calls, (double)ns / 1e6,
			(double)ns / 1e3 / (double)calls,
			(unsigned long long)atomic_load(&row->bytes));
}

void stats_print(const struct exec *exec)
{
	const struct stats *stats = &exec->stats;
	struct sys_command command;
	char name[48];

	fprintf(stderr, "%-34s %10s %12s %10s %14s\n", "call", "calls", "ms", "us each", "bytes");
	for (u32 i = 0; i < STAT_ROWS; i++) {
		snprintf(name, sizeof(name), "%s",
			 sys_command((int)i, &command) ? command.name : "bpf, unknown command");
		print_row(name, &stats->bpf[i]);
	}
	for (u32 i = 0; i < nr_rows; i++)
		print_row(rows[i].name, &stats->others[i]);
}
