/*
 * Running programs at the host's call, without a system call: one context, one packet, or a batch
 * of packets with one claim of a CPU.  Between two packets of a batch only what the first one's run
 * may have changed is set again.
 */
#include <errno.h>

#include "base/enter.h"
#include "helper/packet.h"
#include "prog/prog.h"
#include "progtype/progtype.h"
#include "skep/skep.h"

#define EXPORT __attribute__((visibility("default")))

static int packet_is_sound(const struct skep_packet *p)
{
	return p->buf && p->off <= p->size && p->len <= p->size - p->off;
}

static void packet_place(struct packet *pkt, const struct skep_packet *p)
{
	pkt->head = p->buf;
	pkt->data = pkt->data_meta = pkt->head + p->off;
	pkt->data_end = pkt->data + p->len;
	pkt->end = pkt->head + p->size;
	pkt->frags = NULL;
}

static int enter(const struct prog *prog, struct run *run, void *ctx, struct skep_packet *p)
{
	run->tail_calls = 0;
	p->verdict = (u32)prog_run(prog, ctx, run);
	return unlikely(run->fault) ? -EFAULT : 0;
}

static int run_xdp(const struct prog *prog, struct run *run, struct skep_packet *p, size_t n)
{
	struct xdp xdp;
	int err = 0;

	xdp_init(&xdp, &(struct packet_mem){.os = run->skep->os});
	run->ctx = &xdp;
	for (const struct skep_packet *end = p + n; p < end && !err; p++) {
		if (unlikely(!packet_is_sound(p))) {
			err = -EINVAL;
			break;
		}
		packet_place(&xdp.pkt, p);
		xdp.u.ingress_ifindex = p->ifindex;
		err = enter(prog, run, &xdp, p);
		p->off = (u32)(xdp.pkt.data - (u8 *)p->buf);
		p->len = (u32)(xdp.pkt.data_end - xdp.pkt.data);
	}
	run->ctx = NULL;
	return err;
}

/*
 * Zero what programs and helpers can write.  Between the two parts are pointers that programs get
 * rewritten and what only sockets have: zero since skb_init.
 */
static void skb_clear(struct __sk_buff *u)
{
	const size_t tail = offsetof(struct __sk_buff, tstamp);

	memset(u, 0, offsetof(struct __sk_buff, data));
	memset((u8 *)u + tail, 0, sizeof(*u) - tail);
}

/* As if a device had handed it in. */
static void skb_place(struct skb *skb, const struct skep_packet *p, u32 pull)
{
	packet_place(&skb->pkt, p);
	skb->mac = skb->pkt.data;
	skb->pkt.data += pull;
	skb->pkt.data_meta = skb->pkt.data;
	skb->net = skb->mac + PACKET_ETH_HEADER;
	skb->gso_type = 0;
	skb->ip_summed = skb->csum_level = skb->tstamp_type = 0;
	skb->l4_hash = skb->sw_hash = skb->encapsulation = skb->has_tunnel = 0;
	skb_clear(&skb->u);
	skb->u.len = p->len - pull;
	skb->u.wire_len = p->len;
	skb->u.ifindex = skb->u.ingress_ifindex = p->ifindex;
	skb->u.protocol = packet_eth_protocol(skb->mac, p->len);
}

/* Back into the host's buffer: 0, or -ENOSPC with as much of it as there is room for. */
static int skb_take_back(struct skb *skb, struct skep_packet *p, u32 pull)
{
	struct packet *pkt = &skb->pkt;

	if (pull && pkt->data - pkt->head >= pull)
		pkt->data -= pull;
	p->len = (u32)(pkt->data_end - pkt->data);
	if (likely(!pkt->owned)) {
		p->off = (u32)(pkt->data - (u8 *)p->buf);
		return 0;
	}
	p->off = 0;
	memcpy(p->buf, pkt->data, p->len < p->size ? p->len : p->size);
	packet_release(pkt);
	return p->len > p->size ? -ENOSPC : 0;
}

static int run_skb(const struct prog *prog, struct run *run, struct skep_packet *p, size_t n)
{
	const u32 pull = prog->type->packet & PACKET_FRAME ? 0 : PACKET_ETH_HEADER;
	struct skb skb;
	int err = 0;

	skb_init(&skb, &(struct packet_mem){.os = run->skep->os});
	skb.ingress = 1;
	skb.read_only = !(prog->type->packet & PACKET_WRITABLE);
	run->ctx = &skb;
	for (const struct skep_packet *end = p + n; p < end && !err; p++) {
		if (unlikely(!packet_is_sound(p) || p->len < PACKET_ETH_HEADER)) {
			err = -EINVAL;
			break;
		}
		skb_place(&skb, p, pull);
		err = enter(prog, run, &skb, p);
		if (unlikely(err))
			packet_release(&skb.pkt);
		else
			err = skb_take_back(&skb, p, pull);
	}
	run->ctx = NULL;
	return err;
}

int prog_run_packets(const struct prog *prog, struct run *run, struct skep_packet *packets,
		     size_t n)
{
	run->prog = prog;
	if (prog->type->packet & PACKET_XDP)
		return run_xdp(prog, run, packets, n);
	if (prog->type->packet & PACKET_SKB)
		return run_skb(prog, run, packets, n);
	return -EINVAL;
}

EXPORT int skep_run_packets(struct skep_prog *prog, struct skep_packet *packets, size_t n)
{
	const struct prog *p = (const struct prog *)prog;
	struct skep *skep = p->obj.skep;
	struct run run;
	struct slot *slot = run_enter(&run, skep);
	int err = prog_run_packets(p, &run, packets, n);

	run_leave(skep, slot);
	return err;
}

EXPORT int skep_run_packet(struct skep_prog *prog, struct skep_packet *packet)
{
	return skep_run_packets(prog, packet, 1);
}

EXPORT uint64_t skep_run(struct skep_prog *prog, void *ctx)
{
	const struct prog *p = (const struct prog *)prog;
	struct skep *skep = p->obj.skep;
	struct slot *slot;
	struct run run;
	u64 r0;

	if (unlikely(p->type->packet))
		return (u64)-EINVAL;
	slot = run_enter(&run, skep);
	run.prog = p;
	run.ctx = ctx;
	r0 = prog_run(p, ctx, &run);
	run_leave(skep, slot);
	return r0;
}
