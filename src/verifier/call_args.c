/*
 * Arguments of helpers: kinds of values by kinds of arguments, a row each, and what has to be true
 * of the memory they point to.
 */
#include <errno.h>

#include "verifier/call.h"

typedef long long ll;

enum { MAX_KINDS = 9 };

/* Full types, in the order in which Linux lists them. */
struct wanted {
	u32 full[MAX_KINDS];
};

#define MEM_KINDS                                                                                  \
	REG_STACK, REG_PACKET, REG_PACKET_META, REG_MAP_KEY, REG_MAP_VALUE, REG_MEM,               \
		FULL(REG_MEM, REG_RINGBUF), REG_BUF, FULL(REG_BTF, REG_TRUSTED)
#define SOCK_KINDS REG_SOCK_COMMON, REG_SOCKET, REG_TCP_SOCK, REG_XDP_SOCK

static const struct wanted wanted[] = {
	[ARG_CONST_MAP_PTR] = {{REG_MAP_PTR}},
	[ARG_MAP_KEY] = {{MEM_KINDS}},
	[ARG_MAP_VALUE] = {{MEM_KINDS}},
	[ARG_MEM] = {{MEM_KINDS}},
	[ARG_FIXED_MEM] = {{MEM_KINDS}},
	[ARG_SIZE] = {{REG_SCALAR}},
	[ARG_SIZE_OR_ZERO] = {{REG_SCALAR}},
	[ARG_CTX] = {{REG_CTX}},
	[ARG_CONST_ALLOC_SIZE] = {{REG_SCALAR}},
	[ARG_RINGBUF_MEM] = {{FULL(REG_MEM, REG_RINGBUF)}},
	[ARG_DYNPTR] = {{REG_STACK, REG_DYNPTR}},
	[ARG_FUNC] = {{REG_FUNC}},
	[ARG_STACK] = {{REG_STACK}},
	[ARG_CONST_STR] = {{REG_MAP_VALUE}},
	[ARG_TIMER] = {{REG_MAP_VALUE}},
	[ARG_SPIN_LOCK] = {{REG_MAP_VALUE, FULL(REG_BTF, REG_ALLOC)}},
	[ARG_KPTR] = {{REG_MAP_VALUE, FULL(REG_BTF, REG_ALLOC)}},
	[ARG_SOCKET] = {{SOCK_KINDS}},
	[ARG_SOCK_COMMON] = {{SOCK_KINDS}},
	[ARG_BTF_ID_SOCK_COMMON] = {{SOCK_KINDS, REG_BTF, FULL(REG_BTF, REG_TRUSTED)}},
	[ARG_BTF_ID] = {{REG_BTF, FULL(REG_BTF, REG_TRUSTED), FULL(REG_BTF, REG_RCU)}},
	[ARG_PERCPU_BTF_ID] = {{FULL(REG_BTF, REG_PERCPU), FULL(REG_BTF, REG_PERCPU | REG_RCU),
				FULL(REG_BTF, REG_PERCPU | REG_TRUSTED)}},
};

static int reject_type(struct walk *w, u32 reg, const struct wanted *want)
{
	struct env *env = w->env;

	log_printf(env->log, "R%u type=%s expected=", reg, reg_name(reg_full(reg_at(w, reg))).text);
	for (u32 i = 0; i < MAX_KINDS && want->full[i]; i++)
		log_printf(env->log, "%s%s", i ? ", " : "", reg_name(want->full[i]).text);
	log_printf(env->log, "\n");
	return -EACCES;
}

static int check_type(struct walk *w, u32 reg, u32 arg)
{
	const struct reg *r = reg_at(w, reg);
	const struct wanted *want = &wanted[ARG_KIND(arg)];
	u32 flags = r->flags;

	if (arg & ARG_RDONLY)
		flags &= ~(u32)REG_RDONLY;
	if (arg & ARG_MAYBE_NULL)
		flags &= ~(u32)REG_OR_NULL;
	for (u32 i = 0; i < MAX_KINDS && want->full[i]; i++)
		if (want->full[i] == FULL(r->type, flags))
			return r->type == REG_BTF ? not_yet(w, "kernel pointers as arguments") : 0;
	return reject_type(w, reg, want);
}

/* Pointers into objects of the kernel are passed as they came. */
int call_check_offset(struct walk *w, u32 reg, u32 arg)
{
	const struct reg *r = reg_at(w, reg);

	if (arg & ARG_RELEASE) {
		if (r->off)
			return reject(w->env, -EINVAL,
				      "R%u must have zero offset when passed to release func or "
				      "trusted arg to kfunc",
				      reg);
		return ctx_pointer(w, r, reg);
	}
	switch (r->type) {
	case REG_STACK:
	case REG_PACKET:
	case REG_PACKET_META:
	case REG_MAP_KEY:
	case REG_MAP_VALUE:
	case REG_MEM:
	case REG_BUF:
	case REG_ARENA:
	case REG_SCALAR:
		return 0;
	default:
		return ctx_pointer(w, r, reg);
	}
}

