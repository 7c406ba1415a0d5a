/*
 * Arguments of helpers.  One row an argument kind: the kinds of values that can be one, and how
 * Linux lists them when none of the paths brings one.
 */
#include "verifier/kinds/args.h"

#include <errno.h>

#define MEM_TEXT "fp, pkt, pkt_meta, map_key, map_value, mem, ringbuf_mem, buf, trusted_ptr_"
#define SOCK_TEXT "sock_common, sock, tcp_sock, xdp_sock"

enum { ANY_MEM = K_STACK | K_PACKET | K_MAP_VALUE | K_OTHER };

static const struct {
	u16 kinds; /* 0: anything that was written */
	const char *text;
} wanted[] = {
	[ARG_CONST_MAP_PTR] = {K_MAP_PTR, "map_ptr"},
	[ARG_MAP_KEY] = {ANY_MEM, MEM_TEXT},
	[ARG_MAP_VALUE] = {ANY_MEM, MEM_TEXT},
	[ARG_MEM] = {ANY_MEM, MEM_TEXT},
	[ARG_FIXED_MEM] = {ANY_MEM, MEM_TEXT},
	[ARG_SIZE] = {K_SCALAR, "scalar"},
	[ARG_SIZE_OR_ZERO] = {K_SCALAR, "scalar"},
	[ARG_CTX] = {K_CTX, "ctx"},
	[ARG_CONST_ALLOC_SIZE] = {K_SCALAR, "scalar"},
	[ARG_RINGBUF_MEM] = {K_OTHER, "ringbuf_mem"},
	[ARG_DYNPTR] = {K_STACK | K_OTHER, "fp, dynptr_ptr"},
	[ARG_FUNC] = {K_FUNC, "func"},
	[ARG_STACK] = {K_STACK, "fp"},
	[ARG_CONST_STR] = {K_MAP_VALUE, "map_value"},
	[ARG_TIMER] = {K_MAP_VALUE, "map_value"},
	[ARG_SPIN_LOCK] = {K_MAP_VALUE | K_OTHER, "map_value, ptr_"},
	[ARG_KPTR] = {K_MAP_VALUE | K_OTHER, "map_value, ptr_"},
	[ARG_SOCKET] = {K_OTHER, SOCK_TEXT},
	[ARG_SOCK_COMMON] = {K_OTHER, SOCK_TEXT},
	[ARG_BTF_ID_SOCK_COMMON] = {K_OTHER, SOCK_TEXT ", ptr_, trusted_ptr_"},
	[ARG_BTF_ID] = {K_OTHER, "ptr_, trusted_ptr_, rcu_ptr_"},
	[ARG_PERCPU_BTF_ID] = {K_OTHER, "percpu_ptr_, percpu_rcu_ptr_, percpu_trusted_ptr_"},
};

/*
 * These the engines and helpers use as they are, without a bound to check them against: no path may
 * bring anything else.
 */
static int has_to_be_exact(u32 kind)
{
	return kind == ARG_CONST_MAP_PTR || kind == ARG_CTX || kind == ARG_FUNC;
}

static int is_null(const struct val *v)
{
	return val_is_const(v) && !v->value;
}

static int check_kind(struct flow *f, u32 reg, u32 arg)
{
	const struct val *v = reg_of(f, reg);
	u32 kind = ARG_KIND(arg);
	u16 kinds = wanted[kind].kinds;

	if (!v->kinds)
		return reject(f->env, -EACCES, "R%u !read_ok", reg);
	if (!kinds || (arg & ARG_MAYBE_NULL && is_null(v)))
		return 0;
	if (!(v->kinds & kinds) && (has_to_be_exact(kind) || !(v->kinds & K_UNKNOWN)))
		return reject(f->env, -EACCES, "R%u type=%s expected=%s", reg, val_name(v),
			      wanted[kind].text);
	if (has_to_be_exact(kind) && v->kinds & (u16)~kinds)
		return reject(f->env, -ENOTSUPP,
			      "R%u is %s on some paths only: skep cannot tell them apart yet", reg,
			      wanted[kind].text);
	return 0;
}

