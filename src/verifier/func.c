/*
 * Functions by their BTF.  A global function is verified by itself: what it takes its prototype and
 * the tags of its arguments say, and callers bring it.
 */
#include <errno.h>

#include "btf/btf.h"
#include "verifier/call.h"

enum func_arg_kind { TAKES_NUMBER, TAKES_CTX, TAKES_MEM };

struct func_arg {
	u8 kind; /* enum func_arg_kind */
	u8 or_null;
	u32 size;
};

enum tag { TAG_CTX = 1, TAG_NONNULL = 2, TAG_NULLABLE = 4, TAG_LATER = 8 };

static const struct {
	const char *name;
	u8 tag;
} tags[] = {
	{"ctx", TAG_CTX},       {"nonnull", TAG_NONNULL}, {"nullable", TAG_NULLABLE},
	{"trusted", TAG_LATER}, {"untrusted", TAG_LATER}, {"arena", TAG_LATER},
};

/* What the context's struct is called in programs, by program type. */
static const struct {
	u32 type;
	const char *name;
} ctx_names[] = {
	{BPF_PROG_TYPE_SOCKET_FILTER, "__sk_buff"},
	{BPF_PROG_TYPE_SCHED_CLS, "__sk_buff"},
	{BPF_PROG_TYPE_SCHED_ACT, "__sk_buff"},
	{BPF_PROG_TYPE_XDP, "xdp_md"},
	{BPF_PROG_TYPE_CGROUP_SKB, "__sk_buff"},
	{BPF_PROG_TYPE_CGROUP_SOCK, "bpf_sock"},
	{BPF_PROG_TYPE_CGROUP_SOCK_ADDR, "bpf_sock_addr"},
	{BPF_PROG_TYPE_LWT_IN, "__sk_buff"},
	{BPF_PROG_TYPE_LWT_OUT, "__sk_buff"},
	{BPF_PROG_TYPE_LWT_XMIT, "__sk_buff"},
	{BPF_PROG_TYPE_LWT_SEG6LOCAL, "__sk_buff"},
	{BPF_PROG_TYPE_SOCK_OPS, "bpf_sock_ops"},
	{BPF_PROG_TYPE_SK_SKB, "__sk_buff"},
	{BPF_PROG_TYPE_SK_MSG, "sk_msg_md"},
	{BPF_PROG_TYPE_FLOW_DISSECTOR, "__sk_buff"},
	{BPF_PROG_TYPE_KPROBE, "bpf_user_pt_regs_t"},
	{BPF_PROG_TYPE_PERF_EVENT, "bpf_perf_event_data"},
	{BPF_PROG_TYPE_RAW_TRACEPOINT, "bpf_raw_tracepoint_args"},
	{BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE, "bpf_raw_tracepoint_args"},
	{BPF_PROG_TYPE_CGROUP_DEVICE, "bpf_cgroup_dev_ctx"},
	{BPF_PROG_TYPE_CGROUP_SYSCTL, "bpf_sysctl"},
	{BPF_PROG_TYPE_CGROUP_SOCKOPT, "bpf_sockopt"},
	{BPF_PROG_TYPE_SK_REUSEPORT, "sk_reuseport_md"},
	{BPF_PROG_TYPE_SK_LOOKUP, "bpf_sk_lookup"},
	{BPF_PROG_TYPE_NETFILTER, "bpf_nf_ctx"},
};

static const struct btf_type *func_type(const struct walk *w, u32 sub)
{
	const struct env *env = w->env;

	if (!env->nr_func_info || sub >= env->nr_func_info)
		return NULL;
	return btf_type_by_id(env->prog->btf, env->func_info[sub].type_id);
}

const char *func_name(const struct walk *w, u32 sub)
{
	const struct btf_type *t = func_type(w, sub);

	return t ? btf_name(w->env->prog->btf, t->name_off) : "";
}

