/* The names that libbpf.syms gives to the private libbpf's system calls, and what they share. */
#ifndef SKEP_LOAD_SHIM_H
#define SKEP_LOAD_SHIM_H

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "libbpf_cache.h" /* made from libbpf.a: LIBBPF_CACHE_SIZE */
#include "load/load.h"

struct perf_event_attr;
struct statfs;
struct utsname;

struct mapping;
struct watch;
struct waiting;

/* All that is process-wide. */
extern struct load_process {
	pthread_once_t once;
	struct skep *skep;    /* for threads that name no instance; made once */
	pthread_mutex_t lock; /* guards the three below */
	struct mapping *mappings;
	struct watch *watches;
	struct waiting *waitings;

	pthread_once_t sections_once;
	pthread_once_t features_once;
	u8 no_features[LIBBPF_CACHE_SIZE]; /* libbpf's cache as it is at first */
	pthread_mutex_t features_lock;     /* guards the three below */
	pthread_cond_t none_loading;
	u32 version; /* of Linux, that libbpf's cache is about; 0: none yet */
	u32 loading; /* how many threads are between features_enter and _leave */
} load_process;

/* sections.c: teach libbpf names of sections that it may be too old to know.  Once a process. */
void load_know_sections(void);

/*
 * features.c: from now on libbpf's calls, of all threads, meet instances of this version.  Between
 * enter and leave that is certain; without, another thread's loading is not disturbed.
 */
void features_use(u32 version);
void features_enter(u32 version);
void features_leave(void);

extern FILE *const load_stderr;
int load_vfprintf(FILE *file, int flag, const char *fmt, va_list args);
long load_syscall(long number, ...);
int load_close(int fd);
int load_fcntl(int fd, int cmd, ...);
int load_dup3(int from, int to, int flags);
int load_statfs(const char *path, struct statfs *out);
int load_mkdir(const char *path, mode_t mode);
int load_unlink(const char *path);
int load_setrlimit(__rlimit_resource_t resource, const struct rlimit *limit);
int load_uname(struct utsname *out);

/* shim_ring.c */
int load_ioctl(int fd, unsigned long request, ...);
void *load_mmap(void *at, size_t size, int prot, int flags, int fd, off_t off);
int load_munmap(void *at, size_t size);

/* A buffer's positions: what was read before `written` is new. */
struct load_positions {
	const _Atomic u64 *written, *read;
};

/* The perf buffer behind an fd, a strong reference; NULL when it is something else. */
struct obj *load_ring_of(int fd);
/* Where a perf buffer that was mapped has its positions.  0 or -EINVAL. */
int load_perf_positions(const struct obj *ring, struct load_positions *out);

/* shim_epoll.c */
int load_epoll_ctl(int epoll, int op, int fd, struct epoll_event *event);
int load_epoll_wait(int epoll, struct epoll_event *events, int max, int timeout);

/* perf_event_open(2) of a buffer for BPF's output: an fd or -errno. */
long perf_open(const struct perf_event_attr *attr);

/* An fd is about to be closed: it, or what was watched through it, is watched no longer. */
void epoll_forget(int fd);

#endif
