/* BPF_PROG_ATTACH, _DETACH and _QUERY: attaching without links, and what is attached where. */
#include <errno.h>
#include <unistd.h>

#include "progtype/progtype.h"
#include "sys/attach.h"

#define FLAGS_CGROUP                                                                               \
	(BPF_F_ALLOW_OVERRIDE | BPF_F_ALLOW_MULTI | BPF_F_REPLACE | BPF_F_PREORDER | FLAGS_ORDER)
#define FLAGS_ORDER (BPF_F_BEFORE | BPF_F_AFTER | BPF_F_ID | BPF_F_LINK)

/* What BPF_PROG_ATTACH takes, by kind of target. */
static const struct {
	u8 attaches, queries;
	u32 flags;
} kinds[] = {
	[TARGET_CGROUP] = {1, 1, FLAGS_CGROUP},
	[TARGET_NETNS] = {1, 1, 0},
	[TARGET_NETDEV] = {1, 1, BPF_F_REPLACE | FLAGS_ORDER},
	[TARGET_SOCKMAP] = {1, 1, 0},
	[TARGET_MULTI] = {0, 0, 0},
};

/* The flow dissector is the caller's network namespace's, which target_fd 0 stands for. */
static int find_target(struct skep *skep, enum target_kind kind, u32 fd, u32 attach_type,
		       struct target *out)
{
	if (kind != TARGET_NETNS)
		return target_find(skep, kind, fd, out);
	if (attach_type != BPF_FLOW_DISSECTOR || fd)
		return -EINVAL;
	return target_find_own_netns(skep, out);
}

static int is_one(u32 flags)
{
	return !(flags & (flags - 1));
}

static int check_flags(const union bpf_attr *attr, const struct attach_type *type)
{
	u32 flags = attr->attach_flags;

	if (flags & ~kinds[type->target].flags || !is_one(flags & (u32)STACKED))
		return -EINVAL;
	if (flags & BPF_F_REPLACE && type->target == TARGET_CGROUP && !(flags & BPF_F_ALLOW_MULTI))
		return -EINVAL;
	if (type->target == TARGET_SOCKMAP || type->target == TARGET_NETNS)
		return attr->relative_fd || attr->expected_revision ? -EINVAL : 0;
	return 0;
}

static const struct attach_type *type_of(const union bpf_attr *attr)
{
	const struct attach_type *type = attach_type_by_id(attr->attach_type);

	return type && kinds[type->target].attaches ? type : NULL;
}

static int get_prog(struct call *call, u32 fd, struct prog **out)
{
	struct obj *obj;
	int err = sys_obj_by_fd(call->skep, (int)fd, OBJ_PROG, &obj);

	if (!err)
		*out = prog_of(obj);
	return err;
}

static int attach(struct call *call, struct attach_request *want)
{
	const union bpf_attr *attr = &call->attr;
	int err;

	if (attr->attach_flags & BPF_F_REPLACE) {
		err = get_prog(call, attr->replace_bpf_fd, &want->replace);
		if (err)
			return err;
	}
	err = attach_add(call->skep, want);
	if (want->replace)
		obj_put(&want->replace->obj);
	return err;
}

long cmd_prog_attach(struct call *call)
{
	const union bpf_attr *attr = &call->attr;
	const struct attach_type *type = type_of(attr);
	struct attach_request want = {
		.attach_type = attr->attach_type,
		.flags = attr->attach_flags,
		.revision = attr->expected_revision,
	};
	int err;

	if (!type || check_flags(attr, type))
		return -EINVAL;
	err = get_prog(call, attr->attach_bpf_fd, &want.prog);
	if (err)
		return err;
	err = attach_check_prog(want.prog, attr->attach_type);
	if (!err)
		err = find_target(call->skep, type->target, attr->target_fd, attr->attach_type,
				  &want.target);
	if (!err)
		err = attach(call, &want);
	obj_put(&want.prog->obj);
	return err;
}

/* cgroups forgive an fd that is no program where it is clear which one is meant. */
long cmd_prog_detach(struct call *call)
{
	const union bpf_attr *attr = &call->attr;
	const struct attach_type *type = type_of(attr);
	struct attach_request want = {
		.attach_type = attr->attach_type,
		.revision = attr->expected_revision,
	};
	int err;

	if (!type || attr->attach_flags & ~(u32)FLAGS_ORDER ||
	    (type->target == TARGET_CGROUP && attr->relative_fd))
		return -EINVAL;
	err = find_target(call->skep, type->target, attr->target_fd, attr->attach_type,
			  &want.target);
	if (err)
		return err;
	err = get_prog(call, attr->attach_bpf_fd, &want.prog);
	if (err && (type->target != TARGET_CGROUP || err != -EINVAL))
		return err;
	err = attach_remove(call->skep, &want);
	if (want.prog)
		obj_put(&want.prog->obj);
	return err;
}

struct listing {
	u32 count, flags;
	u64 revision;
	u32 prog_id[ATTACHED_MAX], link_id[ATTACHED_MAX];
};

static void list(struct sys *sys, const struct target *target, u32 attach_type, struct listing *out)
{
	struct attach_point *p;

	*out = (struct listing){.revision = 1};
	pthread_mutex_lock(&sys->lock);
	p = attach_point_find(sys, target, attach_type);
	if (p) {
		out->revision = p->revision;
		out->flags = target->kind == TARGET_CGROUP && p->first ? p->flags : 0;
	}
	for (struct attached *a = p ? p->first : NULL; a; a = a->next) {
		out->prog_id[out->count] = a->prog->obj.id;
		out->link_id[out->count++] = a->link ? a->link->obj.id : 0;
	}
	pthread_mutex_unlock(&sys->lock);
}

/* Ids go to the arrays for which the caller gave an address. */
static int put_ids(struct call *call, const struct listing *l, u32 room)
{
	const union bpf_attr *attr = &call->attr;
	u32 n = l->count < room ? l->count : room;

	if (!attr->query.prog_ids || !room || !n)
		return 0;
	if (user_write(call->skep, attr->query.prog_ids, l->prog_id, n * sizeof(u32)))
		return -EFAULT;
	if (attr->query.link_ids &&
	    user_write(call->skep, attr->query.link_ids, l->link_id, n * sizeof(u32)))
		return -EFAULT;
	return n < l->count ? -ENOSPC : 0;
}

static int answer(struct call *call, enum target_kind kind, const struct listing *l)
{
	u32 room = call->attr.query.count;

	call->attr.query.attach_flags = l->flags;
	call->attr.query.count = l->count;
	call->attr.query.revision = l->revision;
	if (CALL_PUT(call, query.attach_flags) || CALL_PUT(call, query.count))
		return -EFAULT;
	if (kind == TARGET_NETDEV && CALL_PUT(call, query.revision))
		return -EFAULT;
	return put_ids(call, l, room);
}

long cmd_prog_query(struct call *call)
{
	const union bpf_attr *attr = &call->attr;
	const struct attach_type *type = attach_type_by_id(attr->query.attach_type);
	struct target target;
	struct listing l;
	int err;

	if (caller_needs(call->skep, CAP_FLAG_NET_ADMIN))
		return -EPERM;
	if (!type || !kinds[type->target].queries ||
	    attr->query.query_flags & ~(u32)BPF_F_QUERY_EFFECTIVE)
		return -EINVAL;
	if (type->target != TARGET_CGROUP && attr->query.query_flags)
		return -EINVAL;
	err = target_find(call->skep, type->target, attr->query.target_fd, &target);
	if (err)
		return err;
	list(call->skep->sys, &target, attr->query.attach_type, &l);
	return answer(call, type->target, &l);
}
