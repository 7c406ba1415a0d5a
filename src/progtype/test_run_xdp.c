/*
 * BPF_PROG_TEST_RUN of XDP programs.
 *
 *	page: | xdp_frame | headroom | meta | linear | tailroom |    fragments of a page each
 *
 * Data that does not fit the page, or lies past the caller's data_end, goes into fragments.  With
 * BPF_F_TEST_XDP_LIVE_FRAMES each repetition gets a frame of its own, and what the program decides
 * about it is carried out: with no network behind an instance, all of them are freed.
 */
#include <errno.h>

#include "helper/netdev.h"
#include "progtype/test_run.h"

enum {
	XDP_HEADROOM = 256,
	XDP_FRAME = 40, /* at the start of the headroom, which programs cannot have */
	XDP_META_MAX = XDP_HEADROOM - XDP_FRAME,
	LIVE_HEAD = 112, /* more of it with live frames */
	LIVE_BATCH_MAX = 256,
};

struct xdp_test {
	struct xdp xdp;
	const struct test_run *test;
	struct xdp_md *ctx; /* the caller's, or NULL */
	struct packet_frags frags;
	u8 *frag_page[PACKET_MAX_FRAGS]; /* their memory, whatever becomes of them */
	u32 headroom, meta, linear; /* linear: with the meta data */
	u32 live;
	u32 ifindex;
	u8 *page;   /* as the program gets it */
	u8 *master; /* live: what each frame starts as */
};

static int xdp_check_attr(const struct test_run *test, const union bpf_attr *attr)
{
	u32 live = attr->test.flags & BPF_F_TEST_XDP_LIVE_FRAMES;

	if (test->attach == BPF_XDP_DEVMAP || test->attach == BPF_XDP_CPUMAP)
		return -EINVAL;
	if (attr->test.flags & ~BPF_F_TEST_XDP_LIVE_FRAMES)
		return -EINVAL;
	if (!live)
		return attr->test.batch_size ? -EINVAL : 0;
	return attr->test.batch_size > LIVE_BATCH_MAX ? -E2BIG : 0;
}

/* Where the caller's data goes. */
static int xdp_layout(struct xdp_test *t, const union bpf_attr *attr)
{
	const struct xdp_md *ctx = t->ctx;
	u32 size = attr->test.data_size_in, room;

	t->linear = size;
	if (ctx) {
		if (ctx->data_meta || ctx->data_end > size || ctx->data > ctx->data_end ||
		    ctx->data % 4 || ctx->data > XDP_META_MAX)
			return -EINVAL;
		if (t->live && (attr->test.data_out || attr->test.ctx_out))
			return -EINVAL;
		t->meta = ctx->data;
		t->linear = ctx->data_end;
	}
	t->headroom = XDP_HEADROOM + (t->live ? LIVE_HEAD : 0) - t->meta;
	room = TEST_PAGE - TEST_TAILROOM - t->headroom;
	if (t->linear > room)
		t->linear = room;
	if (t->live && size > t->linear)
		return -EINVAL;
	return size - t->meta < PACKET_ETH_HEADER ? -EINVAL : 0;
}

static int xdp_take_ctx(struct xdp_test *t)
{
	const struct xdp_md *ctx = t->ctx;
	const struct netdev *device;

	t->ifindex = 1;
	if (!ctx)
		return 0;
	if (ctx->egress_ifindex || (!ctx->ingress_ifindex && ctx->rx_queue_index))
		return -EINVAL;
	if (!ctx->ingress_ifindex)
		return 0;
	device = netdev_by_index(ctx->ingress_ifindex);
	if (!device)
		return -ENODEV;
	t->ifindex = device->ifindex;
	return ctx->rx_queue_index >= device->rx_queues ? -EINVAL : 0;
}

