/*
 * speed: nanoseconds of a lookup, of one in an array that could be mapped, and of making and
 * closing a map; the best of several.
 */
#include "probe.h"

static double best(void (*what)(int fd), int fd, int times)
{
	double least = 1e9;

	for (int round = 0; round < 15; round++) {
		double start = now(), each;

		for (int i = 0; i < times; i++)
			what(fd);
		each = (now() - start) / times;
		least = each < least ? each : least;
	}
	return least * 1e9;
}

static void lookup(int fd)
{
	unsigned key = 1, value;

	map_lookup(fd, &key, &value);
}

static void make(int fd)
{
	(void)fd;
	close(map_create(BPF_MAP_TYPE_HASH, 4, 4, 4, 0));
}

int main(void)
{
	int fd = map_create(BPF_MAP_TYPE_HASH, 4, 4, 4, 0);
	unsigned key = 1, value = 2;

	map_update(fd, &key, &value);
	printf("lookup %.0f\n", best(lookup, fd, 2000));
	printf("shared %.0f\n",
	       best(lookup, map_create(BPF_MAP_TYPE_ARRAY, 4, 4, 4, BPF_F_MMAPABLE), 2000));
	printf("create %.0f\n", best(make, fd, 500));
	return 0;
}
