/* BPF_PROG_TEST_RUN of netfilter programs. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>

#include "progtype/test_run.h"

enum { IPV4_HEADER = 20, IPV6_HEADER = 40, HEADROOM = 64, PF_IPV4 = 2, PF_IPV6 = 10 };
enum { DATA_MAX = TEST_PAGE - HEADROOM - TEST_TAILROOM, HOOK_LOCAL_OUT = 3 };

/* Linux's struct nf_hook_state: the caller says where in the stack the packet is. */
struct hook_state {
	u8 hook, pf;
	u8 pad[6];
	u64 in, out, sk, net, okfn;
};

static const struct byte_range hook_settable[] = {{0, offsetof(struct hook_state, in)}};

struct netfilter_test {
	struct bpf_nf_ctx ctx;
	struct hook_state state;
	struct skb skb;
};

/* Where packets come in they have a link layer header, which has to agree with the family. */
static int netfilter_receive(struct netfilter_test *t)
{
	struct skb *skb = &t->skb;
	u32 len = skb->u.len;
	u16 proto;

	if (t->state.hook == HOOK_LOCAL_OUT) {
		skb->u.protocol = htons(t->state.pf == PF_IPV4 ? ETH_P_IP : ETH_P_IPV6);
		return 0;
	}
	if (len < PACKET_ETH_HEADER + IPV4_HEADER)
		return -EINVAL;
	proto = ntohs(packet_eth_protocol(skb->mac, len));
	if (proto != ETH_P_IP && proto != ETH_P_IPV6)
		return -EPROTO;
	if (proto == ETH_P_IPV6 && len < PACKET_ETH_HEADER + IPV6_HEADER)
		return -EINVAL;
	if (t->state.pf != (proto == ETH_P_IP ? PF_IPV4 : PF_IPV6))
		return -EINVAL;
	skb->u.protocol = htons(proto);
	skb_move_data(skb, PACKET_ETH_HEADER);
	skb->net = skb->pkt.data;
	return 0;
}

static int netfilter_take_ctx(struct netfilter_test *t, const struct hook_state *ctx)
{
	t->state = (struct hook_state){.hook = HOOK_LOCAL_OUT, .pf = PF_IPV4};
	if (!ctx)
		return 0;
	if (!test_run_zero_but(ctx, sizeof(*ctx), hook_settable, ARRAY_SIZE(hook_settable)))
		return -EINVAL;
	if (ctx->pf != PF_IPV4 && ctx->pf != PF_IPV6)
		return -EINVAL;
	t->state.hook = ctx->hook;
	t->state.pf = ctx->pf;
	return 0;
}

static int netfilter_run(struct netfilter_test *t, const struct test_run *test,
			 union bpf_attr *attr, const struct hook_state *ctx)
{
	struct test_result result = {0};
	int err = netfilter_take_ctx(t, ctx);

	if (!err)
		err = netfilter_receive(t);
	if (err)
		return err;
	t->ctx.state = (const void *)&t->state;
	t->ctx.skb = (void *)&t->skb;
	err = test_run_repeat(test, attr->test.repeat, t, NULL, &result);
	return err ? err : test_run_out(test, attr, &result);
}

int test_run_netfilter(const struct test_run *test, union bpf_attr *attr)
{
	const struct os *os = test->skep->os;
	struct packet_mem mem = {
		.size = TEST_PAGE - TEST_TAILROOM,
		.off = HEADROOM,
		.len = attr->test.data_size_in,
		.os = os,
	};
	struct netfilter_test t = {0};
	void *ctx;
	int err;

	if (attr->test.flags || attr->test.cpu || attr->test.batch_size)
		return -EINVAL;
	if (mem.len < IPV4_HEADER || mem.len > DATA_MAX)
		return -EINVAL;
	err = test_run_data_in(test, attr, HEADROOM, mem.len, TEST_PAGE, &mem.buf);
	if (err)
		return err;
	skb_init(&t.skb, &mem);
	err = test_run_ctx_in(test, attr, sizeof(struct hook_state), &ctx);
	if (!err) {
		err = netfilter_run(&t, test, attr, ctx);
		packet_release(&t.skb.pkt);
		os_free(os, ctx);
	}
	os_free(os, mem.buf);
	return err;
}
