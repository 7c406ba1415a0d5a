/*
 * bpf(): one row a command.  The same entry serves a host program (skep_bpf), our private libbpf
 * and the exec supervisor; what differs between them - how memory of the caller is read and what an
 * fd is - comes in struct sys_caller.
 */
#ifndef SKEP_SYS_SYS_H
#define SKEP_SYS_SYS_H

#include "base/abi.h"
#include "base/skep.h"

/* A whole instance.  0 or -errno. */
int sys_create(const struct skep_config *config, struct skep **out);
void sys_free(struct skep *skep);

/*
 * bpf(2): attr is the caller's, of `size` bytes, read and written as Linux does.  Returns what the
 * system call would: an fd, 0, ..., or -errno.
 */
long sys_bpf(struct skep *skep, int cmd, void *attr, u32 size);

/* The rows of the table of commands, for `skep features`: 1, or 0 when there is no such number. */
struct sys_command {
	const char *name; /* "BPF_MAP_CREATE" */
	u32 end;          /* of the last field of attr that it knows */
	const char *since;
};
int sys_command(int cmd, struct sys_command *out);

/* A strong reference to the object behind an fd of this instance: 0, -EBADF, -EINVAL. */
int sys_obj_by_fd(struct skep *skep, int fd, enum obj_kind kind, struct obj **out);

/* A new fd (O_CLOEXEC) for obj; takes no reference from the caller.  -errno on failure. */
int sys_fd_for_obj(struct skep *skep, struct obj *obj);

/* Close an fd that sys_bpf returned: the object goes with its last one.  0 or -errno. */
int sys_close(struct skep *skep, int fd);

/*
 * fcntl(fd, F_DUPFD_CLOEXEC, min) for an fd of this instance: another fd of the same object, which
 * sys_close closes too.  The new fd, or -EBADF, -EMFILE.
 */
int sys_dup(struct skep *skep, int fd, int min);

/* mkdir(2) in the instance's bpffs, which is on /sys/fs/bpf.  0, -EEXIST, -ENOENT, -EPERM. */
int sys_mkdir(struct skep *skep, const char *path);

/* unlink(2) of a pin.  0 or -ENOENT. */
int sys_unpin(struct skep *skep, const char *path);

#endif
