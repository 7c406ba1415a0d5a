/* BPF_BTF_LOAD. */
#include <errno.h>

#include "btf/btf.h"
#include "sys/internal.h"

static int copy_in(struct call *call, u8 **out)
{
	const union bpf_attr *attr = &call->attr;
	u8 *data = os_alloc(call->skep->os, attr->btf_size);

	if (!data)
		return -ENOMEM;
	if (user_read(call->skep, data, attr->btf, attr->btf_size)) {
		os_free(call->skep->os, data);
		return -EFAULT;
	}
	*out = data;
	return 0;
}

static int parse(struct call *call, struct btf **out)
{
	union bpf_attr *attr = &call->attr;
	struct call_log log;
	u8 *data;
	int log_err;
	int err = call_log_begin(call, &log, attr->btf_log_level, attr->btf_log_buf,
				 attr->btf_log_size);

	if (err)
		return err;
	err = copy_in(call, &data);
	if (!err)
		err = btf_parse(call->skep, data, attr->btf_size, &log.log, out);
	log_err = call_log_end(call, &log, &attr->btf_log_true_size);
	if (!err && log_err)
		obj_put(&(*out)->obj);
	if (log_err)
		err = log_err;
	if (call->size >= offsetof(union bpf_attr, btf_log_true_size) + sizeof(u32) &&
	    CALL_PUT(call, btf_log_true_size)) {
		if (!err)
			obj_put(&(*out)->obj);
		err = -EFAULT;
	}
	return err;
}

long cmd_btf_load(struct call *call)
{
	const union bpf_attr *attr = &call->attr;
	struct btf *btf;
	int err;

	if (attr->btf_flags & ~(u32)BPF_F_TOKEN_FD)
		return -EINVAL;
	if (attr->btf_flags & BPF_F_TOKEN_FD)
		return token_error(call->skep, attr->btf_token_fd);
	if (caller_needs(call->skep, CAP_FLAG_BPF))
		return -EPERM;
	if (attr->btf_size > BTF_SIZE_MAX)
		return -E2BIG;
	/* the kernel's own BTF was there before any other */
	btf_kernel_object(call->skep);
	err = parse(call, &btf);
	return err ? err : publish(call->skep, &btf->obj, MODE_BOTH);
}
