/*
 * BPF_PROG_TEST_RUN of programs without a packet: socket lookup, raw tracepoints, syscall programs;
 * and of those that Linux refuses in a way of their own.
 */
#include <errno.h>

#include "base/usercopy.h"
#include "progtype/test_run.h"

enum { AF_INET_NUMBER = 2, AF_INET6_NUMBER = 10, TRACE_ARGS_MAX = 96, SYSCALL_CTX_MAX = 65535 };

int test_run_none(const struct test_run *test, union bpf_attr *attr)
{
	(void)test;
	(void)attr;
	return -ENOTSUPP;
}

int test_run_struct_ops(const struct test_run *test, union bpf_attr *attr)
{
	(void)test;
	(void)attr;
	return -EOPNOTSUPP;
}

/* Linux calls functions of its own, to which the program may be attached; none of them is here. */
int test_run_tracing(const struct test_run *test, union bpf_attr *attr)
{
	if (attr->test.flags || attr->test.cpu || attr->test.batch_size)
		return -EINVAL;
	if (test->attach == BPF_TRACE_RAW_TP || test->attach == BPF_TRACE_ITER)
		return -EFAULT;
	return -ENOTSUPP;
}

/* The addresses of the family, as programs see them. */
static int lookup_key(const struct bpf_sk_lookup *in, struct bpf_sk_lookup *key)
{
	if (in->local_port > UINT16_MAX)
		return -ERANGE;
	*key = (struct bpf_sk_lookup){
		.family = (u16)in->family,
		.protocol = (u16)in->protocol,
		.remote_port = in->remote_port,
		.local_port = in->local_port,
	};
	if (key->family == AF_INET_NUMBER) {
		key->remote_ip4 = in->remote_ip4;
		key->local_ip4 = in->local_ip4;
	} else if (key->family == AF_INET6_NUMBER) {
		memcpy(key->remote_ip6, in->remote_ip6, sizeof(key->remote_ip6));
		memcpy(key->local_ip6, in->local_ip6, sizeof(key->local_ip6));
	} else {
		return -EAFNOSUPPORT;
	}
	return 0;
}

/* No socket is chosen yet. */
static void lookup_reset(void *ctx)
{
	((struct bpf_sk_lookup *)ctx)->cookie = 0;
}

static int lookup_run(const struct test_run *test, union bpf_attr *attr, struct bpf_sk_lookup *in)
{
	const u32 known = offsetof(struct bpf_sk_lookup, ingress_ifindex);
	struct test_result result = {0};
	struct bpf_sk_lookup key;
	int err;

	if (in->cookie || !test_run_zero_but((u8 *)in + known, sizeof(*in) - known, NULL, 0))
		return -EINVAL;
	err = lookup_key(in, &key);
	if (!err)
		err = test_run_repeat(test, attr->test.repeat, &key, lookup_reset, &result);
	if (!err)
		err = test_run_out(test, attr, &result);
	return err ? err : test_run_ctx_out(test, attr, in, sizeof(*in));
}

int test_run_sk_lookup(const struct test_run *test, union bpf_attr *attr)
{
	void *ctx;
	int err;

	if (attr->test.flags || attr->test.cpu || attr->test.batch_size)
		return -EINVAL;
	if (attr->test.data_in || attr->test.data_size_in || attr->test.data_out ||
	    attr->test.data_size_out)
		return -EINVAL;
	err = test_run_ctx_in(test, attr, sizeof(struct bpf_sk_lookup), &ctx);
	if (err)
		return err;
	if (!ctx)
		return -EINVAL;
	err = lookup_run(test, attr, ctx);
	os_free(test->skep->os, ctx);
	return err;
}

/* All of ctx_in, which is at least as much as the program was found to touch. */
static int plain_ctx_in(const struct test_run *test, const union bpf_attr *attr, u32 max,
			void **ctx)
{
	u32 size = attr->test.ctx_size_in;
	void *mem;

	if (size < test->max_ctx_offset || size > max)
		return -EINVAL;
	mem = os_alloc(test->skep->os, round_up_to(size + 1, 8));
	if (!mem)
		return -ENOMEM;
	if (user_read(test->skep, mem, attr->test.ctx_in, size)) {
		os_free(test->skep->os, mem);
		return -EFAULT;
	}
	*ctx = mem;
	return 0;
}

static int plain_run(const struct test_run *test, union bpf_attr *attr, struct run *run, void *ctx)
{
	run->engine = test->engine;
	run->prog = test->prog;
	run->ctx = ctx;
	run->ctx_size = attr->test.ctx_size_in;
	attr->test.retval = (u32)test->entry(ctx, run, test->prog);
	run_end(run);
	return run->fault ? -EFAULT : 0;
}

int test_run_raw_tp(const struct test_run *test, union bpf_attr *attr)
{
	u32 on_cpu = attr->test.flags & BPF_F_TEST_RUN_ON_CPU;
	struct run run;
	void *ctx;
	int err;

	if (attr->test.data_in || attr->test.data_out || attr->test.ctx_out ||
	    attr->test.duration || attr->test.repeat || attr->test.batch_size)
		return -EINVAL;
	if (!on_cpu && attr->test.cpu)
		return -EINVAL;
	err = plain_ctx_in(test, attr, TRACE_ARGS_MAX, &ctx);
	if (err)
		return err;
	if (on_cpu && attr->test.cpu >= test->skep->slots.count) {
		err = -ENXIO;
	} else {
		if (on_cpu)
			run_begin_on_cpu(&run, test->skep, attr->test.cpu);
		else
			run_begin(&run, test->skep, test->outer);
		err = plain_run(test, attr, &run, ctx);
	}
	os_free(test->skep->os, ctx);
	return err;
}

int test_run_syscall(const struct test_run *test, union bpf_attr *attr)
{
	struct run run;
	void *ctx;
	int err;

	if (attr->test.data_in || attr->test.data_out || attr->test.ctx_out ||
	    attr->test.duration || attr->test.repeat || attr->test.flags || attr->test.batch_size)
		return -EINVAL;
	err = plain_ctx_in(test, attr, SYSCALL_CTX_MAX, &ctx);
	if (err)
		return err;
	run_begin(&run, test->skep, test->outer);
	err = plain_run(test, attr, &run, ctx);
	if (!err && user_write(test->skep, attr->test.ctx_in, ctx, attr->test.ctx_size_in))
		err = -EFAULT;
	os_free(test->skep->os, ctx);
	return err;
}
