/* Links: a program at its place, as an object that can be held, pinned, updated, asked. */
#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include "btf/btf.h"
#include "progtype/progtype.h"
#include "sys/attach.h"

enum { HOOKS = 5, PF_IPV4 = 2, PF_IPV6 = 10, XDP_MODES = 0xe };
enum { NETFILTER_DEFRAG = 1, DEFRAG_PRIORITY = -400 };

/* What can be done to links of a type, beyond holding them. */
static const struct link_type {
	u8 attaches; /* stands at a point: attach.c */
	u8 updates, detaches;
} link_types[] = {
	[BPF_LINK_TYPE_CGROUP] = {1, 1, 1},    [BPF_LINK_TYPE_NETNS] = {1, 1, 1},
	[BPF_LINK_TYPE_XDP] = {1, 1, 1},       [BPF_LINK_TYPE_TCX] = {1, 1, 1},
	[BPF_LINK_TYPE_NETFILTER] = {0, 0, 1}, [BPF_LINK_TYPE_RAW_TRACEPOINT] = {0, 0, 0},
};

static struct attach_request place_of(struct link *link)
{
	return (struct attach_request){
		.target = link->target,
		.attach_type = link->attach_type,
		.prog = link->prog,
		.link = link,
	};
}

static void detach(struct link *link)
{
	struct attach_request place = place_of(link);

	if (!link->detached && link_types[link->type].attaches)
		attach_remove(link->obj.skep, &place);
	link->detached = 1;
}

static void link_free(struct obj *obj)
{
	struct link *link = link_of(obj);

	if (obj->skep->sys)
		detach(link);
	obj_put(&link->prog->obj);
	os_free(obj->skep->os, link);
}

/* Takes over the reference to prog, unless it fails. */
static struct link *link_alloc(struct skep *skep, u32 type, struct prog *prog)
{
	struct link *link = os_alloc(skep->os, sizeof(*link));

	if (!link)
		return NULL;
	obj_init(&link->obj, skep, OBJ_LINK, link_free);
	link->type = type;
	link->prog = prog;
	link->detached = 1;
	return link;
}

static int check_netfilter(const union bpf_attr *attr)
{
	u32 flags = attr->link_create.netfilter.flags;
	s32 priority = attr->link_create.netfilter.priority;

	if (attr->link_create.flags)
		return -EINVAL;
	if (attr->link_create.netfilter.pf != PF_IPV4 && attr->link_create.netfilter.pf != PF_IPV6)
		return -EAFNOSUPPORT;
	if (attr->link_create.netfilter.hooknum >= HOOKS)
		return -EPROTO;
	if (flags & ~(u32)NETFILTER_DEFRAG)
		return -EOPNOTSUPP;
	/* what defragments is itself at a place, which the program has to come after */
	if (priority == INT_MIN || priority == INT_MAX ||
	    (flags & NETFILTER_DEFRAG && priority <= DEFRAG_PRIORITY))
		return -ERANGE;
	return 0;
}

/* Flags that creating a link of a kind knows. */
static int check_flags(const union bpf_attr *attr, enum target_kind kind)
{
	u32 order = BPF_F_BEFORE | BPF_F_AFTER | BPF_F_ID | BPF_F_LINK;
	u32 known = 0;

	if (kind == TARGET_NETFILTER)
		return check_netfilter(attr);
	if (kind == TARGET_NETDEV)
		known = order;
	else if (kind == TARGET_CGROUP)
		known = order | BPF_F_PREORDER;
	else if (kind == TARGET_XDP)
		known = XDP_MODES;
	return attr->link_create.flags & ~known ? -EINVAL : 0;
}

static int attach(struct link *link, const union bpf_attr *attr)
{
	struct attach_request place = place_of(link);
	int err;

	if (!link_types[link->type].attaches)
		return 0;
	place.flags = attr->link_create.flags;
	if (link->target.kind == TARGET_NETDEV || link->target.kind == TARGET_CGROUP)
		place.revision = attr->link_create.tcx.expected_revision;
	err = attach_add(link->obj.skep, &place);
	if (!err)
		link->detached = 0;
	return err;
}

static long create(struct call *call, struct prog *prog)
{
	const union bpf_attr *attr = &call->attr;
	u32 attach_type = attr->link_create.attach_type;
	const struct attach_type *type = attach_type_by_id(attach_type);
	struct target target;
	struct link *link;
	int err = attach_check_prog(prog, attach_type);

	if (!err)
		err = check_flags(attr, type->target);
	if (!err)
		err = target_find(call->skep, type->target, attr->link_create.target_fd, &target);
	if (err)
		return err;
	link = link_alloc(call->skep, type->link_type, prog);
	if (!link)
		return -ENOMEM;
	obj_get(&prog->obj);
	link->attach_type = attach_type;
	link->target = target;
	link->netfilter = attr->link_create.netfilter;
	err = attach(link, attr);
	if (err) {
		obj_put(&link->obj);
		return err;
	}
	return publish(call->skep, &link->obj, MODE_BOTH);
}

