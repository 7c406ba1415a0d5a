/* The maps that a program uses. */
#ifndef SKEP_VERIFIER_MAPS_H
#define SKEP_VERIFIER_MAPS_H

#include "verifier/internal.h"

/* The map behind fd, used from now on: its index in env->maps.  0 or -errno, logged. */
int maps_add_fd(struct env *env, int fd, u32 *index);

/* Entry `index` of the caller's fd_array.  0 or -EFAULT. */
int maps_read_fd_array(struct env *env, u32 index, int *fd);

#endif
