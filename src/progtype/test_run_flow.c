/* BPF_PROG_TEST_RUN of flow dissectors: data_out is the struct bpf_flow_keys that they fill. */
#include <errno.h>

#include "progtype/test_run.h"

struct flow_test {
	struct skb skb;
	struct bpf_flow_keys keys;
	const u8 *eth;
	u32 size;
	u32 flags;
};

static const struct byte_range flow_settable[] = {
	{offsetof(struct bpf_flow_keys, flags), sizeof(u32)},
};

/* What the dissector starts from: nothing known but the link layer header. */
static void flow_reset(void *ctx)
{
	struct flow_test *t = ctx;

	t->keys = (struct bpf_flow_keys){
		.nhoff = PACKET_ETH_HEADER,
		.thoff = PACKET_ETH_HEADER,
		.flags = t->flags,
	};
	memcpy(&t->keys.n_proto, t->eth + 12, 2);
}

static u16 clamp(u32 v, u32 min, u32 max)
{
	return (u16)(v < min ? min : v > max ? max : v);
}

static int flow_run(struct flow_test *t, const struct test_run *test, union bpf_attr *attr,
		    const struct bpf_flow_keys *ctx)
{
	struct test_result result = {.data = (const u8 *)&t->keys, .len = sizeof(t->keys)};
	int err;

	if (ctx && !test_run_zero_but(ctx, sizeof(*ctx), flow_settable, ARRAY_SIZE(flow_settable)))
		return -EINVAL;
	t->flags = ctx ? ctx->flags : 0;
	t->skb.u.flow_keys = &t->keys;
	err = test_run_repeat(test, attr->test.repeat, t, flow_reset, &result);
	if (err)
		return err;
	t->keys.nhoff = clamp(t->keys.nhoff, PACKET_ETH_HEADER, t->size);
	t->keys.thoff = clamp(t->keys.thoff, t->keys.nhoff, t->size);
	err = test_run_out(test, attr, &result);
	return err ? err : test_run_ctx_out(test, attr, ctx, sizeof(*ctx));
}

int test_run_flow(const struct test_run *test, union bpf_attr *attr)
{
	const struct os *os = test->skep->os;
	u32 size = attr->test.data_size_in;
	struct flow_test t = {.size = size};
	void *ctx;
	u8 *mem;
	int err;

	if (attr->test.flags || attr->test.cpu || attr->test.batch_size)
		return -EINVAL;
	if (size < PACKET_ETH_HEADER || size > TEST_PAGE)
		return -EINVAL;
	err = test_run_data_in(test, attr, 0, size, TEST_PAGE, &mem);
	if (err)
		return err;
	skb_init(&t.skb, &(struct packet_mem){.buf = mem, .size = size, .len = size, .os = os});
	t.eth = mem;
	err = test_run_ctx_in(test, attr, sizeof(t.keys), &ctx);
	if (!err) {
		err = flow_run(&t, test, attr, ctx);
		os_free(os, ctx);
	}
	os_free(os, mem);
	return err;
}
