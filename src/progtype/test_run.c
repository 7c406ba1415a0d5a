/* BPF_PROG_TEST_RUN: what its runners share. */
#include <errno.h>
#include <sched.h>
#include <time.h>

#include "base/usercopy.h"
#include "progtype/test_run.h"

/* Of [from, from + size), which Linux does not know, only zeros are taken. */
static int check_tail(struct skep *skep, u64 from, u32 size)
{
	u8 chunk[256];

	for (u32 n; size; from += n, size -= n) {
		n = size < sizeof(chunk) ? size : sizeof(chunk);
		if (user_read(skep, chunk, from, n))
			return -EFAULT;
		for (u32 i = 0; i < n; i++)
			if (chunk[i])
				return -E2BIG;
	}
	return 0;
}

static int read_ctx(const struct test_run *test, const union bpf_attr *attr, u32 size, void *ctx)
{
	u64 from = attr->test.ctx_in;
	u32 given = attr->test.ctx_size_in;

	if (given > TEST_PAGE)
		return -E2BIG;
	if (given > size) {
		int err = check_tail(test->skep, from + size, given - size);

		if (err)
			return err;
		given = size;
	}
	return user_read(test->skep, ctx, from, given);
}

int test_run_ctx_in(const struct test_run *test, const union bpf_attr *attr, u32 size, void **ctx)
{
	const struct os *os = test->skep->os;
	void *mem;
	int err;

	*ctx = NULL;
	if (!attr->test.ctx_in && !attr->test.ctx_out)
		return 0;
	mem = os_alloc(os, size);
	if (!mem)
		return -ENOMEM;
	err = attr->test.ctx_in ? read_ctx(test, attr, size, mem) : 0;
	if (err)
		os_free(os, mem);
	else
		*ctx = mem;
	return err;
}

int test_run_ctx_out(const struct test_run *test, union bpf_attr *attr, const void *ctx, u32 size)
{
	u32 copy = size;
	int err = 0;

	if (!ctx || !attr->test.ctx_out)
		return 0;
	if (copy > attr->test.ctx_size_out) {
		copy = attr->test.ctx_size_out;
		err = -ENOSPC;
	}
	if (user_write(test->skep, attr->test.ctx_out, ctx, copy))
		return err ? err : -EFAULT;
	attr->test.ctx_size_out = size;
	return err;
}

int test_run_data_in(const struct test_run *test, const union bpf_attr *attr, u32 headroom,
		     u32 size, u32 total, u8 **mem)
{
	u8 *data = os_alloc(test->skep->os, total);

	if (!data)
		return -ENOMEM;
	if (user_read(test->skep, data + headroom, attr->test.data_in, size)) {
		os_free(test->skep->os, data);
		return -EFAULT;
	}
	*mem = data;
	return 0;
}

/* The linear part gives way first when there is not room for all, as in Linux. */
static int write_data(const struct test_run *test, u64 to, const struct test_result *result,
		      u32 copy)
{
	const struct packet_frags *frags = result->frags;
	u32 linear = copy - (frags ? frags->len : 0), off = linear;

	if (user_write(test->skep, to, result->data, linear))
		return -EFAULT;
	for (u32 i = 0; frags && i < frags->count && off < copy; i++) {
		u32 n = frags->frag[i].len < copy - off ? frags->frag[i].len : copy - off;

		if (user_write(test->skep, to + off, frags->frag[i].data, n))
			return -EFAULT;
		off += n;
	}
	return 0;
}

int test_run_out(const struct test_run *test, union bpf_attr *attr,
		 const struct test_result *result)
{
	u32 fragged = result->frags ? result->frags->len : 0;
	u32 size = result->len + fragged, copy = size;
	int err = 0;

	if (attr->test.data_size_out && copy > attr->test.data_size_out) {
		copy = attr->test.data_size_out;
		err = -ENOSPC;
	}
	if (attr->test.data_out) {
		if (copy < fragged)
			return -ENOSPC;
		if (write_data(test, attr->test.data_out, result, copy))
			return err ? err : -EFAULT;
	}
	attr->test.data_size_out = size;
	attr->test.retval = result->retval;
	attr->test.duration = result->duration;
	return err;
}

static void begin_run(const struct test_run *test, void *ctx, struct run *run)
{
	run_begin(run, test->skep, test->outer);
	run->engine = test->engine;
	run->prog = test->prog;
	run->ctx = ctx;
}

/* Between two runs: others may want the CPU, or nobody the result.  0 or -EINTR. */
static int take_breath(const struct test_run *test, void *ctx, struct run *run)
{
	if (atomic_load_explicit(&test->skep->slots.waiters, memory_order_relaxed) && !run->fault) {
		run_end(run);
		sched_yield();
		begin_run(test, ctx, run);
	}
	return skep_interrupted(test->skep) ? -EINTR : 0;
}

int test_run_repeat(const struct test_run *test, u32 repeat, void *ctx, void (*before)(void *ctx),
		    struct test_result *result)
{
	enum { BREATH = 64 };
	const struct os *os = test->skep->os;
	u32 times = repeat ? repeat : 1;
	struct run run;
	u64 start, ns;
	int err = 0;

	begin_run(test, ctx, &run);
	start = os->clock_ns(os, CLOCK_MONOTONIC);
	for (u32 i = 0; i < times && !run.fault && !err; i++) {
		if (before)
			before(ctx);
		run.tail_calls = 0;
		result->retval = (u32)test->entry(ctx, &run, test->prog);
		if (i % BREATH == BREATH - 1)
			err = take_breath(test, ctx, &run);
	}
	ns = (os->clock_ns(os, CLOCK_MONOTONIC) - start) / times;
	run_end(&run);
	result->duration = ns > UINT32_MAX ? UINT32_MAX : (u32)ns;
	return run.fault ? -EFAULT : err;
}

int test_run_zero_but(const void *ctx, u32 size, const struct byte_range *keep, u32 n)
{
	const u8 *byte = ctx;

	for (u32 off = 0; off < size; off++) {
		if (n && off == keep->off) {
			off += keep->size - 1;
			keep++;
			n--;
		} else if (byte[off]) {
			return 0;
		}
	}
	return 1;
}
