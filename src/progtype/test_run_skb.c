/*
 * BPF_PROG_TEST_RUN of programs that see a struct __sk_buff: socket filters, classifiers, cgroup
 * and lightweight tunnel programs.  The data is an Ethernet frame as a device hands it in; only
 * classifiers see its link layer header.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>

#include "helper/netdev.h"
#include "progtype/test_run.h"

enum {
	SKB_HEADROOM = 64,
	SKB_DATA_MAX = TEST_PAGE - SKB_HEADROOM - TEST_TAILROOM,
	SKB_WIRE_MAX = 65536,
	SKB_SEGS_MAX = 65535,
	TCP_CLOSE = 7,
	AF_INET_NUMBER = 2,
	AF_INET6_NUMBER = 10,
};

/* enum of Linux's skb->pkt_type */
enum { PACKET_HOST, PACKET_BROADCAST, PACKET_MULTICAST, PACKET_OTHERHOST };

/* What the program sees, and what it may do to it. */
enum skb_access { SKB_READ, SKB_WRITE, SKB_WRITE_L2 /* sees the link layer header */ };

struct skb_test {
	struct skb skb;
	struct bpf_sock sk; /* the socket that Linux puts behind it */
	const struct test_run *test;
	struct __sk_buff *ctx; /* the caller's, or NULL */
	u8 *mem;
	enum skb_access access;
};

/* What the caller may set; all else has to be zero. */
#define MEMBER(m)                                                                                  \
	{                                                                                          \
		offsetof(struct __sk_buff, m), sizeof(((struct __sk_buff *)0)->m)                  \
	}
static const struct byte_range skb_settable[] = {
	MEMBER(mark),     MEMBER(priority), MEMBER(ingress_ifindex), MEMBER(ifindex),
	MEMBER(cb),       MEMBER(tstamp),   MEMBER(wire_len),        MEMBER(gso_segs),
	MEMBER(gso_size), MEMBER(hwtstamp),
};

static int skb_check_attr(const union bpf_attr *attr)
{
	u32 size = attr->test.data_size_in;

	if ((attr->test.flags & ~BPF_F_TEST_SKB_CHECKSUM_COMPLETE) || attr->test.cpu ||
	    attr->test.batch_size)
		return -EINVAL;
	return size < PACKET_ETH_HEADER || size > SKB_DATA_MAX ? -EINVAL : 0;
}

static u32 packet_type(const u8 *eth, const struct netdev *device)
{
	if (!memcmp(eth, device->address, 6))
		return PACKET_HOST;
	if (!(eth[0] & 1))
		return PACKET_OTHERHOST;
	return memcmp(eth, device->broadcast, 6) ? PACKET_MULTICAST : PACKET_BROADCAST;
}

/* The socket's and the packet's view of who talks to whom.  -EINVAL: a truncated header. */
static int skb_set_addresses(struct skb_test *t)
{
	const u8 *net = t->skb.net;
	struct __sk_buff *u = &t->skb.u;

	if (u->protocol == htons(ETH_P_IP)) {
		if (u->len < 20)
			return -EINVAL;
		t->sk.family = u->family = AF_INET_NUMBER;
		memcpy(&t->sk.src_ip4, net + 12, 4);
		memcpy(&t->sk.dst_ip4, net + 16, 4);
		u->local_ip4 = t->sk.src_ip4;
		u->remote_ip4 = t->sk.dst_ip4;
	} else if (u->protocol == htons(ETH_P_IPV6)) {
		if (u->len < 40)
			return -EINVAL;
		t->sk.family = u->family = AF_INET6_NUMBER;
		memcpy(t->sk.src_ip6, net + 8, 16);
		memcpy(t->sk.dst_ip6, net + 24, 16);
		memcpy(u->local_ip6, t->sk.src_ip6, 16);
		memcpy(u->remote_ip6, t->sk.dst_ip6, 16);
	}
	return 0;
}

/* As if the device had handed the frame in. */
static int skb_receive(struct skb_test *t)
{
	u32 ifindex = t->ctx && t->ctx->ifindex ? t->ctx->ifindex : 1;
	const struct netdev *device = netdev_by_index(ifindex);
	struct skb *skb = &t->skb;
	int err;

	if (!device)
		return -ENODEV;
	skb->u.ifindex = ifindex;
	skb->u.sk = &t->sk;
	skb->u.protocol = packet_eth_protocol(skb->mac, skb->u.len);
	skb->u.pkt_type = packet_type(skb->mac, device);
	skb->ingress = 1;
	skb->read_only = t->access == SKB_READ;
	t->sk.state = TCP_CLOSE;
	t->sk.rx_queue_mapping = -1;
	skb_move_data(skb, PACKET_ETH_HEADER);
	skb->net = skb->pkt.data;
	err = skb_set_addresses(t);
	if (!err && t->access == SKB_WRITE_L2)
		skb_move_data(skb, -PACKET_ETH_HEADER);
	return err;
}

