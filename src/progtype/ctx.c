/*
 * The fields of contexts: the ctx_*.def files as tables, the small ones right here, and the
 * question they answer.
 */
#include "helper/packet.h"
#include "progtype/internal.h"

/* clang-format off */

/* Sizes of loads: at a field's start, and inside of it.  Two columns of struct ctx_field. */
#define LOADS(start, inside) start, inside
#define PART LOADS(1 | 2 | 4, 1 | 2 | 4)
#define ANY LOADS(1 | 2 | 4 | 8, 1 | 2 | 4 | 8)
#define HEAD LOADS(1 | 2 | 4, 0)
#define WHOLE(size) LOADS(size, 0)
#define EVERY(size) LOADS(size, size)

/*
 * A stretch of bytes; a member of CTX; one that keeps only so many bytes of what is stored; one
 * with a pointer of ours behind it; one that is a typed pointer.
 */
#define AREA(name, off, size, kind, loads, stores) \
	{name, NULL, off, size, FIELD_##kind, loads, stores, ALL_VIEWS, ALL_VIEWS, 0, 0, off},
#define KEPT(m, kind, loads, stores, readers, writers, store_size) \
	{#m, NULL, offsetof(CTX, m), sizeof(((CTX *)0)->m), FIELD_##kind, loads, stores, readers, \
	 writers, 0, store_size, offsetof(CTX, m)},
#define FIELD(m, kind, loads, stores, readers, writers) \
	{#m, NULL, offsetof(CTX, m), sizeof(((CTX *)0)->m), FIELD_##kind, loads, stores, readers, \
	 writers, 0, 0, offsetof(CTX, m)},
#define MOVED(m, kind, readers, ours, to) \
	{#m, NULL, offsetof(CTX, m), sizeof(((CTX *)0)->m), FIELD_##kind, WHOLE(4), 0, readers, 0, \
	 sizeof(((ours *)0)->to), 0, offsetof(ours, to)},
#define BTF_POINTER(m, type) \
	{#m, type, offsetof(CTX, m), 8, FIELD_BTF_POINTER, WHOLE(8), 0, ALL_VIEWS, 0, 0, 0, \
	 offsetof(CTX, m)},

/* Linux's limits: PERF_MAX_TRACE_SIZE, MAX_BPF_FUNC_ARGS, U16_MAX. */
enum { TRACE_RECORD_MAX = 8192, TRACE_ARGS = 12, SYSCALL_CTX_MAX = 65535 };

#define CTX struct __sk_buff
static const struct ctx_field skb_fields[] = {
#include "progtype/ctx_skb.def"
};
#undef CTX

#define CTX struct xdp_md
static const struct ctx_field xdp_fields[] = {
#include "progtype/ctx_xdp.def"
};
#undef CTX

#define CTX struct bpf_sock
static const struct ctx_field sock_fields[] = {
#include "progtype/ctx_sock.def"
};
#undef CTX

#define CTX struct bpf_sock_addr
static const struct ctx_field sock_addr_fields[] = {
#include "progtype/ctx_sock_addr.def"
};
#undef CTX

#define CTX struct bpf_sock_ops
static const struct ctx_field sock_ops_fields[] = {
#include "progtype/ctx_sock_ops.def"
};
#undef CTX

#define CTX struct sk_msg_md
static const struct ctx_field sk_msg_fields[] = {
#include "progtype/ctx_sk_msg.def"
};
#undef CTX

#define CTX struct sk_reuseport_md
static const struct ctx_field sk_reuseport_fields[] = {
#include "progtype/ctx_sk_reuseport.def"
};
#undef CTX

#define CTX struct bpf_sk_lookup
static const struct ctx_field sk_lookup_fields[] = {
#include "progtype/ctx_sk_lookup.def"
};
#undef CTX

#define CTX struct bpf_sockopt
static const struct ctx_field sockopt_fields[] = {
	FIELD(sk, SOCKET, WHOLE(8), 0, ALL_VIEWS,
	      0) FIELD(optval, PACKET, WHOLE(8), 0, ALL_VIEWS,
		       0) FIELD(optval_end, PACKET_END, WHOLE(8), 0, ALL_VIEWS,
				0) FIELD(level, SCALAR, WHOLE(4), 4, ALL_VIEWS, SOCKOPT_SET)
		FIELD(optname, SCALAR, WHOLE(4), 4, ALL_VIEWS, SOCKOPT_SET)
			FIELD(optlen, SCALAR, WHOLE(4), 4, ALL_VIEWS, ALL_VIEWS)
				FIELD(retval, SCALAR, WHOLE(4), 4, SOCKOPT_GET, SOCKOPT_GET)};
#undef CTX

#define CTX struct bpf_sysctl
static const struct ctx_field sysctl_fields[] = {FIELD(write, SCALAR, PART, 0, ALL_VIEWS, 0) FIELD(
	file_pos, SCALAR, PART, 4, ALL_VIEWS, ALL_VIEWS)};
#undef CTX

#define CTX struct bpf_cgroup_dev_ctx
static const struct ctx_field device_fields[] = {
	FIELD(access_type, SCALAR, PART, 0, ALL_VIEWS, 0)
		FIELD(major, SCALAR, WHOLE(4), 0, ALL_VIEWS, 0)
			FIELD(minor, SCALAR, WHOLE(4), 0, ALL_VIEWS, 0)};
#undef CTX

#define CTX struct bpf_nf_ctx
static const struct ctx_field netfilter_fields[] = {BTF_POINTER(state, "nf_hook_state")
							    BTF_POINTER(skb, "sk_buff")};
#undef CTX

#define CTX struct bpf_perf_event_data
static const struct ctx_field perf_event_fields[] = {
	FIELD(regs, SCALAR, EVERY(8), 0, ALL_VIEWS, 0)
		FIELD(sample_period, SCALAR, ANY, 0, ALL_VIEWS, 0)
			FIELD(addr, SCALAR, ANY, 0, ALL_VIEWS, 0)};
#undef CTX

static const struct ctx_field pt_regs_fields[] = {
	AREA("regs", 0, sizeof(struct pt_regs), SCALAR, ANY, 0)};

/* The first 8 bytes of a trace record are the kernel's own. */
static const struct ctx_field tracepoint_fields[] = {
	AREA("record", 8, TRACE_RECORD_MAX - 8, SCALAR, ANY, 0)};

static const struct ctx_field raw_tp_fields[] = {AREA("args", 0, TRACE_ARGS * 8, SCALAR, ANY, 0)};

static const struct ctx_field raw_tp_writable_fields[] = {
	AREA("args[0]", 0, 8, TP_BUFFER, WHOLE(8), 0)
		AREA("args", 0, TRACE_ARGS * 8, SCALAR, LOADS(0, 1 | 2 | 4 | 8), 0)};

static const struct ctx_field syscall_fields[] = {
	AREA("ctx", 0, SYSCALL_CTX_MAX, SCALAR, ANY, 1 | 2 | 4 | 8)};

#define LAYOUT(name, size)                                                                         \
	{                                                                                          \
		name##_fields, ARRAY_SIZE(name##_fields), size                                     \
	}
const struct ctx_layout ctx_layouts[CTX_IDS] = {
	[CTX_SKB] = LAYOUT(skb, sizeof(struct __sk_buff)),
	[CTX_XDP] = LAYOUT(xdp, sizeof(struct xdp_md)),
	[CTX_SOCK] = LAYOUT(sock, sizeof(struct bpf_sock)),
	[CTX_SOCK_ADDR] = LAYOUT(sock_addr, sizeof(struct bpf_sock_addr)),
	[CTX_SOCK_OPS] = LAYOUT(sock_ops, sizeof(struct bpf_sock_ops)),
	[CTX_SK_MSG] = LAYOUT(sk_msg, sizeof(struct sk_msg_md)),
	[CTX_SK_REUSEPORT] = LAYOUT(sk_reuseport, sizeof(struct sk_reuseport_md)),
	[CTX_SK_LOOKUP] = LAYOUT(sk_lookup, sizeof(struct bpf_sk_lookup)),
	[CTX_SOCKOPT] = LAYOUT(sockopt, sizeof(struct bpf_sockopt)),
	[CTX_SYSCTL] = LAYOUT(sysctl, sizeof(struct bpf_sysctl)),
	[CTX_DEVICE] = LAYOUT(device, sizeof(struct bpf_cgroup_dev_ctx)),
	[CTX_NETFILTER] = LAYOUT(netfilter, sizeof(struct bpf_nf_ctx)),
	[CTX_PT_REGS] = LAYOUT(pt_regs, sizeof(struct pt_regs)),
	[CTX_PERF_EVENT] = LAYOUT(perf_event, sizeof(struct bpf_perf_event_data)),
	[CTX_TRACEPOINT] = LAYOUT(tracepoint, TRACE_RECORD_MAX),
	[CTX_RAW_TP] = LAYOUT(raw_tp, TRACE_ARGS * 8),
	[CTX_RAW_TP_WRITABLE] = LAYOUT(raw_tp_writable, TRACE_ARGS * 8),
	[CTX_SYSCALL] = LAYOUT(syscall, SYSCALL_CTX_MAX),
};

/* clang-format on */

static int field_allows(const struct ctx_field *f, u32 off, u32 size, u32 view, int write)
{
	u32 sizes = write ? f->write : off == f->off ? f->read : f->narrow;

	if (off < f->off || off - f->off >= f->size)
		return 0;
	return (sizes & size) && ((write ? f->writers : f->readers) & view);
}

/*
 * An access lies inside of its field, but that Linux still takes the 4-byte loads of the time when
 * bpf_sock's dst_port had 4 bytes; the 2 behind it are padding.
 */
static int field_holds(const struct ctx_field *f, u32 off, u32 size)
{
	return f->size < size ? off == f->off : off - f->off <= f->size - size;
}

const struct ctx_field *progtype_ctx_field(const struct progtype *type, u32 expected_attach_type,
					   int off, u32 size, int write)
{
	const struct progtype_variant *v = progtype_variant(type, expected_attach_type);

	if (!v || off < 0 || !size || size > 8 || (size & (size - 1)) || off % size)
		return NULL;
	for (u32 i = 0; i < type->ctx->nr_fields; i++) {
		const struct ctx_field *f = &type->ctx->fields[i];

		if (field_allows(f, off, size, v->view, write) && field_holds(f, off, size))
			return f;
	}
	return NULL;
}
