/*
 * What is attached where.  A point is a target (a cgroup, an interface, ...) and an attach type;
 * its programs stand in the order in which they would run.  Nothing fires them: that is the hooks'
 * work.
 */
#ifndef SKEP_SYS_ATTACH_H
#define SKEP_SYS_ATTACH_H

#include "sys/internal.h"

enum target_kind {
	TARGET_NONE,
	TARGET_CGROUP,
	TARGET_NETNS,
	TARGET_NETDEV,
	TARGET_SOCKMAP,
	TARGET_PERF,
	TARGET_XDP,
	TARGET_NETFILTER,
	TARGET_MULTI,
};

struct attach_type {
	u32 prog_type; /* BPF_PROG_TYPE_UNSPEC: kprobe, tracepoint or perf_event */
	u32 link_type;
	enum target_kind target;
};

/* NULL when Linux has no such attach type, or nothing of ours attaches by it. */
const struct attach_type *attach_type_by_id(u32 id);

/* May the program be attached so?  0 or -EINVAL. */
int attach_check_prog(const struct prog *prog, u32 attach_type);

struct target {
	enum target_kind kind;
	u64 dev, id; /* of the inode; an interface's index alone */
};

/* What attr's target_fd or target_ifindex is.  0, -EBADF, -ENODEV, -EINVAL. */
int target_find(struct skep *skep, enum target_kind kind, u32 fd_or_ifindex, struct target *out);

struct link {
	struct obj obj;
	u32 type, attach_type;
	struct target target;
	u64 cookie;
	char tracepoint[64];
	__typeof__(((union bpf_attr *)0)->link_create.netfilter) netfilter;
	/* under sys->lock */
	struct prog *prog; /* a reference */
	u8 detached;
};

struct attached {
	struct attached *next;
	struct prog *prog; /* a reference of its own where there is no link */
	struct link *link; /* borrowed: it detaches itself before it goes */
	u32 flags;
};

struct attach_point {
	struct attach_point *next;
	struct target target;
	u32 attach_type;
	u32 flags; /* how its first program was attached */
	u64 revision;
	struct attached *first;
};

struct attach_request {
	struct target target;
	u32 attach_type, flags;
	u32 relative; /* fd, or id with BPF_F_ID */
	u64 revision; /* expected, 0: any */
	struct prog *prog;
	struct prog *replace; /* BPF_F_REPLACE, or NULL */
	struct link *link;    /* or NULL */
};

enum { ATTACHED_MAX = 64, STACKED = BPF_F_ALLOW_OVERRIDE | BPF_F_ALLOW_MULTI };

/* The caller's own network namespace as a target. */
int target_find_own_netns(struct skep *skep, struct target *out);

/* Both under sys->lock: the point, or NULL; a link's new program at the place where it stands. */
struct attach_point *attach_point_find(struct sys *sys, const struct target *target,
				       u32 attach_type);
void attach_point_swap(const struct link *link, struct prog *prog);

u32 link_prog_id(const struct link *link);

/* 0 or -errno.  What was replaced is dropped. */
int attach_add(struct skep *skep, const struct attach_request *want);
/* prog may be NULL where only one can be there; link takes its own entry. */
int attach_remove(struct skep *skep, const struct attach_request *want);

static inline struct link *link_of(struct obj *obj)
{
	return container_of(obj, struct link, obj);
}

#endif
