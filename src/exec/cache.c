/* exec --preload: have the program load the cache, which lies beside us or where it is installed.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exec/internal.h"

#define LIBRARY "libskep-preload.so"
enum { PATH_ROOM = 4096 };

/* Beside our own program, as in a build. */
static int path_beside(char *out)
{
	ssize_t len = readlink("/proc/self/exe", out, PATH_ROOM - 1);
	char *end;

	if (len < 0)
		return -errno;
	out[len] = 0;
	end = strrchr(out, '/');
	if (!end || end + 1 + sizeof(LIBRARY) > out + PATH_ROOM)
		return -ENAMETOOLONG;
	memcpy(end + 1, LIBRARY, sizeof(LIBRARY));
	return access(out, R_OK) ? -errno : 0;
}

/* What was to be loaded before is loaded after it. */
static int add(const char *path)
{
	const char *others = getenv("LD_PRELOAD");
	char *list;
	int err;

	if (strpbrk(path, " :"))
		return -EINVAL;
	if (asprintf(&list, "%s%s%s", path, others ? ":" : "", others ?: "") < 0)
		return -ENOMEM;
	err = setenv("LD_PRELOAD", list, 1) ? -errno : 0;
	free(list);
	return err;
}

int cache_prepare(const struct exec_options *options)
{
	char path[PATH_ROOM];
	int err;

	if (!options->preload)
		return 0;
	if (path_beside(path))
		strcpy(path, SKEP_LIBDIR "/" LIBRARY);
	err = access(path, R_OK) ? -errno : add(path);
	if (!err && options->strict && setenv("SKEP_PRELOAD_STRICT", "1", 1))
		err = -errno;
	if (err)
		exec_say("%s cannot be preloaded: %s", path, strerror(-err));
	else if (options->verbose)
		exec_say("lookups are cached by %s", path);
	return err;
}
