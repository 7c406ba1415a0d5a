/*
 * What programs read of the host besides calling bpf(2): where a bpffs is mounted, what an fd is,
 * how many CPUs there may be.  The client gets a file in memory with the instance's answer.
 *
 * Sound because: the file holds what the client may know, and cannot be changed.
 */
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "exec/path.h"

/* Write what the path shall hold: 0, or -errno: NOTICE_CONTINUE leaves it to the kernel. */
typedef long (*side_fn)(struct notice *n, const char *path, FILE *out);

/* A line of the host's that has no place in the instance. */
typedef int (*drop_fn)(const char *line);

/* A file of the host's in the client's name for it. */
static FILE *open_host(struct notice *n, const char *path)
{
	static const char self[] = "/proc/self/", thread[] = "/proc/thread-self/";
	char whole[PATH_MAX + 32];

	if (!strncmp(path, self, strlen(self)))
		snprintf(whole, sizeof(whole), "/proc/%d/%s", (int)n->call.pid,
			 path + strlen(self));
	else if (!strncmp(path, thread, strlen(thread)))
		snprintf(whole, sizeof(whole), "/proc/%d/%s", (int)n->call.pid,
			 path + strlen(thread));
	else if (!strcmp(path, "/proc/mounts"))
		snprintf(whole, sizeof(whole), "/proc/%d/mounts", (int)n->call.pid);
	else
		snprintf(whole, sizeof(whole), "%s", path);
	return fopen(whole, "re");
}

static long copy_host(struct notice *n, const char *path, drop_fn drop, FILE *out)
{
	FILE *in = open_host(n, path);
	char *line = NULL;
	size_t room = 0;

	if (!in)
		return NOTICE_CONTINUE;
	while (getline(&line, &room, in) > 0)
		if (!drop || !drop(line))
			fputs(line, out);
	free(line);
	fclose(in);
	return notice_valid(n) ? 0 : -ESRCH;
}

/* A bpffs of the host's, in mounts and in mountinfo. */
static int is_bpffs(const char *line)
{
	return strstr(line, " bpf rw") || strstr(line, " bpf ro") || strstr(line, " - bpf ");
}

static void list_mount(const char *at, void *cookie)
{
	fprintf(cookie, "bpf %s bpf rw,relatime 0 0\n", at);
}

static long side_mounts(struct notice *n, const char *path, FILE *out)
{
	long err = copy_host(n, path, is_bpffs, out);

	if (!err)
		bpffs_mounts(n->exec->skep, list_mount, out);
	return err;
}

static void list_mountinfo(const char *at, void *cookie)
{
	fprintf(cookie, "1000000 1 0:191 / %s rw,relatime - bpf bpf rw\n", at);
}

static long side_mountinfo(struct notice *n, const char *path, FILE *out)
{
	long err = copy_host(n, path, is_bpffs, out);

	if (!err)
		bpffs_mounts(n->exec->skep, list_mountinfo, out);
	return err;
}

static int is_own(struct notice *n, const char *who)
{
	return !strcmp(who, "self") || !strcmp(who, "thread-self") || atoi(who) == client_pid(n);
}

/* Of fds of the thread's own process: another's we would have to ask for by another pid. */
static long side_fdinfo(struct notice *n, const char *path, FILE *out)
{
	char text[1024], who[32];
	struct obj *obj;
	int fd;
	long err;

	if (sscanf(path, "/proc/%31[^/]/fdinfo/%d", who, &fd) != 2)
		return NOTICE_CONTINUE;
	if (!is_own(n, who))
		return NOTICE_CONTINUE;
	if (sys_obj_by_fd_any(n->exec->skep, fd, &obj))
		return NOTICE_CONTINUE;
	err = copy_host(n, path, NULL, out) ?: sys_fdinfo(obj, text, sizeof(text));
	obj_put(obj);
	if (!err)
		fputs(text, out);
	return err;
}

static long side_status(struct notice *n, const char *path, FILE *out)
{
	char who[32], *line = NULL;
	size_t room = 0;
	FILE *in;

	if (sscanf(path, "/proc/%31[^/]/status", who) != 1 || !is_own(n, who))
		return NOTICE_CONTINUE;
	in = open_host(n, path);
	if (!in)
		return NOTICE_CONTINUE;
	while (getline(&line, &room, in) > 0) {
		if (n->exec->options.as_root && !strncmp(line, "Uid:", 4))
			fputs("Uid:\t0\t0\t0\t0\n", out);
		else if (n->exec->options.as_root && !strncmp(line, "Gid:", 4))
			fputs("Gid:\t0\t0\t0\t0\n", out);
		else if (!caps_tell(n, line, out))
			fputs(line, out);
	}
	free(line);
	fclose(in);
	return notice_valid(n) ? 0 : -ESRCH;
}

/* The instance's own: whoever may not all shall be seen by the verifier, not be stopped here. */
static long side_unprivileged(struct notice *n, const char *path, FILE *out)
{
	struct skep *skep = n->exec->skep;

	(void)path;
	fprintf(out, "%u\n",
		atomic_load_explicit(&skep->unprivileged_bpf_disabled, memory_order_relaxed));
	return 0;
}

static long side_stats(struct notice *n, const char *path, FILE *out)
{
	u32 users = atomic_load_explicit(&n->exec->skep->stats_users, memory_order_relaxed);

	(void)path;
	fprintf(out, "%d\n", users != 0);
	return 0;
}

static long side_possible(struct notice *n, const char *path, FILE *out)
{
	(void)path;
	if (n->exec->skep->slots.count == 1)
		fputs("0\n", out);
	else
		fprintf(out, "0-%u\n", n->exec->skep->slots.count - 1);
	return 0;
}

static const struct {
	const char *path, *text;
	side_fn write;
} side_rows[] = {
#define SIDE(path, fn) {path, NULL, fn},
#define SIDE_TEXT(path, text) {path, text, NULL},
#include "exec/side.def"
#undef SIDE
#undef SIDE_TEXT
};

/* A memfd that holds the text and nothing else ever. */
static int seal(char *text, size_t len)
{
	int fd = memfd_create("skep", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return -errno;
	if (write(fd, text, len) != (ssize_t)len ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL)) {
		close(fd);
		return -EIO;
	}
	lseek(fd, 0, SEEK_SET);
	return fd;
}

static long write_row(struct notice *n, size_t row, const char *path, FILE *out)
{
	if (!side_rows[row].text)
		return side_rows[row].write(n, path, out);
	fputs(side_rows[row].text, out);
	return 0;
}

static long open_row(struct notice *n, size_t row, const char *path, u64 flags)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	long ret;
	int fd;

	if (!out)
		return -ENOMEM;
	ret = write_row(n, row, path, out);
	if (fclose(out) && !ret)
		ret = -ENOMEM;
	if (!ret && (flags & O_ACCMODE) != O_RDONLY)
		ret = -EACCES;
	if (!ret) {
		fd = seal(text, len);
		ret = fd < 0 ? fd : notice_result_fd(n, fd, (u32)flags & O_CLOEXEC);
	}
	free(text);
	return ret;
}

long side_open(struct notice *n, const char *path, u64 flags)
{
	if (strncmp(path, "/proc/", 6) && strncmp(path, "/sys/", 5))
		return NOTICE_CONTINUE;
	for (size_t i = 0; i < ARRAY_SIZE(side_rows); i++)
		if (!fnmatch(side_rows[i].path, path, FNM_PATHNAME))
			return open_row(n, i, path, flags);
	return NOTICE_CONTINUE;
}