/* The declaration tags, found in one go: most programs have none.  0 or -ENOMEM */
static int find_tags(struct walk *w)
{
	const struct btf *btf = w->env->prog->btf;

	if (!w->env->nr_func_info)
		return 0;
	for (u32 id = 1; id < btf->nr_types; id++)
		w->nr_tags += btf_kind(btf->types[id]) == BTF_KIND_DECL_TAG;
	if (!w->nr_tags)
		return 0;
	w->tags = arena_alloc(&w->env->arena, w->nr_tags * sizeof(*w->tags));
	if (!w->tags)
		return -ENOMEM;
	for (u32 id = 1, n = 0; id < btf->nr_types; id++)
		if (btf_kind(btf->types[id]) == BTF_KIND_DECL_TAG)
			w->tags[n++] = id;
	return 0;
}

/* Programs with an exception callback of their own. */
static int catches(const struct walk *w)
{
	static const char tag[] = "exception_callback:";
	const struct btf *btf = w->env->prog->btf;

	for (u32 i = 0; i < w->nr_tags; i++) {
		const struct btf_type *t = btf_type_by_id(btf, w->tags[i]);

		if (t->type == w->env->func_info[0].type_id &&
		    !strncmp(btf_name(btf, t->name_off), tag, sizeof(tag) - 1))
			return 1;
	}
	return 0;
}

int func_begin(struct walk *w)
{
	int err = find_tags(w);

	if (err)
		return err;
	if (catches(w))
		return not_yet(w, "exceptions");
	for (u32 i = 1; i < w->env->nr_subprogs; i++)
		w->func[i].is_global =
			w->env->nr_func_info && subprog_linkage(w->env, i) != BTF_FUNC_STATIC;
	return 0;
}

/* Of type `id`, past modifiers, is it the context's struct? */
static int is_ctx(const struct walk *w, u32 id)
{
	const struct btf *btf = w->env->prog->btf;
	const struct btf_type *t = btf_type_by_id(btf, id);
	const char *name = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(ctx_names); i++)
		if (ctx_names[i].type == w->env->prog->type->id)
			name = ctx_names[i].name;
	if (!name)
		return 0;
	while (t && (btf_kind(t) == BTF_KIND_CONST || btf_kind(t) == BTF_KIND_VOLATILE ||
		     btf_kind(t) == BTF_KIND_RESTRICT || btf_kind(t) == BTF_KIND_TYPE_TAG ||
		     (btf_kind(t) == BTF_KIND_TYPEDEF && strcmp(btf_name(btf, t->name_off), name))))
		t = btf_type_by_id(btf, t->type);
	return t && (btf_kind(t) == BTF_KIND_STRUCT || btf_kind(t) == BTF_KIND_TYPEDEF) &&
	       !strcmp(btf_name(btf, t->name_off), name);
}

static int tag_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(tags); i++)
		if (!strcmp(name, tags[i].name))
			return tags[i].tag;
	return -1;
}

/* All "arg:..." tags of a function's argument; -1 where one is unknown. */
static int tags_of(const struct walk *w, u32 func_id, u32 arg)
{
	const struct btf *btf = w->env->prog->btf;
	int set = 0;

	for (u32 i = 0; i < w->nr_tags && set >= 0; i++) {
		const struct btf_type *t = btf_type_by_id(btf, w->tags[i]);
		const char *name = btf_name(btf, t->name_off);
		int tag;

		if (t->type != func_id || strncmp(name, "arg:", 4) ||
		    ((const struct btf_decl_tag *)btf_tail(t))->component_idx != (s32)arg)
			continue;
		tag = tag_of(name + 4);
		set = tag < 0 ? -1 : set | tag;
	}
	return set;
}

