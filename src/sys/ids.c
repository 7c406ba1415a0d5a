/* Ids: walking over them, and fds by id. */
#include <errno.h>

#include "btf/btf.h"
#include "sys/internal.h"

static long next_id(struct call *call, enum obj_kind kind)
{
	u32 next;

	if (call->attr.start_id >= INT32_MAX)
		return -EINVAL;
	if (caller_needs(call->skep, CAP_FLAG_SYS_ADMIN))
		return -EPERM;
	if (kind == OBJ_BTF)
		btf_kernel_object(call->skep);
	files_sweep(call->skep);
	next = obj_next_id(call->skep, kind, call->attr.start_id);
	if (!next)
		return -ENOENT;
	call->attr.next_id = next;
	return CALL_PUT(call, next_id);
}

long cmd_prog_next_id(struct call *call)
{
	return next_id(call, OBJ_PROG);
}

long cmd_map_next_id(struct call *call)
{
	return next_id(call, OBJ_MAP);
}

long cmd_btf_next_id(struct call *call)
{
	return next_id(call, OBJ_BTF);
}

long cmd_link_next_id(struct call *call)
{
	return next_id(call, OBJ_LINK);
}

static long fd_by_id(struct call *call, enum obj_kind kind, u32 mode)
{
	struct obj *obj;
	long fd;

	if (caller_needs(call->skep, CAP_FLAG_SYS_ADMIN))
		return -EPERM;
	files_sweep(call->skep);
	obj = obj_by_id(call->skep, kind, call->attr.start_id);
	if (!obj)
		return -ENOENT;
	fd = file_open(call->skep, obj, mode);
	obj_put(obj);
	return fd;
}

long cmd_prog_fd_by_id(struct call *call)
{
	return fd_by_id(call, OBJ_PROG, MODE_BOTH);
}

long cmd_map_fd_by_id(struct call *call)
{
	u32 flags = call->attr.open_flags, mode;

	if (flags & ~(u32)(BPF_F_RDONLY | BPF_F_WRONLY) || mode_of_flags(flags, &mode))
		return -EINVAL;
	return fd_by_id(call, OBJ_MAP, mode);
}

long cmd_btf_fd_by_id(struct call *call)
{
	if (call->attr.open_flags & ~(u32)BPF_F_TOKEN_FD)
		return -EINVAL;
	if (call->attr.open_flags)
		return token_error(call->skep, call->attr.fd_by_id_token_fd);
	btf_kernel_object(call->skep);
	return fd_by_id(call, OBJ_BTF, MODE_BOTH);
}

long cmd_link_fd_by_id(struct call *call)
{
	return fd_by_id(call, OBJ_LINK, MODE_BOTH);
}
