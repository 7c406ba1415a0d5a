/* cached: with a cache of lookups (skep exec --preload) all is as without, and ids go as they do.
 */
#include "probe.h"

static int array(unsigned flags)
{
	return map_create(BPF_MAP_TYPE_ARRAY, 4, 4, 4, flags);
}

static unsigned read_at(int fd, unsigned key)
{
	unsigned value = 0;

	return map_lookup(fd, &key, &value) ? 1000000u + (unsigned)errno : value;
}

int main(void)
{
	unsigned key = 1, value = 5, other = 6, sum = 0;
	int fd = array(BPF_F_MMAPABLE), plain = array(0), second;

	map_update(fd, &key, &value);
	map_update(plain, &key, &other);
	say("both are read", read_at(fd, 1) == 5 && read_at(plain, 1) == 6);
	map_update(fd, &key, &other);
	say("what was written is read", read_at(fd, 1) == 6);
	say("an index that is none", read_at(fd, 4) == 1000000 + ENOENT);
	for (int i = 0; i < 1000; i++)
		sum += read_at(fd, 1);
	say("again and again", sum == 6000);

	second = array(BPF_F_MMAPABLE);
	value = 7;
	map_update(second, &key, &value);
	dup2(second, fd);
	say("dup2 makes it another", read_at(fd, 1) == 7);
	close(fd);
	close(plain);
	say("closed, it is none", read_at(fd, 1) == 1000000 + EBADF);
	fd = array(0);
	say("its number is another map's", read_at(fd, 1) == 0);
	if (!fork()) {
		map_update(second, &key, &other);
		_exit(read_at(second, 1) != 6);
	}
	wait(NULL);
	say("a child writes, we read", read_at(second, 1) == 6);
	syscall(SYS_close_range, 3, ~0u, 0);
	say("with the last fd the ids are gone", first_map() == 0);
	return 0;
}
