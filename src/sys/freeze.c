/*
 * BPF_MAP_FREEZE.  What users may mmap is a file of its own: a frozen one takes no new writable
 * mapping (F_SEAL_FUTURE_WRITE), while the window's own, made before, stays writable for programs.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "sys/internal.h"

/* A line of /proc/self/maps: a shared, writable mapping of this file that is not our own? */
static int is_users_mapping(const struct skep *skep, const char *line, const struct stat *file)
{
	unsigned long start, end, ino;
	unsigned int major, minor;
	char perms[5];

	if (sscanf(line, "%lx-%lx %4s %*x %x:%x %lu", &start, &end, perms, &major, &minor, &ino) !=
	    6)
		return 0;
	return ino == file->st_ino && major == major(file->st_dev) &&
	       minor == minor(file->st_dev) && perms[1] == 'w' && perms[3] == 's' &&
	       !window_contains(&skep->window, start);
}

static int mapped_writable(const struct skep *skep, int fd)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512];
	struct stat st;
	int found = 0;

	if (!maps)
		return 0;
	if (!fstat(fd, &st))
		while (!found && fgets(line, sizeof(line), maps))
			found = is_users_mapping(skep, line, &st);
	fclose(maps);
	return found;
}

int freeze(struct map *map)
{
	if (map->fd >= 0 && mapped_writable(map->obj.skep, map->fd))
		return -EBUSY;
	return map_user_freeze(map);
}
