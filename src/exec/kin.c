/* What is remembered of threads and processes. */
#include "exec/kin.h"

#include <poll.h>
#include <stdio.h>
#include <unistd.h>

enum { GENERATIONS = 64 };

static int has_ended(const struct kin *kin)
{
	struct pollfd fd = {.fd = kin->pidfd, .events = POLLIN};

	return poll(&fd, 1, 0) != 0;
}

void kin_remove(struct exec *exec, struct kin_list *list, struct kin *kin)
{
	struct kin **at = &list->first;

	while (*at != kin)
		at = &(*at)->next;
	*at = kin->next;
	close(kin->pidfd);
	list->free(exec, kin);
}

struct kin *kin_find(struct exec *exec, struct kin_list *list, pid_t pid)
{
	struct kin *kin = list->first;

	while (kin && kin->pid != pid)
		kin = kin->next;
	if (!kin || !has_ended(kin))
		return kin;
	kin_remove(exec, list, kin);
	return NULL;
}

/* The thread that made this one: the first of its process, or of its parent.  0 at the top. */
static pid_t maker_of(pid_t tid)
{
	char path[32], line[128];
	int tgid = 0, ppid = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		sscanf(line, "Tgid: %d", &tgid);
		sscanf(line, "PPid: %d", &ppid);
	}
	if (file)
		fclose(file);
	return tgid == tid ? ppid : tgid;
}

struct kin *kin_inherited(struct exec *exec, struct kin_list *list, pid_t pid)
{
	struct kin *kin = NULL;

	for (u32 i = 0; list->first && !kin && pid > 1 && i < GENERATIONS; i++) {
		kin = kin_find(exec, list, pid);
		pid = kin ? pid : maker_of(pid);
	}
	return kin;
}

void kin_add(struct kin_list *list, struct kin *kin, pid_t pid, int pidfd)
{
	kin->pid = pid;
	kin->pidfd = pidfd;
	kin->next = list->first;
	list->first = kin;
}

void kin_clear(struct exec *exec, struct kin_list *list)
{
	while (list->first)
		kin_remove(exec, list, list->first);
}
