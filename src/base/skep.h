/* The instance: one whole eBPF system.  Upper layers hang what they own off it. */
#ifndef SKEP_BASE_SKEP_H
#define SKEP_BASE_SKEP_H

#include <pthread.h>

#include "base/epoch.h"
#include "base/ids.h"
#include "base/obj.h"
#include "base/os.h"
#include "base/run.h"
#include "base/slot.h"
#include "base/window.h"

struct code_heap;
struct btf;
struct engine;
struct map;
struct output_waker;
struct ring_dir;
struct sys;
struct sys_caller;
struct timers;
struct trace;
struct usercopy;
struct verify_watch;

/* The host kernel's BTF, once somebody wanted it: btf/kernel.c. */
struct kernel_types {
	pthread_mutex_t lock; /* guards the rest */
	u8 tried;
	struct btf *btf;
};

struct skep {
	const struct os *os;
	struct window window; /* all memory that programs can see */
	struct slots slots;   /* the CPUs */
	struct epoch epoch;   /* what runs may still see */
	struct ids ids[OBJ_KINDS];
	const struct usercopy *usercopy; /* how the caller's memory is reached: base/usercopy.h */
	const struct sys_caller *caller; /* what its fds are: sys/sys.h */
	/* what an fd of the caller's means: a strong reference, or -EBADF, -EINVAL; set by sys/ */
	int (*fd_get)(struct skep *skep, int fd, enum obj_kind kind, struct obj **out);
	/* may the prog array hold this program?  0 or -EINVAL; set by sys/ */
	int (*prog_array_claim)(struct map *array, struct obj *prog);
	const struct engine *engine;      /* what compiles programs at load */
	_Atomic(struct code_heap *) code; /* machine code, made by the first compile: jit/code.h */
	void (*code_destroy)(struct skep *skep, struct code_heap *code);
	_Atomic u32 unprivileged_bpf_disabled; /* the sysctl: 0, 1, 2 */
	u32 kernel_version;      /* 0x061200 = 6.18: rows with a later `since` are hidden */
	u8 unproven; /* programs are only followed by kinds of values: verifier/kinds */
	u8 verify_only; /* nothing is ever run: see struct skep_config */
	struct verify_watch *verify_watch; /* tests': verifier/watch.h; or NULL */
	_Atomic u32 stats_users; /* > 0: count runs and their time */
	_Atomic(struct ring_dir *) rings; /* finds ring buffers: map/ring_dir.h */
	_Atomic u32 rings_lock;           /* guards adding to it, removing from it */
	_Atomic u32 output_sleepers;      /* who waits for ring and perf buffers: map/output.h */
	_Atomic u32 output_lock;          /* guards the next */
	struct output_waker *output_wakers;
	u64 secret[2];                    /* keys hashes that nobody is to foresee */
	_Atomic u64 socket_cookies;       /* given out so far */
	/* does nobody wait any more for what the calling thread does?  or NULL: exec/ */
	int (*interrupted)(struct skep *skep);
	/* told of every wake-up, by the thread that runs the program; or NULL: exec/ */
	void (*output_ready)(struct skep *skep, struct obj *buffer);
	_Atomic(struct timers *) timers;  /* made by the first: map/timer.h */
	u8 polled;                        /* no thread of ours: who made us calls timers_poll */
	struct trace *trace;              /* bpf_trace_printk's sink: helper/trace.h */
	struct kernel_types kernel_types;
	_Atomic(void *) verify_memory; /* kept between programs: verifier/verifier.c */
	struct sys *sys; /* fds, pins: sys/ */
};

/* What an instance is made with; all zero means the defaults. */
struct skep_config {
	const struct os *os;             /* &os_host */
	const struct engine *engine;     /* sys/ picks the JIT */
	u32 ncpu;                        /* as many as the host has possible */
	u32 kernel_version;              /* 6.18 */
	u64 window_size;                 /* 64 GiB of address space */
	const struct usercopy *usercopy; /* &usercopy_direct */
	const struct sys_caller *caller; /* sys/: our own process */
	/* Programs are believed: for those that need what the verifier does not cover yet. */
	u8 unproven;
	/* Verdicts alone: maps and helpers that skep has no code for are there, nothing runs. */
	u8 verify_only;
	u8 polled; /* timers fire when timers_poll is called, not by a thread */
};

/* For loops that may take long: 1 when what they do may end with -EINTR. */
static inline int skep_interrupted(struct skep *skep)
{
	return skep->interrupted && skep->interrupted(skep);
}

/* Base parts only; sys_create (sys/sys.h) makes a whole instance.  0 or -errno. */
int skep_base_create(const struct skep_config *config, struct skep **out);
void skep_base_free(struct skep *skep);

#endif
