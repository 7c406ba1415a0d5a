/* Calls of helpers and kfuncs under the checked interpreter: what goes in, what comes out. */
#include <stdio.h>

#include "interp/checked.h"
#include "progtype/progtype.h"

/* The longest memory that an argument may be, as in Linux (BPF_MAX_VAR_SIZ). */
#define MAX_ARG_SIZE (1u << 29)
#define DYNPTR_SIZE 16

/* One argument, while a call is checked. */
struct arg {
	struct checked *c;
	const struct code *ip;
	const struct helper *helper;
	const u64 *r;
	u32 n;           /* from 0: r1 */
	struct map *map; /* the call's, once its argument has been seen */
};

static u64 value_of(const struct arg *arg)
{
	return arg->r[1 + arg->n];
}

static int wrong(const struct arg *arg, const char *what)
{
	return checked_fault(arg->c, arg->ip, "r%u is not %s", arg->n + 1, what);
}

static int check_mem(const struct arg *arg, u64 size)
{
	u32 flags = arg->helper->arg[arg->n];
	enum guard_how how = flags & (ARG_UNINIT | ARG_WRITE) ? GUARD_WRITE : GUARD_READ;
	char where[160];

	if (!size || (!value_of(arg) && flags & ARG_MAYBE_NULL))
		return 0;
	if (size <= MAX_ARG_SIZE && checked_memory(arg->c, value_of(arg), size, how))
		return 0;
	checked_describe(arg->c, value_of(arg), size, where, sizeof(where));
	return checked_fault(arg->c, arg->ip, "r%u: %llu bytes at %s", arg->n + 1,
			     (unsigned long long)size, where);
}

/* Up to the NUL, which has to come. */
static int check_string(const struct arg *arg)
{
	u64 end = value_of(arg);

	do {
		if (!checked_memory(arg->c, end, 1, GUARD_READ))
			return wrong(arg, "a string that ends");
	} while (*(const char *)u64_to_ptr(end++));
	return 0;
}

static int check_callback(const struct arg *arg)
{
	const struct image *image = arg->c->image;
	u64 at = value_of(arg) - ptr_to_u64(&image->callbacks[0].code);

	if (at % sizeof(struct callback) ||
	    at / sizeof(struct callback) >= image->prog->nr_subprogs)
		return wrong(arg, "a function of the program's");
	return 0;
}

static int check_map(struct arg *arg)
{
	arg->map = checked_map(arg->c, value_of(arg));
	return arg->map ? 0 : wrong(arg, "a map of the program's");
}

static int check_arg(struct arg *arg)
{
	u32 kind = arg->helper->arg[arg->n];

	switch (ARG_KIND(kind)) {
	case ARG_CONST_MAP_PTR:
		return check_map(arg);
	case ARG_MAP_KEY:
		return check_mem(arg, arg->map ? arg->map->key_size : 0);
	case ARG_MAP_VALUE:
		return check_mem(arg, arg->map ? arg->map->value_size : 0);
	case ARG_MEM:
		return check_mem(arg, arg->n < 4 ? arg->r[2 + arg->n] : 0);
	case ARG_FIXED_MEM:
		return check_mem(arg, ARG_DETAIL(kind));
	case ARG_DYNPTR:
		return check_mem(arg, DYNPTR_SIZE);
	case ARG_KPTR:
		return check_mem(arg, sizeof(u64));
	case ARG_RINGBUF_MEM: /* of any size, none included */
		return checked_memory(arg->c, value_of(arg), 0, GUARD_WRITE)
			       ? 0
			       : wrong(arg, "a record");
	case ARG_SPIN_LOCK:
		return check_mem(arg, sizeof(struct bpf_spin_lock));
	case ARG_TIMER:
		return check_mem(arg, sizeof(struct bpf_timer));
	case ARG_CTX:
		if (value_of(arg) == arg->c->ctx || (!value_of(arg) && kind & ARG_MAYBE_NULL))
			return 0;
		return wrong(arg, "the context");
	case ARG_CONST_STR:
		return check_string(arg);
	case ARG_FUNC:
		return check_callback(arg);
	default:
		return 0;
	}
}

static const struct helper *helper_at(const struct checked *c, const struct code *ip)
{
	const struct prog *prog = c->image->prog;
	const struct bpf_insn *insn = &prog->insns[ip - c->image->code];

	if (insn->src_reg)
		return NULL;
	return prog->type ? helper_for((u32)insn->imm, prog->type->id)
			  : helper_by_id((u32)insn->imm);
}

int checked_call(struct checked *c, const struct code *ip, const u64 *r)
{
	struct arg arg = {.c = c, .ip = ip, .helper = helper_at(c, ip), .r = r};

	for (; arg.helper && arg.n < ARRAY_SIZE(arg.helper->arg); arg.n++)
		if (check_arg(&arg))
			return -1;
	return 0;
}

/* Which register holds the size of what a kfunc returns, or (negative) that size. */
static const struct {
	const char *name;
	s32 size;
} kfunc_memory[] = {
	{"bpf_dynptr_slice", 4},
	{"bpf_dynptr_slice_rdwr", 4},
	{"bpf_iter_num_next", -4},
	{"bpf_iter_bits_next", -8},
};

static void kfunc_returned(struct checked *c, const struct code *ip, const u64 *r)
{
	const struct kfunc *kfunc = c->image->prog->facts[ip - c->image->code].kfunc;

	for (u32 i = 0; i < ARRAY_SIZE(kfunc_memory); i++) {
		s32 size = kfunc_memory[i].size;

		if (!strcmp(kfunc_memory[i].name, kfunc->name))
			checked_grant(c, r[0], size < 0 ? (u64)-size : r[size], "slice");
	}
}

/* A lookup: the value, or of maps of maps another map. */
static void map_returned(struct checked *c, const u64 *r)
{
	struct map *map = checked_map(c, r[1]);

	if (!map || !r[0])
		return;
	if (map->type != BPF_MAP_TYPE_ARRAY_OF_MAPS && map->type != BPF_MAP_TYPE_HASH_OF_MAPS)
		checked_grant(c, r[0], map->value_size, "map value");
	else if (!checked_map(c, r[0]))
		c->inner[c->nr_inner++ % INNER_MAPS] = u64_to_ptr(r[0]);
}

void checked_called(struct checked *c, const struct code *ip, const u64 *r)
{
	const struct helper *helper = helper_at(c, ip);

	if (!helper)
		return kfunc_returned(c, ip, r);
	for (u32 n = 0; n < ARRAY_SIZE(helper->arg); n++)
		if (helper->arg[n] & ARG_RELEASE)
			checked_revoke(c, r[1 + n]);
	switch (RET_KIND(helper->ret)) {
	case RET_MAP_VALUE:
		return map_returned(c, r);
	case RET_RINGBUF_MEM:
		return checked_grant(c, r[0], r[2], "record");
	case RET_DYNPTR_MEM:
		return checked_grant(c, r[0], r[3], "dynptr's data");
	case RET_SOCKET:
	case RET_SOCK_COMMON:
		return checked_grant(c, r[0], sizeof(struct bpf_sock), "socket");
	case RET_TCP_SOCK:
		return checked_grant(c, r[0], sizeof(struct bpf_tcp_sock), "socket");
	}
}

void checked_callback_args(struct checked *c, const u64 args[5])
{
	const struct map *map = checked_map(c, args[0]);

	if (!map)
		return;
	checked_grant(c, args[1], map->key_size, "map key");
	checked_grant(c, args[2], map->value_size, "map value");
}
