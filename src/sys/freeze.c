/*
 * BPF_MAP_FREEZE.  What users may mmap is a file of its own: a frozen one takes no new writable
 * mapping (F_SEAL_FUTURE_WRITE), while the window's own, made before, stays writable for programs.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "sys/internal.h"

/* A line of /proc/PID/maps: a shared, writable mapping of this file that is not our own? */
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

static int process_maps(const struct skep *skep, const char *process, const struct stat *file)
{
	char path[PROC_PATH], line[512];
	int found = 0;
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%.32s/maps", process);
	maps = fopen(path, "re");
	if (!maps)
		return 0;
	while (!found && fgets(line, sizeof(line), maps))
		found = is_users_mapping(skep, line, file);
	fclose(maps);
	return found;
}

/* Any process may have got the fd from another: all that we can see are asked. */
static int others_map(const struct skep *skep, const struct stat *file)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	int found = 0;

	if (!proc)
		return 0;
	while (!found && (entry = readdir(proc)))
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' &&
		    (pid_t)strtol(entry->d_name, NULL, 10) != getpid())
			found = process_maps(skep, entry->d_name, file);
	closedir(proc);
	return found;
}

static int mapped_writable(const struct skep *skep, int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		return 0;
	return skep->caller == &caller_self ? process_maps(skep, "self", &st)
					    : others_map(skep, &st);
}

int freeze(struct map *map)
{
	if (map->fd >= 0 && mapped_writable(map->obj.skep, map->fd))
		return -EBUSY;
	return map_user_freeze(map);
}