static int skb_take_ctx(struct skb_test *t)
{
	const struct __sk_buff *in = t->ctx;
	struct __sk_buff *u = &t->skb.u;

	if (!in)
		return 0;
	if (!test_run_zero_but(in, sizeof(*in), skb_settable, ARRAY_SIZE(skb_settable)))
		return -EINVAL;
	if (in->wire_len && (in->wire_len < u->len || in->wire_len > SKB_WIRE_MAX))
		return -EINVAL;
	if (in->gso_segs > SKB_SEGS_MAX)
		return -EINVAL;
	u->mark = in->mark;
	u->priority = in->priority;
	u->ingress_ifindex = in->ingress_ifindex;
	u->tstamp = in->tstamp;
	memcpy(u->cb, in->cb, sizeof(u->cb));
	u->wire_len = in->wire_len ? in->wire_len : u->len;
	u->gso_segs = in->gso_segs;
	u->gso_size = (u16)in->gso_size;
	u->hwtstamp = in->hwtstamp;
	return 0;
}

static void skb_give_ctx(const struct skb_test *t)
{
	const struct __sk_buff *u = &t->skb.u;
	struct __sk_buff *out = t->ctx;

	if (!out)
		return;
	out->mark = u->mark;
	out->priority = u->priority;
	out->ingress_ifindex = u->ingress_ifindex;
	out->ifindex = u->ifindex;
	out->tstamp = u->tstamp;
	memcpy(out->cb, u->cb, sizeof(out->cb));
	out->wire_len = u->wire_len;
	out->gso_segs = u->gso_segs;
	out->hwtstamp = u->hwtstamp;
}

/* The frame that comes out has room for a link layer header, seen by the program or not. */
static int skb_restore_header(struct skb_test *t)
{
	int err;

	if (t->access == SKB_WRITE_L2)
		return 0;
	err = skb_reserve(&t->skb, PACKET_ETH_HEADER, 0);
	if (err)
		return err;
	skb_move_data(&t->skb, -PACKET_ETH_HEADER);
	memset(t->skb.pkt.data, 0, PACKET_ETH_HEADER);
	return 0;
}

static int skb_run(struct skb_test *t, const union bpf_attr *attr, struct test_result *result)
{
	struct skb *skb = &t->skb;
	int err;

	if (attr->test.flags & BPF_F_TEST_SKB_CHECKSUM_COMPLETE)
		skb_csum_complete(skb);
	err = test_run_repeat(t->test, attr->test.repeat, skb, NULL, result);
	if (!err && attr->test.flags & BPF_F_TEST_SKB_CHECKSUM_COMPLETE)
		err = skb_csum_check(skb);
	if (!err)
		err = skb_restore_header(t);
	if (err)
		return err;
	result->data = skb->pkt.data;
	result->len = (u32)(skb->pkt.data_end - skb->pkt.data);
	return 0;
}

/* With the memory and the caller's context at hand. */
static int skb_test(struct skb_test *t, union bpf_attr *attr)
{
	struct test_result result = {0};
	struct packet_mem mem = {
		.buf = t->mem,
		.size = SKB_HEADROOM + (u32)round_up_to(attr->test.data_size_in, CACHE_LINE),
		.off = SKB_HEADROOM,
		.len = attr->test.data_size_in,
		.os = t->test->skep->os,
	};
	int err;

	skb_init(&t->skb, &mem);
	err = skb_receive(t);
	if (!err)
		err = skb_take_ctx(t);
	if (!err)
		err = skb_run(t, attr, &result);
	if (!err) {
		skb_give_ctx(t);
		err = test_run_out(t->test, attr, &result);
	}
	if (!err)
		err = test_run_ctx_out(t->test, attr, t->ctx, sizeof(*t->ctx));
	packet_release(&t->skb.pkt);
	return err;
}

static int run_skb(const struct test_run *test, union bpf_attr *attr, enum skb_access access)
{
	struct skb_test t = {.test = test, .access = access};
	const struct os *os = test->skep->os;
	void *ctx;
	int err = skb_check_attr(attr);

	if (err)
		return err;
	err = test_run_data_in(test, attr, SKB_HEADROOM, attr->test.data_size_in, TEST_PAGE,
			       &t.mem);
	if (err)
		return err;
	err = test_run_ctx_in(test, attr, sizeof(*t.ctx), &ctx);
	if (!err) {
		t.ctx = ctx;
		err = skb_test(&t, attr);
		os_free(os, ctx);
	}
	os_free(os, t.mem);
	return err;
}

int test_run_skb(const struct test_run *test, union bpf_attr *attr)
{
	return run_skb(test, attr, SKB_READ);
}

int test_run_skb_writable(const struct test_run *test, union bpf_attr *attr)
{
	return run_skb(test, attr, SKB_WRITE);
}

int test_run_skb_l2(const struct test_run *test, union bpf_attr *attr)
{
	return run_skb(test, attr, SKB_WRITE_L2);
}
