/* A batch of packets with room to grow, and test runs with an eye on checked faults. */
#include "tools/runner.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "interp/interp.h"
#include "prog/prog.h"
#include "progtype/progtype.h"
#include "skep/skep.h"
#include "sys/sys.h"
#include "tools/tool.h"

enum {
	BATCH = 64,
	HEADROOM = 256, /* what XDP programs get on most devices */
	TAILROOM = 4096,
	ETHERNET = 14,
	IFINDEX = 1,
	DATA_OUT_MAX = 1 << 20,
};

/* Instructions that one checked run may take before it counts as endless: a few seconds' worth. */
static const u64 insn_limit = 1ull << 28;

/* A queued packet: its bytes, and a buffer to run in. */
struct queued {
	u8 *bytes;
	u32 len, room;
	u8 *buf; /* HEADROOM + room + TAILROOM */
};

struct runner {
	struct prog *prog; /* a reference */
	struct interp_watch watch;
	struct queued queue[BATCH];
	struct skep_packet packets[BATCH];
	u32 queued;
	bool ran;     /* the next packet begins a new batch */
	u64 clock_ns; /* what reading the clock twice takes */
	u8 *data_out; /* of test runs */
};

static u64 cost_of_clock(void)
{
	u64 least = ~0ull;

	for (int i = 0; i < 1000; i++) {
		u64 start = now_ns(), cost = now_ns() - start;

		least = cost < least ? cost : least;
	}
	return least;
}

struct runner *runner_open(struct skep *skep, int prog_fd)
{
	struct runner *r = calloc(1, sizeof(*r));
	u8 *data_out = malloc(DATA_OUT_MAX);
	struct obj *obj;

	if (!r || !data_out || sys_obj_by_fd(skep, prog_fd, OBJ_PROG, &obj)) {
		free(data_out);
		free(r);
		return fail("the program cannot be run"), NULL;
	}
	r->prog = prog_of(obj);
	r->clock_ns = cost_of_clock();
	r->data_out = data_out;
	return r;
}

void runner_close(struct runner *r)
{
	if (!r)
		return;
	obj_put(&r->prog->obj);
	for (u32 i = 0; i < BATCH; i++) {
		free(r->queue[i].bytes);
		free(r->queue[i].buf);
	}
	free(r->data_out);
	free(r);
}

const char *runner_type_name(const struct runner *r)
{
	return r->prog->type->name;
}

u32 runner_type(const struct runner *r)
{
	return r->prog->type->id;
}

bool runner_takes_packets(const struct runner *r)
{
	return r->prog->type->packet & (PACKET_XDP | PACKET_SKB);
}

u32 runner_batch_size(const struct runner *r)
{
	return r->prog->engine == &engine_checked ? 1 : BATCH;
}

u32 runner_queued(const struct runner *r)
{
	return r->ran ? 0 : r->queued;
}

/* Memory for a packet of `len` bytes. */
static int make_room(struct queued *q, u32 len)
{
	if (q->room >= len && q->buf)
		return 0;
	free(q->bytes);
	free(q->buf);
	q->bytes = malloc((size_t)len + 1);
	q->buf = malloc((size_t)HEADROOM + len + TAILROOM);
	q->room = q->bytes && q->buf ? len : 0;
	return q->bytes && q->buf ? 0 : -ENOMEM;
}

int runner_queue(struct runner *r, const u8 *bytes, u32 len)
{
	struct queued *q;

	if (r->ran)
		r->queued = 0;
	r->ran = false;
	if ((r->prog->type->packet & PACKET_SKB) && len < ETHERNET)
		return -EINVAL;
	q = &r->queue[r->queued];
	if (make_room(q, len))
		return -ENOMEM;
	memcpy(q->bytes, bytes, len);
	q->len = len;
	r->queued++;
	return 0;
}

static void place(struct runner *r)
{
	for (u32 i = 0; i < r->queued; i++) {
		struct queued *q = &r->queue[i];

		memcpy(q->buf + HEADROOM, q->bytes, q->len);
		r->packets[i] = (struct skep_packet){
			.buf = q->buf,
			.size = HEADROOM + q->len + TAILROOM,
			.off = HEADROOM,
			.len = q->len,
			.ifindex = IFINDEX,
		};
	}
}

static int run_batch(struct runner *r, u64 *ns)
{
	struct run run;
	u64 start;
	int err;

	run_begin(&run, r->prog->obj.skep, NULL);
	run.engine = &r->watch;
	start = now_ns();
	err = prog_run_packets(r->prog, &run, r->packets, r->queued);
	*ns += now_ns() - start;
	run_end(&run);
	return err;
}

static u64 without(u64 ns, u64 cost)
{
	return ns > cost ? ns - cost : 0;
}

void runner_run(struct runner *r, u32 repeat, struct runner_result *result)
{
	u32 times = repeat ? repeat : 1;

	*result = (struct runner_result){0};
	r->watch = (struct interp_watch){.insn_limit = insn_limit};
	r->ran = true;
	for (u32 i = 0; i < times && !result->err && r->queued; i++) {
		place(r);
		result->err = run_batch(r, &result->ns);
	}
	result->ns = without(result->ns, (u64)times * r->clock_ns);
	if (r->watch.fault.text[0])
		result->fault = r->watch.fault.text;
}

struct runner_outcome runner_outcome(const struct runner *r, u32 i)
{
	const struct skep_packet *p = &r->packets[i];

	return (struct runner_outcome){
		.len = r->queue[i].len,
		.retval = p->verdict,
		.out = (const u8 *)p->buf + p->off,
		.out_len = p->len,
	};
}

static u64 enter(void *ctx, struct run *run, const struct prog *prog)
{
	return prog_run(prog, ctx, run);
}

void runner_test(struct runner *r, const struct runner_test *test, struct runner_outcome *outcome,
		 struct runner_result *result)
{
	const struct test_run run = {
		.skep = r->prog->obj.skep,
		.prog = r->prog,
		.entry = enter,
		.attach = r->prog->expected_attach_type,
		.prog_flags = r->prog->prog_flags,
		.max_ctx_offset = r->prog->max_ctx_offset,
		.engine = &r->watch,
	};
	union bpf_attr attr = {0};

	attr.test.data_in = ptr_to_u64(test->data);
	attr.test.data_size_in = test->data_len;
	attr.test.ctx_in = ptr_to_u64(test->ctx);
	attr.test.ctx_size_in = test->ctx_len;
	attr.test.repeat = test->repeat;
	attr.test.data_out = test->data ? ptr_to_u64(r->data_out) : 0;
	attr.test.data_size_out = test->data ? DATA_OUT_MAX : 0;
	r->watch = (struct interp_watch){.insn_limit = insn_limit};
	*result = (struct runner_result){.err = r->prog->type->test_run(&run, &attr)};
	if (r->watch.fault.text[0])
		result->fault = r->watch.fault.text;
	result->ns = without(attr.test.duration, r->clock_ns / (test->repeat ? test->repeat : 1));
	*outcome = (struct runner_outcome){
		.len = test->data_len,
		.retval = attr.test.retval,
		.out = r->data_out,
		.out_len = test->data ? attr.test.data_size_out : 0,
	};
}