static int xdp_add_frags(struct xdp_test *t, const union bpf_attr *attr)
{
	u32 left = attr->test.data_size_in - t->linear;
	union bpf_attr rest = *attr;

	rest.test.data_in += t->linear;
	while (left) {
		struct packet_frag *frag = &t->frags.frag[t->frags.count];
		int err;

		if (t->frags.count == PACKET_MAX_FRAGS)
			return -ENOMEM;
		frag->len = left < PACKET_FRAG_SIZE ? left : PACKET_FRAG_SIZE;
		err = test_run_data_in(t->test, &rest, 0, frag->len, PACKET_FRAG_SIZE, &frag->data);
		if (err)
			return err;
		t->frag_page[t->frags.count] = frag->data;
		t->frags.count++;
		t->frags.len += frag->len;
		rest.test.data_in += frag->len;
		left -= frag->len;
	}
	return 0;
}

/* Point the context at the page. */
static void xdp_prepare(struct xdp_test *t)
{
	struct packet_mem mem = {
		.buf = t->page + XDP_FRAME,
		.size = TEST_PAGE - TEST_TAILROOM - XDP_FRAME,
		.off = t->headroom - XDP_FRAME,
		.len = t->linear,
		.os = t->test->skep->os,
	};

	xdp_init(&t->xdp, &mem);
	t->xdp.pkt.data += t->meta;
	t->xdp.u.ingress_ifindex = t->ifindex;
	if (t->frags.count)
		t->xdp.pkt.frags = &t->frags;
}

static void xdp_fresh_frame(void *ctx)
{
	struct xdp_test *t = ctx;

	memcpy(t->page, t->master, TEST_PAGE);
	xdp_prepare(t);
}

static int xdp_run_live(struct xdp_test *t, const union bpf_attr *attr, struct test_result *result)
{
	const struct os *os = t->test->skep->os;
	int err;

	t->master = t->page;
	t->page = os_alloc(os, TEST_PAGE);
	err = t->page ? test_run_repeat(t->test, attr->test.repeat, t, xdp_fresh_frame, result)
		      : -ENOMEM;
	os_free(os, t->page);
	t->page = t->master;
	xdp_prepare(t); /* what is handed back is what came in */
	result->retval = 0;
	return err;
}

static int xdp_run(struct xdp_test *t, const union bpf_attr *attr, struct test_result *result)
{
	const struct packet *pkt = &t->xdp.pkt;
	int err;

	xdp_prepare(t);
	err = t->live ? xdp_run_live(t, attr, result)
		      : test_run_repeat(t->test, attr->test.repeat, t, NULL, result);
	if (err)
		return err;
	result->data = pkt->data_meta;
	result->len = (u32)(pkt->data_end - pkt->data_meta);
	result->frags = pkt->frags;
	if (t->ctx) {
		t->ctx->data = (u32)(pkt->data - pkt->data_meta);
		t->ctx->data_end = result->len;
	}
	return 0;
}

/* With the caller's context at hand. */
static int xdp_test(struct xdp_test *t, union bpf_attr *attr)
{
	struct test_result result = {0};
	const struct os *os = t->test->skep->os;
	int err = xdp_layout(t, attr);

	if (err)
		return err;
	err = test_run_data_in(t->test, attr, t->headroom, t->linear, TEST_PAGE, &t->page);
	if (err)
		return err;
	err = xdp_take_ctx(t);
	if (!err)
		err = xdp_add_frags(t, attr);
	if (!err)
		err = xdp_run(t, attr, &result);
	if (!err)
		err = test_run_out(t->test, attr, &result);
	if (!err)
		err = test_run_ctx_out(t->test, attr, t->ctx, sizeof(*t->ctx));
	for (u32 i = 0; i < PACKET_MAX_FRAGS; i++)
		os_free(os, t->frag_page[i]);
	os_free(os, t->page);
	return err;
}

int test_run_xdp(const struct test_run *test, union bpf_attr *attr)
{
	struct xdp_test t = {
		.test = test,
		.live = attr->test.flags & BPF_F_TEST_XDP_LIVE_FRAMES,
	};
	void *ctx;
	int err = xdp_check_attr(test, attr);

	if (!err)
		err = test_run_ctx_in(test, attr, sizeof(*t.ctx), &ctx);
	if (err)
		return err;
	t.ctx = ctx;
	err = xdp_test(&t, attr);
	os_free(test->skep->os, ctx);
	return err;
}