static int check_release(struct walk *w, struct call *c, u32 reg, u32 arg)
{
	const struct reg *r = reg_at(w, reg);

	if (arg & ARG_RELEASE) {
		if (!r->ref_id && !reg_is_null(r))
			return reject(w->env, -EINVAL,
				      "R%u must be referenced when passed to release function",
				      reg);
		c->release_reg = reg;
	}
	if (r->ref_id) {
		if (c->ref_id)
			return reject(w->env, -EACCES,
				      "more than one arg with ref_obj_id R%u %u %u", reg, r->ref_id,
				      c->ref_id);
		c->ref_id = r->ref_id;
	}
	return 0;
}

static int not_memory(struct walk *w, u32 reg, u32 size, int zero_ok)
{
	const struct reg *r = reg_at(w, reg);

	if (zero_ok && !size && reg_is_null(r))
		return 0;
	return reject(w->env, -EACCES, "R%u type=%s expected=fp", reg, reg_name(reg_full(r)).text);
}

int call_memory(struct walk *w, const struct call_mem *m)
{
	const struct reg *r = reg_at(w, m->reg);
	struct access a = {.pc = w->pc, .reg = m->reg, .size = m->size, .write = m->write};

	if (r->flags & REG_OR_NULL)
		return not_memory(w, m->reg, m->size, m->zero_ok);
	switch (r->type) {
	case REG_PACKET:
	case REG_PACKET_META:
		return region_packet(w, &a, m->zero_ok);
	case REG_MAP_KEY:
		if (m->write)
			break;
		return region_mem(w, &a, r->map->key_size, 0);
	case REG_MAP_VALUE:
		if (region_map_perm(w, &a))
			return -EACCES;
		return region_map(w, &a, m->zero_ok);
	case REG_MEM:
		if (m->write && r->flags & REG_RDONLY)
			break;
		return region_mem(w, &a, r->mem_size, m->zero_ok);
	case REG_STACK:
		return slots_arg(w, &(struct stack_arg){m->reg, r->off, m->size, m->write, m->raw,
							m->zero_ok});
	case REG_BTF:
	case REG_BUF:
		return not_yet(w, "kernel memory as an argument");
	default:
		return not_memory(w, m->reg, m->size, m->zero_ok);
	}
	return reject(w->env, -EACCES, "R%u cannot write into %s", m->reg,
		      reg_name(reg_full(r)).text);
}

static int writes(u32 arg)
{
	return !!(arg & (ARG_WRITE | ARG_UNINIT));
}

/* Lookups in arrays by a constant that is in range cannot fail. */
static int finds_constants(const struct map *map)
{
	return map->type == BPF_MAP_TYPE_ARRAY || map->type == BPF_MAP_TYPE_PERCPU_ARRAY;
}

static int check_key(struct walk *w, struct call *c, u32 reg)
{
	int err;

	err = call_memory(w, &(struct call_mem){.reg = reg, .size = c->map->key_size});
	if (err || !finds_constants(c->map))
		return err;
	c->key_known = (u8)slots_const(w, reg_at(w, reg), c->map->key_size, &c->key);
	return precise_now(w);
}

static int check_size(struct walk *w, struct call *c, u32 reg, int zero_ok)
{
	const struct reg *r = reg_at(w, reg);
	u32 before = c->helper->arg[reg - 2];
	int known = num_is_const(&r->num), err;

	c->size_max = r->num.umax;
	if (r->num.smin < 0)
		return reject(w->env, -EACCES,
			      "R%u min value is negative, either use unsigned or 'var &= const'",
			      reg);
	if (!r->num.umin && !zero_ok)
		return reject(w->env, -EACCES, "R%u invalid zero-sized read: u64=[%lld,%lld]", reg,
			      (ll)r->num.umin, (ll)r->num.umax);
	if (r->num.umax >= MAX_VAR_OFF)
		return reject(
			w->env, -EACCES,
			"R%u unbounded memory access, use 'var &= const' or 'if (var < const)'",
			reg);
	err = call_memory(w, &(struct call_mem){.reg = reg - 1,
						.size = (u32)r->num.umax,
						.write = (u8)writes(before),
						/* how much of it gets filled is not known */
						.raw = before & ARG_UNINIT && known,
						.zero_ok = (u8)zero_ok});
	return err ? err : precise_reg(w, reg);
}

static int check_fixed(struct walk *w, u32 reg, u32 arg)
{
	u32 size = ARG_DETAIL(arg);
	int err;

	err = call_memory(w, &(struct call_mem){.reg = reg,
						.size = size,
						.write = (u8)writes(arg),
						.raw = !!(arg & ARG_UNINIT)});
	if (err || !(arg & ARG_ALIGNED))
		return err;
	return mem_aligned(w, &(struct access){.reg = reg, .size = size, .strict = 1, .off = 0});
}

static int check_alloc_size(struct walk *w, struct call *c, u32 reg)
{
	const struct reg *r = reg_at(w, reg);

	if (!num_is_const(&r->num))
		return reject(w->env, -EACCES, "R%u is not a known constant'", reg);
	c->mem_size = r->num.var.value;
	return precise_reg(w, reg);
}