static const char *kind_text(const struct btf_type *t)
{
	static const char *const names[] = {
		"UNKNOWN", "INT",     "PTR",      "ARRAY",    "STRUCT",   "UNION", "ENUM",
		"FWD",     "TYPEDEF", "VOLATILE", "CONST",    "RESTRICT", "FUNC",  "FUNC_PROTO",
		"VAR",     "DATASEC", "FLOAT",    "DECL_TAG", "TYPE_TAG", "ENUM64"};

	return btf_kind(t) < ARRAY_SIZE(names) ? names[btf_kind(t)] : "UNKNOWN";
}

static int is_number(const struct btf_type *t)
{
	return t && (btf_kind(t) == BTF_KIND_INT || btf_kind(t) == BTF_KIND_ENUM ||
		     btf_kind(t) == BTF_KIND_ENUM64);
}

static int take_memory(struct walk *w, u32 i, u32 id, int set, struct func_arg *arg)
{
	const struct btf *btf = w->env->prog->btf;
	const struct btf_type *t = btf_skip_modifiers(btf, id, NULL);

	if (set & TAG_NULLABLE)
		return reject(w->env, -EINVAL, "arg#%u has invalid combination of tags", i);
	if (!t || !btf_type_size(btf, id, &arg->size))
		return reject(w->env, -EINVAL,
			      "arg#%u reference type('%s %s') size cannot be determined: %d", i,
			      t ? kind_text(t) : "UNKNOWN", t ? btf_name(btf, t->name_off) : "",
			      -EINVAL);
	arg->kind = TAKES_MEM;
	arg->or_null = !(set & TAG_NONNULL);
	return 0;
}

static int is_named(const struct walk *w, u32 id, const char *name)
{
	const struct btf *btf = w->env->prog->btf;
	const struct btf_type *t = btf_skip_modifiers(btf, id, NULL);

	return t && !strcmp(btf_name(btf, t->name_off), name);
}

static int take_pointer(struct walk *w, u32 sub, u32 i, u32 id, int set)
{
	struct func_arg *arg = &w->func[sub].arg[i];

	if (set & TAG_LATER)
		return sub ? not_yet(w, "arguments that are kernel pointers") : -ENOTSUPP;
	if (set & TAG_CTX || is_ctx(w, id)) {
		if (set & ~TAG_CTX)
			return reject(w->env, -EINVAL, "arg#%u has invalid combination of tags", i);
		arg->kind = TAKES_CTX;
		return 0;
	}
	if (is_named(w, id, "bpf_dynptr"))
		return sub ? not_yet(w, "dynptrs") : -ENOTSUPP;
	return take_memory(w, i, id, set, arg);
}

static int take_arg(struct walk *w, u32 sub, u32 i, u32 type)
{
	const struct btf *btf = w->env->prog->btf;
	const struct btf_type *t = btf_skip_modifiers(btf, type, NULL);
	struct func_arg *arg = &w->func[sub].arg[i];
	int set = tags_of(w, w->env->func_info[sub].type_id, i);

	if (set < 0)
		return reject(w->env, -EOPNOTSUPP, "arg#%u has unsupported set of tags", i);
	if (t && btf_kind(t) == BTF_KIND_PTR)
		return take_pointer(w, sub, i, t->type, set);
	if (set)
		return reject(w->env, -EINVAL, "arg#%u has pointer tag, but is not a pointer type",
			      i);
	arg->kind = TAKES_NUMBER;
	if (is_number(t))
		return 0;
	return reject(w->env, -EINVAL, "Arg#%u type %s in %s() is not supported yet.", i,
		      t ? kind_text(t) : "UNKNOWN", func_name(w, sub));
}

static int check_proto(struct walk *w, u32 sub, const struct btf_type *proto)
{
	const char *name = func_name(w, sub);
	const struct btf_type *ret = btf_skip_modifiers(w->env->prog->btf, proto->type, NULL);

	if (btf_vlen(proto) > 5)
		return reject(w->env, -EINVAL,
			      "Global function %s() with %u > 5 args. Buggy compiler.", name,
			      btf_vlen(proto));
	if (!is_number(ret))
		return reject(
			w->env, -EINVAL,
			"Global function %s() doesn't return scalar. Only those are supported.",
			name);
	return 0;
}

