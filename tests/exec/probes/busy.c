/*
 * Several that repeat a program a billion times and are killed: no other waits for them.
 * The numbers are for people; the lines are what has to hold.
 */
#include <signal.h>

#include "probe.h"

enum { RUNNERS = 4, LOOKUPS = 2000 };

int main(void)
{
	int fd = map_create(BPF_MAP_TYPE_HASH, 4, 4, 4, 0), prog = prog_load();
	unsigned key = 1, value = 2;
	pid_t runner[RUNNERS];
	double start, worst = 0;

	map_update(fd, &key, &value);
	for (int i = 0; i < RUNNERS; i++) {
		runner[i] = fork();
		if (!runner[i])
			_exit(prog_run(prog, 1000000000));
	}
	usleep(100000);
	for (int i = 0; i < LOOKUPS; i++) {
		double took;

		start = now();
		map_lookup(fd, &key, &value);
		took = now() - start;
		worst = took > worst ? took : worst;
	}
	fprintf(stderr, "worst lookup %.3f ms\n", worst * 1e3);
	say("lookups do not wait for runs", worst < 0.1);
	start = now();
	say("another run gets its turn", !prog_run(prog, 1) && now() - start < 2);
	fprintf(stderr, "a run took %.3f ms\n", (now() - start) * 1e3);
	for (int i = 0; i < RUNNERS; i++)
		kill(runner[i], SIGKILL);
	for (int i = 0; i < RUNNERS; i++)
		waitpid(runner[i], NULL, 0);
	usleep(300000);
	start = now();
	prog_run(prog, 1000000);
	fprintf(stderr, "a million took %.3f ms\n", (now() - start) * 1e3);
	say("they stop when they are killed", now() - start < 1);
	return 0;
}
