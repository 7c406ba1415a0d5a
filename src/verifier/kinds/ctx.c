/*
 * The context in the flow pass.  progtype has a row for each field; here an access is matched with
 * its row, and pass_rewrite gives it the row's offset and width.
 */
#include <errno.h>

#include "verifier/kinds/flow.h"

static const u16 kind_of_field[] = {
	[FIELD_SCALAR] = K_SCALAR,
	[FIELD_PACKET] = K_PACKET,
	[FIELD_PACKET_META] = K_PACKET,
	[FIELD_PACKET_END] = K_PACKET_END,
	[FIELD_SOCKET] = K_OTHER,
	[FIELD_SOCKET_OR_NULL] = K_OTHER,
	[FIELD_SOCK_COMMON_OR_NULL] = K_OTHER,
	[FIELD_FLOW_KEYS] = K_OTHER,
	[FIELD_TP_BUFFER] = K_OTHER,
	[FIELD_BTF_POINTER] = K_OTHER,
};

/* A pointer to a context is used as it came. */
static int check_whole(struct flow *f, const struct access *a, const struct val *base)
{
	s64 off = (s64)base->value;

	if (base->known != KNOWN_ALL)
		return reject(f->env, -EACCES, "variable ctx access R%u disallowed", a->reg);
	if (off < 0)
		return reject(f->env, -EACCES, "negative offset ctx ptr R%u off=%lld disallowed",
			      a->reg, (long long)off);
	if (off)
		return reject(f->env, -EACCES,
			      "dereference of modified ctx ptr R%u off=%lld disallowed", a->reg,
			      (long long)off);
	return 0;
}

int ctx_access(struct flow *f, const struct access *a, struct val *loaded)
{
	const struct prog *prog = f->env->prog;
	const struct ctx_field *field;
	int err = check_whole(f, a, reg_of(f, a->reg));

	if (err)
		return err;
	field = progtype_ctx_field(prog->type, prog->expected_attach_type, a->off, a->size,
				   a->write);
	if (!field)
		return reject(f->env, -EACCES, "invalid bpf_context access off=%d size=%u", a->off,
			      a->size);
	if (a->off + (s32)a->size > (s32)f->env->max_ctx_offset)
		f->env->max_ctx_offset = (u32)(a->off + (s32)a->size);
	if (loaded)
		*loaded = val_of_kind(kind_of_field[field->kind]);
	return 0;
}
