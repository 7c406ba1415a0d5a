/* Targets, and the lists of what is attached to them. */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <net/if.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "progtype/progtype.h"
#include "sys/attach.h"

enum { NSFS_KIND = 0x6e736673 };

static const struct attach_type types[__MAX_BPF_ATTACH_TYPE] = {
#define ATTACH(attach, prog, link, target)                                                         \
	[attach] = {BPF_PROG_TYPE_##prog, BPF_LINK_TYPE_##link, TARGET_##target},
#include "sys/attach.def"
#undef ATTACH
};

const struct attach_type *attach_type_by_id(u32 id)
{
	return id < ARRAY_SIZE(types) && types[id].link_type ? &types[id] : NULL;
}

/* These are attached as what they were loaded for, and nothing else. */
static int is_bound_to_type(u32 prog_type)
{
	return prog_type == BPF_PROG_TYPE_CGROUP_SOCK ||
	       prog_type == BPF_PROG_TYPE_CGROUP_SOCK_ADDR ||
	       prog_type == BPF_PROG_TYPE_CGROUP_SOCKOPT || prog_type == BPF_PROG_TYPE_SK_LOOKUP;
}

static int is_perf_type(u32 prog_type)
{
	return prog_type == BPF_PROG_TYPE_KPROBE || prog_type == BPF_PROG_TYPE_TRACEPOINT ||
	       prog_type == BPF_PROG_TYPE_PERF_EVENT;
}

int attach_check_prog(const struct prog *prog, u32 attach_type)
{
	const struct attach_type *type = attach_type_by_id(attach_type);
	u32 prog_type = prog->type->id;

	if (!type)
		return -EINVAL;
	if (type->target == TARGET_PERF)
		return is_perf_type(prog_type) ? 0 : -EINVAL;
	if (type->prog_type != prog_type)
		return -EINVAL;
	if (prog_type == BPF_PROG_TYPE_CGROUP_SKB &&
	    caller_needs(prog->obj.skep, CAP_FLAG_NET_ADMIN))
		return -EPERM;
	if (is_bound_to_type(prog_type) && prog->expected_attach_type != attach_type)
		return -EINVAL;
	return 0;
}

/* The inode behind an fd of ours. */
static int find_inode(int fd, long magic, int wrong, struct target *out)
{
	struct statfs fs;
	struct stat st;

	if (fstatfs(fd, &fs) || fstat(fd, &st))
		return -EBADF;
	if (fs.f_type != magic)
		return wrong;
	out->dev = st.st_dev;
	out->id = st.st_ino;
	return 0;
}

static int find_callers(struct skep *skep, int fd, long magic, int wrong, struct target *out)
{
	int ours = skep->caller->borrow(skep, fd), err;

	if (ours < 0)
		return ours;
	err = find_inode(ours, magic, wrong, out);
	skep->caller->give_back(skep, ours);
	return err;
}

static int find_netdev(u32 ifindex, int absent, struct target *out)
{
	char name[IF_NAMESIZE];

	if (!if_indextoname(ifindex, name))
		return absent;
	out->id = ifindex;
	return 0;
}

int target_find(struct skep *skep, enum target_kind kind, u32 fd, struct target *out)
{
	*out = (struct target){.kind = kind};
	switch (kind) {
	case TARGET_CGROUP:
		return find_callers(skep, (int)fd, CGROUP2_SUPER_MAGIC, -EBADF, out);
	case TARGET_NETNS:
		return find_callers(skep, (int)fd, NSFS_KIND, -EINVAL, out);
	case TARGET_NETDEV:
		return find_netdev(fd, -ENODEV, out);
	case TARGET_XDP:
		return find_netdev(fd, -EINVAL, out);
	case TARGET_SOCKMAP: /* of which there are none yet */
		return file_check(skep, (int)fd) ? -EBADF : -EINVAL;
	case TARGET_PERF: /* nor of these: what the host's perf counts is not ours to run on */
		return -EBADF;
	case TARGET_MULTI:
		return -EOPNOTSUPP;
	case TARGET_NETFILTER:
		return 0;
	default:
		return -EINVAL;
	}
}

int target_find_own_netns(struct skep *skep, struct target *out)
{
	char path[PROC_PATH];
	int fd, err;

	caller_proc(skep, "ns/net", path, sizeof(path));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -EINVAL;
	*out = (struct target){.kind = TARGET_NETNS};
	err = find_inode(fd, NSFS_KIND, -EINVAL, out);
	close(fd);
	return err;
}

static int same_target(const struct target *a, const struct target *b)
{
	return a->kind == b->kind && a->dev == b->dev && a->id == b->id;
}

struct attach_point *attach_point_find(struct sys *sys, const struct target *target,
				       u32 attach_type)
{
	struct attach_point *p = sys->points;

	while (p && (p->attach_type != attach_type || !same_target(&p->target, target)))
		p = p->next;
	return p;
}

static struct attach_point *point_make(struct skep *skep, const struct attach_request *want)
{
	struct attach_point *p = attach_point_find(skep->sys, &want->target, want->attach_type);

	if (p)
		return p;
	p = os_alloc(skep->os, sizeof(*p));
	if (!p)
		return NULL;
	p->target = want->target;
	p->attach_type = want->attach_type;
	p->revision = 1;
	p->next = skep->sys->points;
	skep->sys->points = p;
	return p;
}

/* How many programs a point takes at once. */
static u32 room_of(const struct attach_request *want)
{
	if (want->target.kind == TARGET_XDP || want->attach_type == BPF_FLOW_DISSECTOR)
		return 1;
	return ATTACHED_MAX;
}

static u32 count(const struct attach_point *p)
{
	u32 n = 0;

	for (struct attached *a = p->first; a; a = a->next)
		n++;
	return n;
}

static struct attached **find_prog(struct attach_point *p, const struct prog *prog)
{
	struct attached **at = &p->first;

	while (*at && ((*at)->prog != prog || (*at)->link))
		at = &(*at)->next;
	return at;
}

static struct attached **find_link(struct attach_point *p, const struct link *link)
{
	struct attached **at = &p->first;

	while (*at && (*at)->link != link)
		at = &(*at)->next;
	return at;
}

void attach_point_swap(const struct link *link, struct prog *prog)
{
	struct attach_point *p =
		attach_point_find(link->obj.skep->sys, &link->target, link->attach_type);
	struct attached *a = p ? *find_link(p, link) : NULL;

	if (!a)
		return;
	a->prog = prog;
	p->revision++;
}

/* cgroups: one program, or many; all are attached in the same way. */
static int check_cgroup(const struct attach_point *p, const struct attach_request *want)
{
	u32 flags = want->link ? (u32)BPF_F_ALLOW_MULTI : want->flags & (u32)STACKED;

	return p->first && p->flags != flags ? -EPERM : 0;
}

/* The program that is replaced: named, or the only one where only one may be. */
static struct attached *to_replace(struct attach_point *p, const struct attach_request *want,
				   int *err)
{
	if (want->replace) {
		struct attached *a = *find_prog(p, want->replace);

		*err = a ? 0 : -ENOENT;
		return a;
	}
	if (want->link || want->flags & BPF_F_ALLOW_MULTI || !p->first || p->first->link)
		return NULL;
	return want->target.kind == TARGET_CGROUP || want->target.kind == TARGET_NETNS ? p->first
										       : NULL;
}

static int check_add(struct attach_point *p, const struct attach_request *want)
{
	int err = 0;

	if (want->revision && want->revision != p->revision)
		return -ESTALE;
	if (want->target.kind == TARGET_CGROUP)
		err = check_cgroup(p, want);
	if (err)
		return err;
	if (!want->link && *find_prog(p, want->prog) && !want->replace)
		return want->target.kind == TARGET_NETDEV ? -EEXIST : -EINVAL;
	if (count(p) < room_of(want) || to_replace(p, want, &err))
		return 0;
	return want->target.kind == TARGET_XDP ? -EBUSY : -E2BIG;
}

static int put_last(struct skep *skep, struct attach_point *p, const struct attach_request *want)
{
	struct attached *a = os_alloc(skep->os, sizeof(*a));
	struct attached **at = &p->first;

	if (!a)
		return -ENOMEM;
	a->prog = want->prog;
	a->link = want->link;
	if (!a->link)
		obj_get(&a->prog->obj);
	while (*at && !(want->flags & BPF_F_BEFORE))
		at = &(*at)->next;
	a->next = *at;
	*at = a;
	return 0;
}

static int add_locked(struct skep *skep, const struct attach_request *want, struct prog **old)
{
	struct attach_point *p = point_make(skep, want);
	struct attached *victim;
	int err;

	if (!p)
		return -ENOMEM;
	err = check_add(p, want);
	if (err)
		return err;
	victim = to_replace(p, want, &err);
	if (err)
		return err;
	if (victim) {
		*old = victim->prog;
		victim->prog = want->prog;
		obj_get(&want->prog->obj);
	} else {
		err = put_last(skep, p, want);
	}
	if (err)
		return err;
	p->flags = want->link ? (u32)BPF_F_ALLOW_MULTI : want->flags & (u32)STACKED;
	p->revision++;
	return 0;
}

int attach_add(struct skep *skep, const struct attach_request *want)
{
	struct prog *old = NULL;
	int err;

	pthread_mutex_lock(&skep->sys->lock);
	err = add_locked(skep, want, &old);
	pthread_mutex_unlock(&skep->sys->lock);
	if (old)
		obj_put(&old->obj);
	return err;
}

static struct attached **to_remove(struct attach_point *p, const struct attach_request *want)
{
	if (want->link)
		return find_link(p, want->link);
	if (want->prog)
		return find_prog(p, want->prog);
	/* the only one there can be */
	return &p->first;
}

static int remove_locked(struct sys *sys, const struct attach_request *want, struct attached **out)
{
	struct attach_point *p = attach_point_find(sys, &want->target, want->attach_type);
	struct attached **at;

	if (!p)
		return -ENOENT;
	if (want->revision && want->revision != p->revision)
		return -ESTALE;
	if (!want->link && !want->prog && p->flags & BPF_F_ALLOW_MULTI)
		return -EINVAL;
	at = to_remove(p, want);
	if (!*at)
		return -ENOENT;
	*out = *at;
	*at = (*at)->next;
	p->revision++;
	return 0;
}

int attach_remove(struct skep *skep, const struct attach_request *want)
{
	struct attached *gone = NULL;
	int err;

	pthread_mutex_lock(&skep->sys->lock);
	err = remove_locked(skep->sys, want, &gone);
	pthread_mutex_unlock(&skep->sys->lock);
	if (!gone)
		return err;
	if (!gone->link)
		obj_put(&gone->prog->obj);
	os_free(skep->os, gone);
	return 0;
}

void points_destroy(struct skep *skep)
{
	while (skep->sys->points) {
		struct attach_point *p = skep->sys->points;

		while (p->first) {
			struct attached *a = p->first;

			p->first = a->next;
			if (!a->link)
				obj_put(&a->prog->obj);
			os_free(skep->os, a);
		}
		skep->sys->points = p->next;
		os_free(skep->os, p);
	}
}