int func_prepare(struct walk *w, u32 sub)
{
	const struct btf_type *t = func_type(w, sub), *proto;
	struct func *f = &w->func[sub];
	int err;

	if (f->args_ready)
		return 0;
	proto = t ? btf_type_by_id(w->env->prog->btf, t->type) : NULL;
	if (!proto)
		return -EINVAL;
	err = check_proto(w, sub, proto);
	if (err)
		return err;
	f->arg = arena_alloc(&w->env->arena, 5 * sizeof(*f->arg));
	if (!f->arg)
		return -ENOMEM;
	for (u32 i = 0; i < btf_vlen(proto) && !err; i++)
		err = take_arg(w, sub, i, btf_params(proto)[i].type);
	f->arg_count = (u8)btf_vlen(proto);
	f->args_ready = !err;
	return err;
}

/* As much memory as the function may touch, readable and writable; NULL where it may be. */
static int check_mem(struct walk *w, u32 reg, const struct func_arg *arg)
{
	struct reg *r = reg_at(w, reg), saved = *r;
	struct call_mem m = {.reg = reg, .size = arg->size, .zero_ok = 1};
	int err;

	if (reg_is_null(r))
		return 0;
	if (r->flags & REG_OR_NULL)
		null_checked(r);
	err = call_memory(w, &m);
	m.write = 1;
	if (!err)
		err = call_memory(w, &m);
	*reg_at(w, reg) = saved;
	return err ? -EINVAL : 0;
}

static int check_arg(struct walk *w, u32 i, const struct func_arg *arg)
{
	const struct reg *r = reg_at(w, i + 1);
	int err;

	if (arg->kind == TAKES_NUMBER) {
		if (reg_is_scalar(r))
			return 0;
		return reject(w->env, -EINVAL, "R%u is not a scalar", i + 1);
	}
	err = call_check_offset(w, i + 1, 0);
	if (err)
		return err;
	if (arg->kind == TAKES_CTX) {
		if (r->type == REG_CTX)
			return 0;
		return reject(w->env, -EINVAL, "arg#%u expects pointer to ctx", i);
	}
	err = check_mem(w, i + 1, arg);
	if (!err && !arg->or_null && r->flags & REG_OR_NULL)
		err = reject(w->env, -EINVAL, "arg#%u is expected to be non-NULL", i);
	return err;
}

int func_check_args(struct walk *w, u32 sub)
{
	int err = func_prepare(w, sub);

	for (u32 i = 0; i < w->func[sub].arg_count && !err; i++)
		err = check_arg(w, i, &w->func[sub].arg[i]);
	return err;
}

static void set_arg(struct walk *w, struct reg *r, const struct func_arg *arg)
{
	if (arg->kind == TAKES_NUMBER) {
		reg_set_unknown(r);
	} else if (arg->kind == TAKES_CTX) {
		reg_set_pointer(r, REG_CTX);
	} else {
		reg_set_pointer(r, FULL(REG_MEM, arg->or_null ? REG_OR_NULL : 0));
		r->mem_size = arg->size;
		if (arg->or_null)
			r->id = ++w->ids;
	}
}

int func_set_args(struct walk *w, u32 sub, struct reg *regs)
{
	int err = 0;

	if (sub) {
		err = func_prepare(w, sub);
	} else {
		/* what is odd about main's prototype is said, but does not matter */
		if (w->env->nr_func_info)
			func_prepare(w, 0);
		reg_set_pointer(&regs[1], REG_CTX);
	}
	for (u32 i = 0; sub && i < w->func[sub].arg_count && !err; i++)
		set_arg(w, &regs[i + 1], &w->func[sub].arg[i]);
	return err;
}
