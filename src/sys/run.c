/* BPF_PROG_TEST_RUN: the program's type does it; here are the rules that all types share. */
#include <errno.h>

#include "progtype/progtype.h"
#include "sys/internal.h"

/* A buffer has both an address and a size, or neither. */
static int unpaired(u64 addr, u32 size)
{
	return !addr != !size;
}

/* Hand back what the run said, and touch nothing else. */
static int write_back(struct call *call, const union bpf_attr *before)
{
	const union bpf_attr *attr = &call->attr;

	if ((attr->test.data_size_out != before->test.data_size_out &&
	     CALL_PUT(call, test.data_size_out)) ||
	    (attr->test.ctx_size_out != before->test.ctx_size_out &&
	     CALL_PUT(call, test.ctx_size_out)) ||
	    (attr->test.retval != before->test.retval && CALL_PUT(call, test.retval)) ||
	    (attr->test.duration != before->test.duration && CALL_PUT(call, test.duration)))
		return -EFAULT;
	return 0;
}

static u64 enter(void *ctx, struct run *run, const struct prog *prog)
{
	return prog_run(prog, ctx, run);
}

static int run_test(struct skep *skep, const struct prog *prog, union bpf_attr *attr)
{
	struct test_run run = {
		.skep = skep,
		.prog = prog,
		.entry = enter,
		.attach = prog->expected_attach_type,
		.prog_flags = prog->prog_flags,
		.max_ctx_offset = prog->max_ctx_offset,
	};

	return prog->type->test_run(&run, attr);
}

long cmd_test_run(struct call *call)
{
	const union bpf_attr before = call->attr;
	struct obj *obj;
	int err;

	if (unpaired(before.test.ctx_in, before.test.ctx_size_in) ||
	    unpaired(before.test.ctx_out, before.test.ctx_size_out))
		return -EINVAL;
	err = sys_obj_by_fd(call->skep, (int)before.test.prog_fd, OBJ_PROG, &obj);
	if (err)
		return err;
	err = run_test(call->skep, prog_of(obj), &call->attr);
	obj_put(obj);
	return write_back(call, &before) ? -EFAULT : err;
}
