/* What BPF_OBJ_GET_INFO_BY_FD and BPF_TASK_FD_QUERY tell of a link. */
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "sys/attach.h"

/* Room and address come together, or not at all. */
static int fill_tracepoint(struct info_dest *dest, const struct link *link,
			   struct bpf_link_info *info)
{
	u64 to = info->raw_tracepoint.tp_name;
	u32 room = info->raw_tracepoint.tp_name_len;

	if (!to != !room)
		return -EINVAL;
	info->raw_tracepoint.cookie = link->cookie;
	info->raw_tracepoint.tp_name_len = (u32)strlen(link->tracepoint) + 1;
	return info_name(dest, link->tracepoint, to, room);
}

static int fill_cgroup(struct info_dest *dest, const struct link *link, struct bpf_link_info *info)
{
	(void)dest;
	info->cgroup.cgroup_id = link->detached ? 0 : link->target.id;
	info->cgroup.attach_type = link->attach_type;
	return 0;
}

static int fill_netns(struct info_dest *dest, const struct link *link, struct bpf_link_info *info)
{
	(void)dest;
	info->netns.netns_ino = link->detached ? 0 : (u32)link->target.id;
	info->netns.attach_type = link->attach_type;
	return 0;
}

static int fill_xdp(struct info_dest *dest, const struct link *link, struct bpf_link_info *info)
{
	(void)dest;
	info->xdp.ifindex = link->detached ? 0 : (u32)link->target.id;
	return 0;
}

static int fill_tcx(struct info_dest *dest, const struct link *link, struct bpf_link_info *info)
{
	(void)dest;
	info->tcx.ifindex = link->detached ? 0 : (u32)link->target.id;
	info->tcx.attach_type = link->attach_type;
	return 0;
}

static int fill_netfilter(struct info_dest *dest, const struct link *link,
			  struct bpf_link_info *info)
{
	(void)dest;
	memcpy(&info->netfilter, &link->netfilter, sizeof(info->netfilter));
	return 0;
}

static int (*const fillers[])(struct info_dest *dest, const struct link *link,
			      struct bpf_link_info *info) = {
	[BPF_LINK_TYPE_RAW_TRACEPOINT] = fill_tracepoint,
	[BPF_LINK_TYPE_CGROUP] = fill_cgroup,
	[BPF_LINK_TYPE_NETNS] = fill_netns,
	[BPF_LINK_TYPE_XDP] = fill_xdp,
	[BPF_LINK_TYPE_NETFILTER] = fill_netfilter,
	[BPF_LINK_TYPE_TCX] = fill_tcx,
};

int info_of_link(struct info_dest *dest, struct obj *obj)
{
	struct link *link = link_of(obj);
	struct bpf_link_info info;
	int err = info_read(dest, &info, sizeof(info));

	if (err)
		return err;
	info.type = link->type;
	info.id = obj->id;
	info.prog_id = link_prog_id(link);
	err = fillers[link->type](dest, link, &info);
	return err ? err : info_write(dest, &info);
}

static int put_query(struct call *call, const struct link *link)
{
	union bpf_attr *attr = &call->attr;
	struct info_dest dest = {.skep = call->skep};
	int err = info_name(&dest, link->tracepoint, attr->task_fd_query.buf,
			    attr->task_fd_query.buf_len);

	if (err == -EFAULT)
		return err;
	attr->task_fd_query.buf_len = (u32)strlen(link->tracepoint);
	attr->task_fd_query.prog_id = link_prog_id(link);
	attr->task_fd_query.fd_type = BPF_FD_TYPE_RAW_TRACEPOINT;
	attr->task_fd_query.probe_offset = 0;
	attr->task_fd_query.probe_addr = 0;
	if (CALL_PUT(call, task_fd_query.buf_len) || CALL_PUT(call, task_fd_query.prog_id) ||
	    CALL_PUT(call, task_fd_query.fd_type) || CALL_PUT(call, task_fd_query.probe_offset) ||
	    CALL_PUT(call, task_fd_query.probe_addr))
		return -EFAULT;
	return err;
}

/* Of the caller's own fds, those of raw tracepoints can be told. */
long cmd_task_fd_query(struct call *call)
{
	const union bpf_attr *attr = &call->attr;
	pid_t pid = (pid_t)attr->task_fd_query.pid;
	struct obj *obj;
	u32 mode;
	long err;

	if (attr->task_fd_query.flags)
		return -EINVAL;
	if (caller_needs(call->skep, CAP_FLAG_SYS_ADMIN))
		return -EPERM;
	if (pid != call->skep->caller->pid(call->skep))
		return pid <= 0 || (kill(pid, 0) && errno == ESRCH) ? -ENOENT : -EPERM;
	err = file_get_any(call->skep, (int)attr->task_fd_query.fd, &obj, &mode);
	if (err)
		return err == -EBADF ? -EBADF : -ENOTSUPP;
	err = -ENOTSUPP;
	if (obj->kind == OBJ_LINK && link_of(obj)->type == BPF_LINK_TYPE_RAW_TRACEPOINT)
		err = put_query(call, link_of(obj));
	obj_put(obj);
	return err;
}
