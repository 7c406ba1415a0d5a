/* Registers by themselves: names of types, and the values that most instructions leave. */
#include "verifier/reg.h"

#include <stdio.h>

static const char *const base_names[REG_TYPES] = {
	[REG_NOTHING] = "?",
	[REG_SCALAR] = "scalar",
	[REG_CTX] = "ctx",
	[REG_MAP_PTR] = "map_ptr",
	[REG_MAP_VALUE] = "map_value",
	[REG_MAP_KEY] = "map_key",
	[REG_STACK] = "fp",
	[REG_PACKET_META] = "pkt_meta",
	[REG_PACKET] = "pkt",
	[REG_PACKET_END] = "pkt_end",
	[REG_FLOW_KEYS] = "flow_keys",
	[REG_SOCKET] = "sock",
	[REG_SOCK_COMMON] = "sock_common",
	[REG_TCP_SOCK] = "tcp_sock",
	[REG_TP_BUFFER] = "tp_buffer",
	[REG_XDP_SOCK] = "xdp_sock",
	[REG_BTF] = "ptr_",
	[REG_MEM] = "mem",
	[REG_ARENA] = "arena",
	[REG_BUF] = "buf",
	[REG_FUNC] = "func",
	[REG_DYNPTR] = "dynptr_ptr",
};

static const struct {
	u16 flag;
	const char *text;
} prefixes[] = {
	{REG_RDONLY, "rdonly_"},   {REG_RINGBUF, "ringbuf_"}, {REG_USER, "user_"},
	{REG_PERCPU, "percpu_"},   {REG_RCU, "rcu_"},         {REG_UNTRUSTED, "untrusted_"},
	{REG_TRUSTED, "trusted_"},
};

struct reg_name reg_name(u32 full)
{
	u32 type = full & 0xff, flags = full >> 8, n = 0;
	struct reg_name name;

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (flags & prefixes[i].flag)
			n += (u32)snprintf(name.text + n, sizeof(name.text) - n, "%s",
					   prefixes[i].text);
	snprintf(name.text + n, sizeof(name.text) - n, "%s%s", base_names[type],
		 !(flags & REG_OR_NULL) ? ""
		 : type == REG_BTF      ? "or_null_"
					: "_or_null");
	return name;
}

void reg_set_nothing(struct reg *r)
{
	/* what else is in it nobody looks at: reg_same */
	r->type = REG_NOTHING;
	r->flags = 0;
	r->off = 0;
	r->id = r->ref_id = 0;
}

void reg_set_unknown(struct reg *r)
{
	*r = (struct reg){.type = REG_SCALAR, .num = num_unknown};
}

void reg_set_const(struct reg *r, u64 value)
{
	*r = (struct reg){.type = REG_SCALAR, .num = num_const(value)};
}

void reg_set_pointer(struct reg *r, u32 full)
{
	*r = (struct reg){.type = (u8)full, .flags = (u16)(full >> 8), .num = num_const(0)};
}

void reg_truncate(struct reg *r, u32 size)
{
	num_zero_extend(&r->num, size);
}

int reg_never_null(const struct reg *r)
{
	if (r->flags & REG_OR_NULL)
		return 0;
	switch (r->type) {
	case REG_SOCKET:
	case REG_TCP_SOCK:
	case REG_MAP_VALUE:
	case REG_MAP_KEY:
	case REG_SOCK_COMMON:
	case REG_MAP_PTR:
		return 1;
	case REG_BTF:
		return r->flags & (REG_TRUSTED | REG_RCU) && !(r->flags & REG_UNTRUSTED);
	case REG_MEM:
		return !(r->flags & REG_UNTRUSTED);
	default:
		return 0;
	}
}
