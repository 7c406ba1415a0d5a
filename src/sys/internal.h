/* What the files of sys/ share: a call under way, the fd table, the handlers. */
#ifndef SKEP_SYS_INTERNAL_H
#define SKEP_SYS_INTERNAL_H

#include <pthread.h>

#include "base/caps.h"
#include "base/log.h"
#include "base/usercopy.h"
#include "map/map.h"
#include "prog/prog.h"
#include "sys/sys.h"

struct attach_point;
struct sys_file;
struct bpffs;

enum { WATCH_BUCKETS = 4096 };

struct sys {
	pthread_mutex_t sweep_lock; /* before any other: one thread lets go of closed files */
	pthread_mutex_t lock;       /* guards all below; before it only sweep_lock */
	struct sys_file **bucket;   /* files by inode */
	u32 nr_buckets;
	_Atomic u32 nr_files; /* read without the lock for a guess */
	_Atomic u32
		nr_buffers;   /* of them, those of maps and perf buffers; written under the lock */
	_Atomic u32 sweep_at; /* nr_files that makes the next creation look for closed ones */
	int inotify;          /* tells of closes: closed.c; or -1 */
	struct sys_file *watched[WATCH_BUCKETS]; /* files by inotify's number */
	struct sys_file *doubts;                 /* to be asked again */
	u32 nr_unwatched;                        /* files that it would not take */
	struct bpffs *bpffs;
	struct attach_point *points;
	pthread_mutex_t bind_lock; /* guards prog->maps of published programs */
};

/* One bpf(2) under way. */
struct call {
	struct skep *skep;
	u64 uattr;           /* where the caller's attr is */
	u32 size;            /* of it */
	union bpf_attr attr; /* copied once, zero-filled; what handlers read */
};

/* Hand call->attr's `field` to the caller, whatever size of attr it passed, as Linux does. */
#define CALL_PUT(call, field)                                                                      \
	call_put(call, offsetof(union bpf_attr, field), sizeof((call)->attr.field))
int call_put(const struct call *call, u32 off, u32 size);

/*
 * The zero-tail rule: of `size` bytes at `from` we know the first `known`; the others must be zero.
 * 0, -E2BIG or -EFAULT.
 */
int user_tail_zero(struct skep *skep, u64 from, u32 known, u32 size);

/* A string of the caller's, cut to what `room` holds.  0 or -EFAULT. */
int user_string(struct skep *skep, char *to, u64 from, u32 room);

void points_destroy(struct skep *skep);

/* log.c: a log that goes to the caller's buffer.  0, -EINVAL as Linux judges the three together. */
struct call_log {
	struct log log;
	u64 buf;
};
int call_log_begin(struct call *call, struct call_log *out, u32 level, u64 buf, u32 size);
/* Hand the text over, tell how much room all of it takes, free it: 0, -ENOSPC, -EFAULT, -ENOMEM */
int call_log_end(struct call *call, struct call_log *log, u32 *true_size);

#define COMMAND(name, handler, last, since) long handler(struct call *call);
#include "sys/command.def"
#undef COMMAND

/* caller.c */
extern const struct sys_caller caller_self;
enum { PROC_PATH = 64 };
/* Linux's rules for callers who may not all: 0, or -EPERM when one of the capabilities is lacked.
 */
int caller_needs(struct skep *skep, u32 caps);
/* The set, with ANY where unprivileged callers may make nothing. */
u32 caller_lacks(struct skep *skep);
/* "/proc/PID/name" of the caller */
void caller_proc(struct skep *skep, const char *name, char *path, u32 room);

/* file.c: what an fd may do to a map */
enum { MODE_READ = 1, MODE_WRITE = 2, MODE_BOTH = 3 };

int files_create(struct skep *skep);
void files_destroy(struct skep *skep);

/* Does the caller have such an fd?  0 or -EBADF. */
int file_check(struct skep *skep, int fd);

/* A new fd for the object, O_CLOEXEC; no reference changes hands.  -errno on failure. */
int file_open(struct skep *skep, struct obj *obj, u32 mode);

/* A strong reference to what the fd means, and what the fd may do.  0 or -EBADF, -EINVAL. */
int file_get(struct skep *skep, int fd, enum obj_kind kind, struct obj **out, u32 *mode);
int file_get_any(struct skep *skep, int fd, struct obj **out, u32 *mode);

/* Drop the objects whose last fd was closed behind our back. */
void files_sweep(struct skep *skep);

/* No fd and no pin of the object is left, though programs may hold it.  Not under sys->lock. */
void users_gone(struct obj *obj);
/* Drop the reference of a pin, which is counted in obj->pins.  Not under sys->lock. */
void pin_gone(struct obj *obj);

/* Give a new object its id and its first fd, and the caller's reference away.  fd or -errno. */
long publish(struct skep *skep, struct obj *obj, u32 mode);

/* freeze.c: 0, -EBUSY while the caller has it mapped writable, or what the type says */
int freeze(struct map *map);

/* target.c: what attr says a new program attaches to; then, in its log, what is wrong with it */
int target_take(struct call *call, struct prog *prog);
int target_check(const struct prog *prog, struct log *log);

/* create.c: BPF_F_RDONLY, BPF_F_WRONLY as what an fd may do; 0, or -EINVAL for both at once */
int mode_of_flags(u32 flags, u32 *mode);
/* skep gives out no tokens: why this fd is none */
int token_error(struct skep *skep, int fd);

/* info.c: what BPF_OBJ_GET_INFO_BY_FD tells of each kind; uinfo and size are the caller's */
struct info_dest {
	struct skep *skep;
	u64 at;
	u32 size;
	u8 written; /* also when it ends in -ENOSPC, because a name was cut */
};
int info_of_prog(struct info_dest *dest, struct prog *prog);
int info_of_link(struct info_dest *dest, struct obj *link);
/* A name goes to a buffer of its own; too small a one gets what fits, and -ENOSPC. */
int info_name(struct info_dest *dest, const char *name, u64 to, u32 room);

/* Read what the caller put into its struct of `known` bytes; to is zero-filled. */
int info_read(struct info_dest *dest, void *to, u32 known);
/* Write it back, as much as the caller has room for; dest->size is what was written. */
int info_write(struct info_dest *dest, const void *from);
/*
 * A variable array: the caller has room for `room` elements at `to`, there are `count`.
 */
int info_array(struct info_dest *dest, u64 to, u32 room, const void *from, u32 count, u32 size);

/* name.c: 16 bytes as in attr; 0 or -EINVAL for what is not [A-Za-z0-9_.]* and a NUL. */
int name_copy(char *to, const char *from);

#endif
