/*
 * Capabilities as the instance sees them.  Clients run without any; what they are told and what
 * bpf() holds them to is ours: all of them, none, or a set of each thread's own that it may give
 * away and take back.  The kernel's own checks see none of it.
 *
 * A thread that never changed its set has that of the thread that made it, at the time when it is
 * first asked for: clone() is not seen.
 */
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/caps.h"
#include "exec/kin.h"
#include "exec/path.h"

enum { LAST_CAP = 40 };
#define FULL ((2ull << LAST_CAP) - 1)

struct cap_thread {
	struct kin kin;
	struct cap_sets sets;
};

static const struct cap_sets full = {.effective = FULL, .permitted = FULL};

static struct cap_thread *cap_thread_of(struct kin *kin)
{
	return container_of(kin, struct cap_thread, kin);
}

void cap_thread_free(struct exec *exec, struct kin *kin)
{
	os_free(exec->skep->os, cap_thread_of(kin));
}

static struct cap_sets sets_of(struct notice *n)
{
	struct exec *exec = n->exec;
	struct cap_sets sets = full;
	struct kin *kin;

	pthread_mutex_lock(&exec->lock);
	kin = kin_inherited(exec, &exec->cap_threads, (pid_t)n->call.pid);
	if (kin)
		sets = cap_thread_of(kin)->sets;
	pthread_mutex_unlock(&exec->lock);
	return sets;
}

/* The thread's own entry, a new one if need be; NULL without memory. */
static struct cap_thread *own(struct notice *n)
{
	struct exec *exec = n->exec;
	struct kin *kin = kin_find(exec, &exec->cap_threads, (pid_t)n->call.pid);
	struct cap_thread *t;

	if (kin)
		return cap_thread_of(kin);
	t = os_alloc(exec->skep->os, sizeof(*t));
	if (t)
		kin_add(&exec->cap_threads, &t->kin, (pid_t)n->call.pid, client_pidfd(n));
	return t;
}

static int set(struct notice *n, const struct cap_sets *sets)
{
	struct cap_thread *t;

	pthread_mutex_lock(&n->exec->lock);
	t = own(n);
	if (t)
		t->sets = *sets;
	pthread_mutex_unlock(&n->exec->lock);
	return t ? 0 : -ENOMEM;
}

static struct cap_sets current_sets(struct notice *n)
{
	switch (n->exec->options.caps) {
	case EXEC_CAPS_NONE:
		return (struct cap_sets){0};
	case EXEC_CAPS_VIRTUAL:
		return sets_of(n);
	case EXEC_CAPS_ALL:
		break;
	}
	return full;
}

u32 caps_lacking(struct skep *skep)
{
	static const struct {
		u32 flag, cap;
	} needed[] = {
		{CAP_FLAG_BPF, CAP_BPF},
		{CAP_FLAG_NET_ADMIN, CAP_NET_ADMIN},
		{CAP_FLAG_PERFMON, CAP_PERFMON},
		{CAP_FLAG_SYS_ADMIN, CAP_SYS_ADMIN},
	};
	u64 has = current_sets(notice_current(exec_of(skep))).effective;
	u32 lacks = 0;

	if (has & 1ull << CAP_SYS_ADMIN)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(needed); i++)
		if (!(has & 1ull << needed[i].cap))
			lacks |= needed[i].flag;
	return lacks;
}

int exec_caps_by_name(const char *name, enum exec_caps *out)
{
	static const char *const names[] = {
		[EXEC_CAPS_ALL] = "all",
		[EXEC_CAPS_NONE] = "none",
		[EXEC_CAPS_VIRTUAL] = "virtual",
	};

	for (u32 i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(name, names[i])) {
			*out = (enum exec_caps)i;
			return 0;
		}
	return -EINVAL;
}

/* ---- the calls ---- */

/* How many words of 32 bits a set has in this version of the call; an unknown one is told ours. */
static int read_header(struct notice *n, u32 *words, pid_t *pid)
{
	struct __user_cap_header_struct header;

	if (client_read(n, &header, arg(n, 0), sizeof(header)))
		return -EFAULT;
	*pid = header.pid;
	*words = header.version == _LINUX_CAPABILITY_VERSION_1 ? 1 : 2;
	if (header.version == _LINUX_CAPABILITY_VERSION_1 ||
	    header.version == _LINUX_CAPABILITY_VERSION_2 ||
	    header.version == _LINUX_CAPABILITY_VERSION_3)
		return 0;
	header.version = _LINUX_CAPABILITY_VERSION_3;
	if (client_write(n, arg(n, 0), &header, sizeof(header.version)))
		return -EFAULT;
	return -EINVAL;
}

