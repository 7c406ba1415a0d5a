/*
 * bpf(): one row a command.  The same entry serves a host program (skep_bpf), our private libbpf
 * and the exec supervisor; what differs between them - how memory of the caller is read and what an
 * fd is - comes in struct sys_caller.
 */
#ifndef SKEP_SYS_SYS_H
#define SKEP_SYS_SYS_H

#include <sys/types.h>

#include "base/abi.h"
#include "base/skep.h"

struct map_mmap;

/*
 * Who calls, where that is not our own process (exec/).  Each member is about the call that the
 * calling thread serves.  Memory of the caller is a seam of its own: base/usercopy.h.
 */
struct sys_caller {
	/* An fd of ours with the file behind the caller's, for a moment; or -EBADF. */
	int (*borrow)(struct skep *skep, int fd);
	void (*give_back)(struct skep *skep, int ours);
	/* The call's result is this fd of ours: take it, and return what the call shall return. */
	int (*hand_over)(struct skep *skep, int ours);
	pid_t (*pid)(struct skep *skep);
	/* What it may not: enum cap_flag.  NULL: it may all. */
	u32 (*lacks)(struct skep *skep);
	/* The last fd of obj is gone; NULL: nobody wants to know.  Not about a call. */
	void (*closed)(struct skep *skep, struct obj *obj);
};

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
/* The same, whatever kind it is of. */
int sys_obj_by_fd_any(struct skep *skep, int fd, struct obj **out);

/* Has any caller an fd of a map or a perf buffer, which can be waited for? */
int sys_has_buffers(struct skep *skep);

/* A new fd (O_CLOEXEC) for obj; takes no reference from the caller.  -errno on failure. */
int sys_fd_for_obj(struct skep *skep, struct obj *obj);

/*
 * What mmap(2) of this fd says; the fd's mode is filled in.  0: go ahead, or Linux's -errno; 1: the
 * fd is none of this instance's.
 */
int sys_mmap_check(struct skep *skep, int fd, struct map_mmap *ask);

/* What Linux shows of an object in /proc/PID/fdinfo, as text.  0, -ENOMEM, -ENOSPC. */
int sys_fdinfo(struct obj *obj, char *to, size_t room);

/* Close an fd that sys_bpf returned: the object goes with its last one.  0 or -errno. */
int sys_close(struct skep *skep, int fd);

/*
 * fcntl(fd, F_DUPFD_CLOEXEC, min) for an fd of this instance: another fd of the same object, which
 * sys_close closes too.  The new fd, or -EBADF, -EMFILE.
 */
int sys_dup(struct skep *skep, int fd, int min);

/*
 * Callers in other processes close fds without telling.  From now on (no fd has been given yet) the
 * kernel tells: the fd that this returns (the instance's, or -errno) polls readable when there may
 * be something to sweep.
 */
int sys_watch_closes(struct skep *skep);

/* Let go of objects whose last fd was closed.  1: some may be seen only a moment later; or 0. */
int sys_sweep(struct skep *skep);

/* mkdir(2) in the instance's bpffs: sys/bpffs.h.  0, -EEXIST, -ENOENT, -EPERM; -EXDEV elsewhere. */
int sys_mkdir(struct skep *skep, const char *path);

/* Does the path lead into the instance's bpffs?  What is there need not exist. */
int sys_in_bpffs(struct skep *skep, const char *path);

/* unlink(2) there.  0, -ENOENT, -EISDIR; -EXDEV elsewhere. */
int sys_unpin(struct skep *skep, const char *path);

#endif
