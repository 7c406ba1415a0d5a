/*
 * What is remembered of threads and processes, and passed on to what they make.  clone() is not
 * seen: who is not known has what its maker has, at the time when it is first asked for.
 */
#ifndef SKEP_EXEC_KIN_H
#define SKEP_EXEC_KIN_H

#include "exec/internal.h"

/* The first member of what is remembered; under exec->lock. */
struct kin {
	struct kin *next;
	pid_t pid;
	int pidfd; /* tells when the number is another's */
};

/* Its own, or NULL. */
struct kin *kin_find(struct exec *exec, struct kin_list *list, pid_t pid);
/* Its own, or its maker's, or that one's maker's ... */
struct kin *kin_inherited(struct exec *exec, struct kin_list *list, pid_t pid);
/* kin becomes the list's. */
void kin_add(struct kin_list *list, struct kin *kin, pid_t pid, int pidfd);
void kin_remove(struct exec *exec, struct kin_list *list, struct kin *kin);

#endif
