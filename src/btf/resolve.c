/*
 * Phase two: follow what types refer to.  An explicit stack of at most 32 types takes the place of
 * recursion; a type that is met again while it is on the stack closes a loop.
 *
 * A pointer ends what has to be known of a struct's size, so structs may refer to themselves
 * through pointers: which kinds resolving may stop at (sinks) depends on where it started.
 */
#include <errno.h>

#include "btf/internal.h"

#define REJECT(env, t, ...) (log_type(env, t, __VA_ARGS__), -EINVAL)

static int needs_resolve(const struct btf_type *t)
{
	return kind_is(t, KIND_RESOLVE);
}

static int is_resolved(const struct env *env, u32 id)
{
	return env->visit[id] == RESOLVED;
}

static int is_sink(const struct env *env, const struct btf_type *t)
{
	switch (env->mode) {
	case RESOLVE_TBD:
		return !needs_resolve(t);
	case RESOLVE_PTR:
		return !kind_is(t, KIND_MODIFIERS | K(PTR));
	default:
		return !kind_is(t, KIND_MODIFIERS | K(ARRAY) | KIND_STRUCTS);
	}
}

/* Does this type have to be resolved before the one that refers to it? */
static int pending(const struct env *env, const struct btf_type *t, u32 id)
{
	return !is_sink(env, t) && !is_resolved(env, id);
}

static int push(struct env *env, const struct btf_type *t, u32 id)
{
	if (env->depth == RESOLVE_DEPTH_MAX)
		return -E2BIG;
	if (env->visit[id] != NOT_VISITED)
		return -EEXIST;
	env->visit[id] = VISITED;
	env->stack[env->depth++] = (struct vertex){t, id, 0};
	if (env->mode == RESOLVE_TBD) {
		if (kind_is(t, K(PTR)))
			env->mode = RESOLVE_PTR;
		else if (kind_is(t, KIND_STRUCTS | K(ARRAY)))
			env->mode = RESOLVE_STRUCT_OR_ARRAY;
	}
	return 0;
}

static int pop_resolved(struct env *env, u32 resolved, u32 size)
{
	u32 id = env->stack[--env->depth].id;

	env->btf->resolved[id] = resolved;
	env->btf->sizes[id] = size;
	env->visit[id] = RESOLVED;
	return 0;
}

/* What a resolved type comes down to. */
static const struct btf_type *follow(const struct env *env, u32 *id)
{
	*id = env->btf->resolved[*id];
	return type_at(env->btf, *id);
}

/* What pointers and modifiers may refer to, size or none. */
static int may_be_sizeless(const struct btf_type *t)
{
	return kind_is(t, K(UNKN) | K(FWD) | K(FUNC_PROTO));
}

static int refers_to_nothing(const struct btf_type *t)
{
	return !t || kind_is(t, KIND_SOURCES);
}

/*
 * A modifier that was resolved on the way through a struct may have stopped at a pointer that is
 * not resolved itself.  1: that pointer is on the stack now.
 */
static int push_pointer_behind(struct env *env, const struct btf_type *t, u32 id, int *err)
{
	const struct btf_type *behind;

	if (!kind_is(t, KIND_MODIFIERS))
		return 0;
	behind = follow(env, &id);
	if (!kind_is(behind, K(PTR)) || !pending(env, behind, id))
		return 0;
	*err = push(env, behind, id);
	return 1;
}

static int finish_reference(struct env *env, const struct vertex *v, u32 id)
{
	const struct btf_type *t = type_at(env->btf, id);

	if (!sized_type(env->btf, &id, NULL)) {
		if (is_resolved(env, id))
			t = follow(env, &id);
		if (!may_be_sizeless(t))
			return REJECT(env, v->t, "Invalid type_id");
	}
	return pop_resolved(env, id, 0);
}

static int resolve_modifier(struct env *env, struct vertex *v)
{
	u32 id = v->t->type;
	const struct btf_type *t = type_at(env->btf, id);

	if (refers_to_nothing(t))
		return REJECT(env, v->t, "Invalid type_id");
	if (pending(env, t, id))
		return push(env, t, id);
	return finish_reference(env, v, id);
}

static int resolve_ptr(struct env *env, struct vertex *v)
{
	u32 id = v->t->type;
	const struct btf_type *t = type_at(env->btf, id);
	int err = 0;

	if (refers_to_nothing(t))
		return REJECT(env, v->t, "Invalid type_id");
	if (pending(env, t, id))
		return push(env, t, id);
	if (push_pointer_behind(env, t, id, &err))
		return err;
	return finish_reference(env, v, id);
}

static int resolve_var(struct env *env, struct vertex *v)
{
	u32 id = v->t->type, size = 0;
	const struct btf_type *t = type_at(env->btf, id);
	int err = 0;

	if (refers_to_nothing(t))
		return REJECT(env, v->t, "Invalid type_id");
	if (pending(env, t, id))
		return push(env, t, id);
	if (push_pointer_behind(env, t, id, &err))
		return err;
	if (!sized_type(env->btf, &id, &size))
		return REJECT(env, v->t, "Invalid type_id");
	return pop_resolved(env, id, size);
}