static int check_map_arg(struct walk *w, struct call *c, u32 reg)
{
	const struct reg *r = reg_at(w, reg);

	c->map = r->map;
	c->map_uid = r->map_uid;
	return 0;
}

/* What stands for constants in read-only maps: formats. */
static int check_string(struct walk *w, u32 reg)
{
	const struct reg *r = reg_at(w, reg);
	u64 addr;
	s64 off = (s64)r->off + (s64)r->num.var.value;
	int err;

	if (!(r->map->flags & BPF_F_RDONLY_PROG) ||
	    !atomic_load_explicit(&r->map->frozen, memory_order_acquire))
		return reject(w->env, -EACCES, "R%u does not point to a readonly map'", reg);
	if (!num_is_const(&r->num))
		return reject(w->env, -EACCES, "R%u is not a constant address'", reg);
	if (!r->map->ops->value_addr)
		return reject(w->env, -EACCES, "no direct value access support for this map type");
	err = region_map(w, &(struct access){.reg = reg, .size = r->map->value_size - (u32)off}, 0);
	if (err)
		return err;
	err = r->map->ops->value_addr(r->map, (u32)off, &addr);
	if (err)
		return reject(w->env, err, "direct value addr failed");
	if (!memchr(u64_to_ptr(addr), 0, r->map->value_size - (u32)off))
		return reject(w->env, -EINVAL, "string is not zero-terminated");
	return 0;
}

static int check_value(struct walk *w, struct call *c, u32 reg, u32 arg)
{
	if (arg & ARG_MAYBE_NULL && reg_is_null(reg_at(w, reg)))
		return 0;
	return call_memory(w, &(struct call_mem){.reg = reg,
						 .size = c->map->value_size,
						 .write = (u8)writes(arg),
						 .raw = !!(arg & ARG_UNINIT)});
}

static int check_meaning(struct walk *w, struct call *c, u32 reg, u32 arg)
{
	switch (ARG_KIND(arg)) {
	case ARG_CONST_MAP_PTR:
		return check_map_arg(w, c, reg);
	case ARG_MAP_KEY:
		return c->map ? check_key(w, c, reg) : -EACCES;
	case ARG_MAP_VALUE:
		return c->map ? check_value(w, c, reg, arg) : -EACCES;
	case ARG_FIXED_MEM:
		/* NULL: skipped where it may be */
		return reg_is_null(reg_at(w, reg)) ? 0 : check_fixed(w, reg, arg);
	case ARG_SIZE:
		return check_size(w, c, reg, 0);
	case ARG_SIZE_OR_ZERO:
		return check_size(w, c, reg, 1);
	case ARG_CONST_ALLOC_SIZE:
		return check_alloc_size(w, c, reg);
	case ARG_CONST_STR:
		return check_string(w, reg);
	case ARG_FUNC:
		c->callback = reg_at(w, reg)->subprog;
		return 0;
	case ARG_DYNPTR:
		return not_yet(w, "dynptrs");
	case ARG_TIMER:
		return not_yet(w, "timers");
	case ARG_SPIN_LOCK:
		return not_yet(w, "spin locks");
	case ARG_KPTR:
		return not_yet(w, "kernel pointers in maps");
	default:
		return 0;
	}
}

/* What goes into a map of sockets is a socket, and nothing else can be done there. */
static int resolve(struct walk *w, const struct call *c, u32 *arg)
{
	u32 type = c->map ? c->map->type : 0;

	if (ARG_KIND(*arg) != ARG_MAP_VALUE ||
	    (type != BPF_MAP_TYPE_SOCKMAP && type != BPF_MAP_TYPE_SOCKHASH))
		return 0;
	if (*arg != ARG_MAP_VALUE)
		return reject(w->env, -EINVAL, "invalid arg_type for sockmap/sockhash");
	*arg = ARG_BTF_ID_SOCK_COMMON;
	return 0;
}

static int check_arg(struct walk *w, struct call *c, u32 reg, u32 arg)
{
	const struct reg *r = reg_at(w, reg);
	int err = walk_read(w, reg);

	if (err || ARG_KIND(arg) == ARG_ANYTHING)
		return err;
	if (reg_is_packet(r) && !packet_allowed(w, 0, c->helper))
		return reject(w->env, -EACCES, "helper access to the packet is not allowed");
	err = resolve(w, c, &arg);
	if (err)
		return err;
	if (!(reg_is_null(r) && arg & ARG_MAYBE_NULL)) {
		err = check_type(w, reg, arg);
		if (!err)
			err = call_check_offset(w, reg, arg);
	}
	if (!err)
		err = check_release(w, c, reg, arg);
	return err ? err : check_meaning(w, c, reg, arg);
}

int call_check_args(struct walk *w, struct call *c)
{
	int err = 0;

	w->raw_size = 0;
	for (u32 i = 0; i < 5 && !err && ARG_KIND(c->helper->arg[i]) != ARG_NONE; i++)
		err = check_arg(w, c, i + 1, c->helper->arg[i]);
	return err;
}
