/*
 * A cache in a client, loaded by LD_PRELOAD: lookups in arrays that the client may map anyway
 * (BPF_F_MMAPABLE) are read from a mapping and make no call.  All else is the supervisor's, who
 * owns what is read here.  What a number means as an fd is remembered until close, dup2 and the
 * like say otherwise; SKEP_PRELOAD_STRICT asks at each lookup, for those that do not close by libc.
 *
 * Nothing of skep's is linked here, and it is a client's own: what it spoils is that client's.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/close_range.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { FDS = 1024, PATIENCE = 1000, STRIDE = 8 };
enum state { UNKNOWN, CACHED, NOTHING };

/* What one fd means.  Who reads is counted, so that nobody unmaps below him. */
struct cached {
	_Atomic unsigned state, readers;
	const char *values;
	size_t stride, length;
	unsigned value_size, entries;
	dev_t dev;
	ino_t ino;
};

static struct cached cache[FDS];
static int strict;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* changes of state; signals wait */

static long call(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

static long result(long ret)
{
	if (ret >= -4095 && ret < 0) {
		errno = (int)-ret;
		return -1;
	}
	return ret;
}

/* ---- what an fd means ---- */

/* Values with BTF may hold locks and timers, which lookups leave out: those are not for us. */
static int is_plain(const struct bpf_map_info *info)
{
	return info->type == BPF_MAP_TYPE_ARRAY && info->map_flags & BPF_F_MMAPABLE &&
	       !info->btf_value_type_id && info->key_size == sizeof(unsigned);
}

static int learn(struct cached *c, int fd)
{
	struct bpf_map_info info = {0};
	union bpf_attr attr;
	struct stat st;
	void *at;

	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = (unsigned)fd;
	attr.info.info = (unsigned long)&info;
	attr.info.info_len = sizeof(info);
	if (call(SYS_bpf, BPF_OBJ_GET_INFO_BY_FD, (long)&attr, sizeof(attr.info), 0, 0, 0) ||
	    !is_plain(&info) || fstat(fd, &st))
		return NOTHING;
	c->stride = ((size_t)info.value_size + STRIDE - 1) & ~(size_t)(STRIDE - 1);
	c->length = c->stride * info.max_entries;
	c->value_size = info.value_size;
	c->entries = info.max_entries;
	c->dev = st.st_dev;
	c->ino = st.st_ino;
	at = mmap(NULL, c->length, PROT_READ, MAP_SHARED, fd, 0);
	c->values = at;
	return at == MAP_FAILED ? NOTHING : CACHED;
}

static void change(sigset_t *before)
{
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, before);
	pthread_mutex_lock(&lock);
}

static void changed(const sigset_t *before)
{
	pthread_mutex_unlock(&lock);
	pthread_sigmask(SIG_SETMASK, before, NULL);
}

static void learn_once(struct cached *c, int fd)
{
	sigset_t before;

	change(&before);
	if (atomic_load(&c->state) == UNKNOWN)
		atomic_store(&c->state, (unsigned)learn(c, fd));
	changed(&before);
}

/* When a reader does not leave (we are a signal's handler, and he was interrupted), it stays
 * mapped. */
static void unmap(struct cached *c)
{
	for (int i = 0; i < PATIENCE && atomic_load(&c->readers); i++)
		sched_yield();
	if (!atomic_load(&c->readers))
		munmap((void *)(unsigned long)c->values, c->length);
}

static void forget(unsigned fd)
{
	struct cached *c = &cache[fd];
	sigset_t before;

	if (fd >= FDS || atomic_load(&c->state) == UNKNOWN)
		return;
	change(&before);
	if (atomic_exchange(&c->state, UNKNOWN) == CACHED)
		unmap(c);
	changed(&before);
}

static void forget_from(unsigned first, unsigned last)
{
	for (unsigned fd = first; fd <= last && fd < FDS; fd++)
		forget(fd);
}

static int is_same(const struct cached *c, int fd)
{
	struct stat st;

	return !strict || (!fstat(fd, &st) && st.st_ino == c->ino && st.st_dev == c->dev);
}