static int sizeless_or_source(const struct btf_type *t)
{
	return !t || kind_is(t, KIND_SIZELESS | KIND_SOURCES);
}

static int resolve_array(struct env *env, struct vertex *v)
{
	const struct btf_array *a = btf_tail(v->t);
	u32 index_id = a->index_type, elem_id = a->type, elem_size = 0;
	const struct btf_type *index = type_at(env->btf, index_id), *elem;

	if (sizeless_or_source(index))
		return REJECT(env, v->t, "Invalid index");
	if (pending(env, index, index_id))
		return push(env, index, index_id);
	index = sized_type(env->btf, &index_id, NULL);
	if (!kind_is(index, K(INT)) || !int_is_regular(index))
		return REJECT(env, v->t, "Invalid index");

	elem = type_at(env->btf, elem_id);
	if (sizeless_or_source(elem))
		return REJECT(env, v->t, "Invalid elem");
	if (pending(env, elem, elem_id))
		return push(env, elem, elem_id);
	elem = sized_type(env->btf, &elem_id, &elem_size);
	if (!elem)
		return REJECT(env, v->t, "Invalid elem");
	if (kind_is(elem, K(INT)) && !int_is_regular(elem))
		return REJECT(env, v->t, "Invalid array of int");
	if ((u64)elem_size * a->nelems > UINT32_MAX)
		return REJECT(env, v->t, "Array size overflows U32_MAX");
	return pop_resolved(env, elem_id, elem_size * a->nelems);
}

static int resolve_struct(struct env *env, struct vertex *v)
{
	const struct btf_member *m = btf_members(v->t);
	int err;

	/* The member that we left off at is resolved now. */
	if (v->next_member) {
		err = check_member(env, v->t, &m[v->next_member - 1]);
		if (err)
			return err;
	}
	for (u32 i = v->next_member; i < btf_vlen(v->t); i++) {
		const struct btf_type *t = type_at(env->btf, m[i].type);

		if (sizeless_or_source(t)) {
			log_member(env, v->t, &m[i], "Invalid member");
			return -EINVAL;
		}
		if (pending(env, t, m[i].type)) {
			v->next_member = i + 1;
			return push(env, t, m[i].type);
		}
		err = check_member(env, v->t, &m[i]);
		if (err)
			return err;
	}
	return pop_resolved(env, 0, 0);
}

static int resolve_datasec(struct env *env, struct vertex *v)
{
	const struct btf_var_secinfo *s = btf_tail(v->t);

	/* each variable starts afresh */
	env->mode = RESOLVE_TBD;
	for (u32 i = v->next_member; i < btf_vlen(v->t); i++) {
		const struct btf_type *var = type_at(env->btf, s[i].type);
		u32 id, size = 0;

		if (!kind_is(var, K(VAR))) {
			log_secinfo(env, v->t, &s[i], "Not a VAR kind member");
			return -EINVAL;
		}
		if (pending(env, var, s[i].type)) {
			v->next_member = i + 1;
			return push(env, var, s[i].type);
		}
		id = var->type;
		if (!sized_type(env->btf, &id, &size)) {
			log_secinfo(env, v->t, &s[i], "Invalid type");
			return -EINVAL;
		}
		if (s[i].size < size) {
			log_secinfo(env, v->t, &s[i], "Invalid size");
			return -EINVAL;
		}
	}
	return pop_resolved(env, 0, 0);
}

static int resolve_func(struct env *env, struct vertex *v)
{
	const struct btf_type *proto = type_at(env->btf, v->t->type);

	if (!kind_is(proto, K(FUNC_PROTO)))
		return REJECT(env, v->t, "Invalid type_id");
	for (u32 i = 0; i < btf_vlen(proto); i++)
		if (!btf_params(proto)[i].name_off && btf_params(proto)[i].type)
			return REJECT(env, v->t, "Invalid arg#%u", i + 1);
	return pop_resolved(env, v->t->type, 0);
}

/* How many components a tag may choose from. */
static u32 components_of(const struct env *env, const struct btf_type *t)
{
	return kind_is(t, K(FUNC)) ? btf_vlen(type_at(env->btf, t->type)) : btf_vlen(t);
}

static int resolve_decl_tag(struct env *env, struct vertex *v)
{
	const struct btf_decl_tag *d = btf_tail(v->t);
	u32 id = v->t->type;
	const struct btf_type *t = type_at(env->btf, id);

	if (!kind_is(t, K(FUNC) | KIND_STRUCTS | K(VAR) | K(TYPEDEF)))
		return REJECT(env, v->t, "Invalid type_id");
	if (pending(env, t, id))
		return push(env, t, id);
	if (d->component_idx != -1 &&
	    (kind_is(t, K(VAR) | K(TYPEDEF)) || (u32)d->component_idx >= components_of(env, t)))
		return REJECT(env, v->t, "Invalid component_idx");
	return pop_resolved(env, id, 0);
}