/* Of other processes the kernel tells, which has given them none. */
static int is_own(struct notice *n, pid_t pid)
{
	return !pid || pid == (pid_t)n->call.pid || pid == client_pid(n);
}

long serve_capget(struct notice *n)
{
	struct __user_cap_data_struct data[2];
	struct cap_sets sets;
	u32 words;
	pid_t pid;
	int err = read_header(n, &words, &pid);

	if (err)
		return err == -EINVAL && !arg(n, 1) ? 0 : err;
	if (!is_own(n, pid))
		return NOTICE_CONTINUE;
	sets = current_sets(n);
	for (u32 i = 0; i < words; i++)
		data[i] = (struct __user_cap_data_struct){
			.effective = (u32)(sets.effective >> 32 * i),
			.permitted = (u32)(sets.permitted >> 32 * i),
			.inheritable = (u32)(sets.inheritable >> 32 * i),
		};
	return client_write(n, arg(n, 1), data, words * sizeof(data[0]));
}

/* What capset(2) refuses to who has no CAP_SETPCAP beyond its sets. */
static int check_sets(const struct cap_sets *old, const struct cap_sets *new)
{
	if (new->permitted & ~old->permitted || new->effective & ~new->permitted ||
	    new->inheritable & ~(old->inheritable | old->permitted))
		return -EPERM;
	return 0;
}

long serve_capset(struct notice *n)
{
	struct __user_cap_data_struct data[2] = {{0}};
	struct cap_sets old = current_sets(n), new = {0};
	u32 words;
	pid_t pid;
	int err = read_header(n, &words, &pid);

	if (err)
		return err;
	if (!is_own(n, pid))
		return -EPERM;
	if (client_read(n, data, arg(n, 1), words * sizeof(data[0])))
		return -EFAULT;
	for (u32 i = 0; i < words; i++) {
		new.effective |= (u64)data[i].effective << 32 * i &FULL;
		new.permitted |= (u64)data[i].permitted << 32 * i &FULL;
		new.inheritable |= (u64)data[i].inheritable << 32 * i &FULL;
	}
	err = check_sets(&old, &new);
	return err || n->exec->options.caps != EXEC_CAPS_VIRTUAL ? err : set(n, &new);
}

/* prctl(PR_CAPBSET_READ, cap), prctl(PR_CAPBSET_DROP, cap): the bounding set is full, and stays. */
long serve_prctl(struct notice *n)
{
	if (n->exec->options.caps == EXEC_CAPS_NONE)
		return NOTICE_CONTINUE;
	if (arg(n, 1) > LAST_CAP)
		return -EINVAL;
	return arg(n, 0) == PR_CAPBSET_READ;
}

int caps_tell(struct notice *n, const char *line, FILE *out)
{
	struct cap_sets sets = current_sets(n);
	unsigned long long bounding = n->exec->options.caps == EXEC_CAPS_NONE ? 0 : FULL;

	if (!strncmp(line, "CapInh:", 7))
		fprintf(out, "CapInh:\t%016llx\n", (unsigned long long)sets.inheritable);
	else if (!strncmp(line, "CapPrm:", 7))
		fprintf(out, "CapPrm:\t%016llx\n", (unsigned long long)sets.permitted);
	else if (!strncmp(line, "CapEff:", 7))
		fprintf(out, "CapEff:\t%016llx\n", (unsigned long long)sets.effective);
	else if (!strncmp(line, "CapBnd:", 7))
		fprintf(out, "CapBnd:\t%016llx\n", bounding);
	else
		return 0;
	return 1;
}

/* ---- --as-root ---- */

long serve_root_id(struct notice *n)
{
	(void)n;
	return 0;
}

/* getresuid(three places), getresgid the same */
long serve_root_ids(struct notice *n)
{
	static const u32 root;

	for (u32 i = 0; i < 3; i++)
		if (client_write(n, arg(n, i), &root, sizeof(root)))
			return -EFAULT;
	return 0;
}
