/* Contexts and sockets: structs of which only certain fields can be reached, at certain sizes. */
#include <errno.h>

#include "verifier/walk.h"

static const u32 full_of_field[] = {
	[FIELD_SCALAR] = FULL(REG_SCALAR, 0),
	[FIELD_PACKET] = FULL(REG_PACKET, 0),
	[FIELD_PACKET_META] = FULL(REG_PACKET_META, 0),
	[FIELD_PACKET_END] = FULL(REG_PACKET_END, 0),
	[FIELD_SOCKET] = FULL(REG_SOCKET, 0),
	[FIELD_SOCKET_OR_NULL] = FULL(REG_SOCKET, REG_OR_NULL),
	[FIELD_SOCK_COMMON_OR_NULL] = FULL(REG_SOCK_COMMON, REG_OR_NULL),
	[FIELD_FLOW_KEYS] = FULL(REG_FLOW_KEYS, 0),
	[FIELD_TP_BUFFER] = FULL(REG_TP_BUFFER, 0),
	[FIELD_BTF_POINTER] = FULL(REG_BTF, REG_TRUSTED),
};

/* Linux's check_ptr_off_reg: a pointer that is used as it came. */
int ctx_pointer(struct walk *w, const struct reg *r, u32 regno)
{
	u32 full = reg_full(r);

	if (r->off < 0)
		return reject(w->env, -EACCES, "negative offset %s ptr R%u off=%d disallowed",
			      reg_name(full).text, regno, r->off);
	if (r->off)
		return reject(w->env, -EACCES,
			      "dereference of modified %s ptr R%u off=%d disallowed",
			      reg_name(full).text, regno, r->off);
	if (!num_is_const(&r->num) || r->num.var.value)
		return reject(w->env, -EACCES, "variable %s access var_off=%s disallowed",
			      reg_name(full).text, tnum_text(r->num.var).text);
	return 0;
}

int ctx_check(struct walk *w, const struct access *a, struct ctx_loaded *out)
{
	const struct prog *prog = w->env->prog;
	const struct ctx_field *field = progtype_ctx_field(prog->type, prog->expected_attach_type,
							   a->off, a->size, a->write);

	/* a pointer is no number whose sign could be drawn */
	if (!field || (a->sign && field->kind != FIELD_SCALAR)) {
		reject(w->env, -EACCES, "invalid bpf_context access off=%d size=%u", a->off,
		       a->size);
		show_source(w, w->pc, "; ");
		return -EACCES;
	}
	if (field->kind == FIELD_BTF_POINTER && !a->write)
		return not_yet(w, "kernel pointers in contexts");
	if (a->off + (s32)a->size > (s32)w->env->max_ctx_offset)
		w->env->max_ctx_offset = (u32)(a->off + (s32)a->size);
	out->full = full_of_field[field->kind];
	out->field = field;
	return 0;
}

/* Bytes [off, end) of a struct: fields of 4 bytes, or of `size`; narrow: parts of them too. */
struct sock_field {
	u16 off, end;
	u8 size, narrow;
	u8 common; /* of request and time-wait sockets too */
};

static const struct sock_field sock_fields[] = {
	{0, 4, 4, 0, 1},                      /* bound_dev_if */
	{4, 8, 4, 1, 1},                      /* family */
	{8, 16, 4, 1, 0},                     /* type, protocol */
	{16, 24, 4, 0, 0},                    /* mark, priority */
	{24, 44, 4, 1, 1},                    /* src_ip4, src_ip6 */
	{44, 48, 4, 1, 1},                    /* src_port */
	{48, 50, 2, 1, 1},                    /* dst_port; as 4 bytes too */
	{52, 72, 4, 1, 1},                    /* dst_ip4, dst_ip6 */
	{72, 76, 4, 1, 1}, {76, 80, 4, 1, 1}, /* state, rx_queue_mapping */
};

static const struct sock_field tcp_sock_fields[] = {
	{0, 80, 4, 0, 1}, {80, 96, 8, 0, 1}, {96, 112, 4, 0, 1}};
static const struct sock_field xdp_sock_fields[] = {{0, 4, 4, 0, 1}};

static const struct {
	const struct sock_field *fields;
	u32 count;
	u8 common;
} socks[REG_TYPES] = {
	[REG_SOCKET] = {sock_fields, ARRAY_SIZE(sock_fields), 0},
	[REG_SOCK_COMMON] = {sock_fields, ARRAY_SIZE(sock_fields), 1},
	[REG_TCP_SOCK] = {tcp_sock_fields, ARRAY_SIZE(tcp_sock_fields), 0},
	[REG_XDP_SOCK] = {xdp_sock_fields, ARRAY_SIZE(xdp_sock_fields), 0},
};

enum { DST_PORT = 48 };

static int field_allows(const struct sock_field *f, s32 off, u32 size)
{
	if (off % (s32)size)
		return 0;
	if (f->narrow)
		return size <= f->size || (off == DST_PORT && size == 4);
	return size == f->size;
}

static int sock_allows(u8 type, s32 off, u32 size)
{
	for (u32 i = 0; i < socks[type].count; i++) {
		const struct sock_field *f = &socks[type].fields[i];

		if (off >= f->off && off < f->end)
			return (f->common || !socks[type].common) && field_allows(f, off, size);
	}
	return 0;
}

int sock_check(struct walk *w, const struct access *a)
{
	const struct reg *r = reg_at(w, a->reg);
	s32 off = a->off + r->off;

	if (r->num.smin < 0)
		return reject(w->env, -EACCES,
			      "R%u min value is negative, either use unsigned index or do a if "
			      "(index >=0) check.",
			      a->reg);
	if (sock_allows(r->type, off, a->size))
		return 0;
	return reject(w->env, -EACCES, "R%u invalid %s access off=%d size=%u", a->reg,
		      reg_name(reg_full(r)).text, off, a->size);
}