/* A context is passed on whole. */
static int check_offset(struct flow *f, u32 reg, u32 arg)
{
	const struct val *v = reg_of(f, reg);

	if (ARG_KIND(arg) != ARG_CTX || !val_is(v, K_CTX))
		return 0;
	if (v->known != KNOWN_ALL)
		return reject(f->env, -EACCES, "variable ctx access R%u disallowed", reg);
	if ((s64)v->value < 0)
		return reject(f->env, -EACCES, "negative offset ctx ptr R%u off=%lld disallowed",
			      reg, (long long)v->value);
	if (v->value)
		return reject(f->env, -EACCES,
			      "dereference of modified ctx ptr R%u off=%lld disallowed", reg,
			      (long long)v->value);
	return 0;
}

/* Maps without keys, or values, leave nothing that could be passed. */
static int check_map_mem(struct flow *f, const struct helper *helper, u32 arg)
{
	u32 map_arg = args_find(helper, ARG_CONST_MAP_PTR), kind = ARG_KIND(arg);
	const struct map *map = map_arg ? map_of_val(f, reg_of(f, map_arg)) : NULL;

	if (map && ((kind == ARG_MAP_KEY && !map->key_size) ||
		    (kind == ARG_MAP_VALUE && !map->value_size)))
		return reject(f->env, -EACCES, "invalid zero-sized read");
	return 0;
}

/* How many bytes argument i is about: 0 when only a run can tell. */
static u32 size_of(struct flow *f, const struct helper *helper, u32 i)
{
	u32 kind = ARG_KIND(helper->arg[i]);
	const struct val *next = i < 4 ? reg_of(f, i + 2) : NULL;

	if (kind == ARG_FIXED_MEM)
		return ARG_DETAIL(helper->arg[i]);
	if (kind == ARG_MEM && next && val_is_const(next) && next->value <= MAX_BPF_STACK)
		return (u32)next->value;
	return 0;
}

static int only_reads(u32 arg)
{
	u32 kind = ARG_KIND(arg);

	if (arg & (ARG_UNINIT | ARG_WRITE))
		return 0;
	return kind == ARG_MAP_KEY || kind == ARG_MAP_VALUE || arg & ARG_RDONLY;
}

/* Nothing lies below the stack. */
static int check_below_stack(struct flow *f, const struct helper *helper, u32 i)
{
	const struct val *v = reg_of(f, i + 1);

	if (!val_is(v, K_STACK) || v->known != KNOWN_ALL || (s64)v->value >= -MAX_BPF_STACK ||
	    ARG_KIND(helper->arg[i]) == ARG_ANYTHING)
		return 0;
	return reject(f->env, -EACCES, "invalid %s stack R%u off=%lld size=%u",
		      only_reads(helper->arg[i]) ? "read from" : "write to", i + 1,
		      (long long)v->value, size_of(f, helper, i));
}

int args_check(struct flow *f, const struct helper *helper)
{
	int err = 0;

	for (u32 i = 0; i < 5 && !err && ARG_KIND(helper->arg[i]) != ARG_NONE; i++) {
		err = check_kind(f, i + 1, helper->arg[i]);
		if (!err)
			err = check_offset(f, i + 1, helper->arg[i]);
		if (!err)
			err = check_map_mem(f, helper, helper->arg[i]);
		if (!err)
			err = check_below_stack(f, helper, i);
		if (!err && reg_of(f, i + 1)->kinds & K_STACK)
			kinds_stack_reach(f, reg_of(f, i + 1), 0);
	}
	return err;
}

void args_clobber(struct flow *f, const struct helper *helper)
{
	for (u32 i = 0; i < 5 && ARG_KIND(helper->arg[i]) != ARG_NONE; i++) {
		const struct val *v = reg_of(f, i + 1);

		if (v->kinds & K_STACK && !only_reads(helper->arg[i]) &&
		    ARG_KIND(helper->arg[i]) != ARG_ANYTHING &&
		    ARG_KIND(helper->arg[i]) != ARG_STACK)
			kinds_stack_clobber(f, v, size_of(f, helper, i));
	}
}

u32 args_find(const struct helper *helper, u32 kind)
{
	for (u32 i = 0; i < 5; i++)
		if (ARG_KIND(helper->arg[i]) == kind)
			return i + 1;
	return 0;
}