long cmd_link_create(struct call *call)
{
	struct obj *prog;
	long ret;

	if (call->attr.link_create.attach_type >= __MAX_BPF_ATTACH_TYPE)
		return -EINVAL;
	ret = sys_obj_by_fd(call->skep, (int)call->attr.link_create.prog_fd, OBJ_PROG, &prog);
	if (ret)
		return ret;
	ret = create(call, prog_of(prog));
	obj_put(prog);
	return ret;
}

/* Tracepoints are known by the types that the kernel's BTF has for them. */
static int tracepoint_exists(struct skep *skep, const char *name)
{
	struct btf *kernel = btf_kernel(skep);
	char type[96] = "btf_trace_";

	if (!kernel)
		return *name != 0;
	strncat(type, name, sizeof(type) - sizeof("btf_trace_"));
	return *name && btf_find(kernel, type, BTF_KIND_TYPEDEF);
}

static long open_tracepoint(struct call *call, struct prog *prog)
{
	struct link *link = link_alloc(call->skep, BPF_LINK_TYPE_RAW_TRACEPOINT, prog);
	int err;

	if (!link)
		return -ENOMEM;
	obj_get(&prog->obj);
	link->attach_type = BPF_TRACE_RAW_TP;
	link->cookie = call->attr.raw_tracepoint.cookie;
	err = user_string(call->skep, link->tracepoint, call->attr.raw_tracepoint.name,
			  sizeof(link->tracepoint));
	if (!err && !tracepoint_exists(call->skep, link->tracepoint))
		err = -ENOENT;
	if (err) {
		obj_put(&link->obj);
		return err;
	}
	return publish(call->skep, &link->obj, MODE_BOTH);
}

long cmd_raw_tracepoint_open(struct call *call)
{
	struct obj *prog;
	u32 type;
	long ret =
		sys_obj_by_fd(call->skep, (int)call->attr.raw_tracepoint.prog_fd, OBJ_PROG, &prog);

	if (ret)
		return ret;
	type = prog_of(prog)->type->id;
	ret = -EINVAL;
	if (type == BPF_PROG_TYPE_RAW_TRACEPOINT || type == BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE)
		ret = open_tracepoint(call, prog_of(prog));
	obj_put(prog);
	return ret;
}

u32 link_prog_id(const struct link *link)
{
	pthread_mutex_t *lock = &link->obj.skep->sys->lock;
	u32 id;

	pthread_mutex_lock(lock);
	id = link->prog->obj.id;
	pthread_mutex_unlock(lock);
	return id;
}

static int swap_prog(struct link *link, struct prog *to, const struct prog *expected)
{
	struct prog *old = link->prog;
	int err = 0;

	pthread_mutex_lock(&link->obj.skep->sys->lock);
	if (link->detached)
		err = -ENOLINK;
	else if (expected && old != expected)
		err = -EPERM;
	else if (old->type != to->type || old->expected_attach_type != to->expected_attach_type)
		err = -EINVAL;
	if (!err) {
		obj_get(&to->obj);
		link->prog = to;
		attach_point_swap(link, to);
	}
	pthread_mutex_unlock(&link->obj.skep->sys->lock);
	if (!err)
		obj_put(&old->obj);
	return err;
}

static int update(struct call *call, struct link *link)
{
	const union bpf_attr *attr = &call->attr;
	u32 replace = attr->link_update.flags & BPF_F_REPLACE;
	struct obj *to, *expected = NULL;
	int err = sys_obj_by_fd(call->skep, (int)attr->link_update.new_prog_fd, OBJ_PROG, &to);

	if (err)
		return err;
	if (replace)
		err = sys_obj_by_fd(call->skep, (int)attr->link_update.old_prog_fd, OBJ_PROG,
				    &expected);
	else if (attr->link_update.old_prog_fd)
		err = -EINVAL;
	if (!err)
		err = link_types[link->type].updates
			      ? swap_prog(link, prog_of(to), expected ? prog_of(expected) : NULL)
			      : -EINVAL;
	if (expected)
		obj_put(expected);
	obj_put(to);
	return err;
}

long cmd_link_update(struct call *call)
{
	struct obj *link;
	int err;

	if (call->attr.link_update.flags & ~(u32)BPF_F_REPLACE)
		return -EINVAL;
	err = sys_obj_by_fd(call->skep, (int)call->attr.link_update.link_fd, OBJ_LINK, &link);
	if (err)
		return err;
	err = update(call, link_of(link));
	obj_put(link);
	return err;
}

long cmd_link_detach(struct call *call)
{
	struct obj *obj;
	int err = sys_obj_by_fd(call->skep, (int)call->attr.link_detach.link_fd, OBJ_LINK, &obj);

	if (err)
		return err;
	if (link_types[link_of(obj)->type].detaches)
		detach(link_of(obj));
	else
		err = -EOPNOTSUPP;
	obj_put(obj);
	return err;
}

/* Only links to BTF iterators can be iterated, and nothing of ours makes one. */
long cmd_iter_create(struct call *call)
{
	struct obj *obj;
	int err;

	if (call->attr.iter_create.flags)
		return -EINVAL;
	err = sys_obj_by_fd(call->skep, (int)call->attr.iter_create.link_fd, OBJ_LINK, &obj);
	if (err)
		return err;
	obj_put(obj);
	return -EINVAL;
}
