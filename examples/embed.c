// SPDX-License-Identifier: BSD-2-Clause
/*
 * A program with a plug-in point: it has packets in memory and lets a BPF object judge each of
 * them, at full speed and without a system call.
 *
 *	cc embed.c -o embed $(pkg-config --cflags --libs skep)
 *	./embed drop.bpf.o
 */
#include <skep/load.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PACKETS = 1024, ROUNDS = 1000, HEADROOM = 256, LEN = 64, ROOM = HEADROOM + LEN + 128 };

static unsigned char buffers[PACKETS][ROOM];
static struct skep_packet packets[PACKETS];

/* Ethernet, IPv4, from 10.0.0.N: what our pretended device received. */
static void receive(void)
{
	for (int i = 0; i < PACKETS; i++) {
		unsigned char *p = buffers[i] + HEADROOM;

		memset(p, 0, LEN);
		memcpy(p + 12, "\x08\x00\x45", 3);
		memcpy(p + 26, (unsigned char[]){ 10, 0, 0, i }, 4);
		packets[i] = (struct skep_packet){
			.buf = buffers[i], .size = ROOM, .off = HEADROOM, .len = LEN, .ifindex = 1,
		};
	}
}

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec * 1e-9;
}

static int run(struct skep_prog *plugin)
{
	unsigned long counts[8] = { 0 };
	double took = 0;

	for (int round = 0; round < ROUNDS; round++) {
		double start;
		int err;

		receive();
		start = seconds();
		err = skep_run_packets(plugin, packets, PACKETS);
		took += seconds() - start;
		if (err)
			return fprintf(stderr, "run: %s\n", strerror(-err)), EXIT_FAILURE;
		for (int i = 0; i < PACKETS; i++)
			counts[packets[i].verdict & 7]++;
	}
	for (int i = 0; i < 8; i++)
		if (counts[i])
			printf("verdict %d: %lu packets\n", i, counts[i]);
	printf("%.1f ns per packet\n", took * 1e9 / PACKETS / ROUNDS);
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	static char why[4096];
	struct skep_object_opts opts = { .size = sizeof(opts), .log = why, .log_size = sizeof(why) };
	struct skep_object *object;
	struct skep_prog *plugin;
	struct skep *skep;
	int status = EXIT_FAILURE;

	if (argc < 2 || skep_new(NULL, &skep))
		return fprintf(stderr, "usage: embed OBJECT [PROGRAM]\n"), EXIT_FAILURE;
	opts.program = argc > 2 ? argv[2] : NULL;
	if (skep_object_load(skep, argv[1], &opts, &object)) {
		fprintf(stderr, "%s", why);
	} else {
		if (skep_object_prog(object, opts.program, &plugin)) {
			fprintf(stderr, "name one program of %s\n", argv[1]);
		} else {
			status = run(plugin);
			skep_prog_put(plugin);
		}
		skep_object_free(object);
	}
	skep_free(skep);
	return status;
}