typedef int (*resolve_fn)(struct env *env, struct vertex *v);

static const resolve_fn resolvers[KINDS] = {
	[BTF_KIND_PTR] = resolve_ptr,           [BTF_KIND_ARRAY] = resolve_array,
	[BTF_KIND_STRUCT] = resolve_struct,     [BTF_KIND_UNION] = resolve_struct,
	[BTF_KIND_TYPEDEF] = resolve_modifier,  [BTF_KIND_VOLATILE] = resolve_modifier,
	[BTF_KIND_CONST] = resolve_modifier,    [BTF_KIND_RESTRICT] = resolve_modifier,
	[BTF_KIND_FUNC] = resolve_func,         [BTF_KIND_VAR] = resolve_var,
	[BTF_KIND_DATASEC] = resolve_datasec,   [BTF_KIND_DECL_TAG] = resolve_decl_tag,
	[BTF_KIND_TYPE_TAG] = resolve_modifier,
};

/* Resolve one type and all it needs. */
static int resolve_one(struct env *env, const struct btf_type *t, u32 id)
{
	u32 outer = env->id;
	int err;

	env->mode = RESOLVE_TBD;
	env->depth = 0;
	err = push(env, t, id);
	while (!err && env->depth) {
		struct vertex *v = &env->stack[env->depth - 1];

		env->id = v->id;
		/* What has nothing to resolve is on the stack only where a kind above demands it.
		 */
		err = resolvers[btf_kind(v->t)] ? resolvers[btf_kind(v->t)](env, v) : -EINVAL;
	}
	env->id = id;
	if (err == -E2BIG)
		log_type(env, t, "Exceeded max resolving depth:%u", RESOLVE_DEPTH_MAX);
	else if (err == -EEXIST)
		log_type(env, t, "Loop detected");
	env->id = outer;
	return err;
}

static int resolve_if_needed(struct env *env, const struct btf_type *t, u32 id)
{
	return needs_resolve(t) && !is_resolved(env, id) ? resolve_one(env, t, id) : 0;
}

/* A return type or an argument: a type with a size, and a name that can be one. */
static int check_proto_type(struct env *env, u32 id, int *bad)
{
	const struct btf_type *t = type_at(env->btf, id);
	int err;

	*bad = refers_to_nothing(t);
	if (*bad)
		return 0;
	err = resolve_if_needed(env, t, id);
	if (!err)
		*bad = !sized_type(env->btf, &id, NULL);
	return err;
}

static int check_param(struct env *env, const struct btf_type *proto, u32 i)
{
	const struct btf_param *p = &btf_params(proto)[i];
	int bad = p->name_off && (!name_off_valid(env->btf, p->name_off) ||
				  !name_is_identifier(env->btf, p->name_off));
	int err = 0;

	if (!bad)
		err = check_proto_type(env, p->type, &bad);
	return bad ? REJECT(env, proto, "Invalid arg#%u", i + 1) : err;
}

static int check_proto(struct env *env, const struct btf_type *t)
{
	const struct btf_param *p = btf_params(t);
	u32 n = btf_vlen(t);
	int bad = 0, err = 0;

	if (t->type)
		err = check_proto_type(env, t->type, &bad);
	if (bad)
		return REJECT(env, t, "Invalid return type");
	if (err || !n)
		return err;
	if (!p[n - 1].type) { /* "..." */
		if (p[n - 1].name_off)
			return REJECT(env, t, "Invalid arg#%u", n);
		n--;
	}
	for (u32 i = 0; !err && i < n; i++)
		err = check_param(env, t, i);
	return err;
}

/* Type tags come before all other modifiers, and a chain of modifiers ends. */
static int check_tags(struct env *env)
{
	for (u32 i = 1; i < env->btf->nr_types; i++) {
		const struct btf_type *t = env->btf->types[i];
		int in_tags = kind_is(t, K(TYPE_TAG));

		for (u32 left = RESOLVE_DEPTH_MAX; kind_is(t, KIND_MODIFIERS);
		     t = type_at(env->btf, t->type)) {
			if (!left--) {
				env_log(env, "Max chain length or cycle detected");
				return -ELOOP;
			}
			if (!kind_is(t, K(TYPE_TAG))) {
				in_tags = 0;
			} else if (!in_tags) {
				env_log(env, "Type tags don't precede modifiers");
				return -EINVAL;
			}
		}
	}
	return 0;
}

int resolve_all(struct env *env)
{
	for (u32 id = 1; id < env->btf->nr_types; id++) {
		const struct btf_type *t = env->btf->types[id];
		int err;

		env->id = id;
		err = resolve_if_needed(env, t, id);
		if (!err && kind_is(t, K(FUNC_PROTO)))
			err = check_proto(env, t);
		if (err)
			return err;
	}
	return check_tags(env);
}
