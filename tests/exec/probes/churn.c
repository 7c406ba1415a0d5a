/* churn N: make N maps, programs and children one after another, and close them. */
#include "probe.h"

int main(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 1000, failed = 0;

	for (int i = 0; i < n; i++) {
		int fd = i % 4 == 3 ? prog_load()
				    : map_create(i % 2 ? BPF_MAP_TYPE_HASH : BPF_MAP_TYPE_ARRAY, 4, 64,
						 8, 0);

		failed += fd < 0;
		close(fd);
		if (i % 1000 == 999 && !fork())
			_exit(map_create(BPF_MAP_TYPE_HASH, 4, 4, 4, 0) < 0);
	}
	while (wait(NULL) > 0)
		;
	say("all could be made", !failed);
	say("none is left", !first_map());
	return 0;
}