/* ---- lookups ---- */

/* Other than what everybody passes is for the supervisor to judge. */
static int is_common(const union bpf_attr *attr, long size)
{
	static const char zero[sizeof(*attr)];
	const size_t known = offsetof(union bpf_attr, flags) + sizeof(attr->flags);

	return attr && size >= (long)known && size <= (long)sizeof(*attr) && !attr->flags &&
	       attr->map_fd < FDS && attr->key && attr->value &&
	       !memcmp((const char *)attr + known, zero, (size_t)size - known);
}

/* 0, -ENOENT, or 1: ask the supervisor. */
static long read_value(const struct cached *c, const union bpf_attr *attr)
{
	unsigned index;

	if (!is_same(c, (int)attr->map_fd))
		return 1;
	memcpy(&index, (const void *)(unsigned long)attr->key, sizeof(index));
	if (index >= c->entries)
		return -ENOENT;
	memcpy((void *)(unsigned long)attr->value, c->values + index * c->stride, c->value_size);
	return 0;
}

static long lookup(const union bpf_attr *attr)
{
	struct cached *c = &cache[attr->map_fd];
	long ret = 1;

	if (atomic_load(&c->state) == UNKNOWN)
		learn_once(c, (int)attr->map_fd);
	/* both in this order: forget() sees the reader, or the reader sees that it is forgotten */
	atomic_fetch_add(&c->readers, 1);
	if (atomic_load(&c->state) == CACHED)
		ret = read_value(c, attr);
	atomic_fetch_sub(&c->readers, 1);
	if (ret == 1 && strict)
		forget(attr->map_fd);
	return ret;
}

/* ---- libc's names ---- */

#define EXPORT __attribute__((visibility("default")))

static void look_at(long nr, const long *a)
{
	if (nr == SYS_close)
		forget((unsigned)a[0]);
	else if (nr == SYS_dup2 || nr == SYS_dup3)
		forget((unsigned)a[1]);
	else if (nr == SYS_close_range && !(a[2] & CLOSE_RANGE_CLOEXEC))
		forget_from((unsigned)a[0], (unsigned)a[1]);
}

EXPORT long syscall(long nr, ...)
{
	long a[6], ret = 1;
	va_list args;

	va_start(args, nr);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(args, long);
	va_end(args);
	/* the upper half of an int that was passed is anything */
	if (nr == SYS_bpf && (int)a[0] == BPF_MAP_LOOKUP_ELEM &&
	    is_common((const union bpf_attr *)a[1], (unsigned)a[2]))
		ret = lookup((const union bpf_attr *)a[1]);
	if (ret != 1)
		return result(ret);
	/* before: a mapping would hold the object; after: another thread may have looked meanwhile
	 */
	look_at(nr, a);
	ret = call(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
	look_at(nr, a);
	return result(ret);
}

EXPORT int close(int fd)
{
	return (int)syscall(SYS_close, fd);
}

EXPORT int dup2(int from, int to)
{
	return (int)syscall(SYS_dup2, from, to);
}

EXPORT int dup3(int from, int to, int flags)
{
	return (int)syscall(SYS_dup3, from, to, flags);
}

EXPORT int close_range(unsigned first, unsigned last, int flags)
{
	return (int)syscall(SYS_close_range, first, last, flags);
}

EXPORT void closefrom(int first)
{
	(void)syscall(SYS_close_range, first < 0 ? 0 : first, ~0u, 0);
}

/* Around a fork nothing changes; other threads, which may have been reading, are not in the child.
 */
static void before_fork(void)
{
	pthread_mutex_lock(&lock);
}

static void in_parent(void)
{
	pthread_mutex_unlock(&lock);
}

static void in_child(void)
{
	for (int fd = 0; fd < FDS; fd++)
		atomic_store(&cache[fd].readers, 0);
	pthread_mutex_unlock(&lock);
}

__attribute__((constructor)) static void begin(void)
{
	strict = getenv("SKEP_PRELOAD_STRICT") != NULL;
	pthread_atfork(before_fork, in_parent, in_child);
}
