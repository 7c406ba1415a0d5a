/*
 * Calls of kernel functions: (BTF, type id) -> name -> row of helper/.  The ids are the host's,
 * because that is the BTF libbpf resolves them against.
 */
#include <errno.h>

#include "btf/btf.h"
#include "verifier/maps.h"

enum { MAX_KFUNCS = 256 };

struct kfunc_ref {
	s32 id;
	s16 off; /* 0: the kernel's BTF, else an index of fd_array */
	const struct kfunc *row;
};

static const struct kfunc_ref *find(const struct env *env, const struct bpf_insn *insn)
{
	for (u32 i = 0; i < env->nr_kfuncs; i++)
		if (env->kfuncs[i].id == insn->imm && env->kfuncs[i].off == insn->off)
			return &env->kfuncs[i];
	return NULL;
}

const struct kfunc *kfunc_called(const struct env *env, const struct bpf_insn *insn)
{
	const struct kfunc_ref *ref = find(env, insn);

	return ref ? ref->row : NULL;
}

/* The module's types behind fd_array[off], with a reference. */
static int module_btf(struct env *env, s16 off, struct btf **out)
{
	struct obj *obj;
	int fd = -1, err;

	if (off < 0)
		return reject(env, -EINVAL,
			      "negative offset disallowed for kernel module function call");
	if (!env->attr->fd_array)
		return reject(env, -EPROTO, "kfunc offset > 0 without fd_array is invalid");
	err = maps_read_fd_array(env, (u32)off, &fd);
	if (err)
		return err;
	err = env->skep->fd_get(env->skep, fd, OBJ_BTF, &obj);
	if (err)
		return reject(env, err, "invalid module BTF object FD specified");
	*out = btf_of(obj);
	return 0;
}

static int row_of(struct env *env, const struct btf *btf, u32 id, const struct kfunc **row)
{
	const struct btf_type *t = btf_type_by_id(btf, id);
	const char *name;

	if (!t || btf_kind(t) != BTF_KIND_FUNC)
		return reject(env, -EINVAL, "kernel btf_id %u is not a function", id);
	name = btf_name(btf, t->name_off);
	*row = kfunc_by_name(name);
	if (!*row)
		return reject(env, -EACCES, "calling kernel function %s is not allowed", name);
	return 0;
}

static int resolve(struct env *env, const struct bpf_insn *insn, const struct kfunc **row)
{
	struct btf *btf = btf_kernel(env->skep);
	int err;

	if (!insn->off)
		return row_of(env, btf, (u32)insn->imm, row);
	err = module_btf(env, insn->off, &btf);
	if (err)
		return err;
	err = row_of(env, btf, (u32)insn->imm, row);
	obj_put(&btf->obj);
	return err;
}

static int check_possible(struct env *env)
{
	if (!btf_kernel(env->skep))
		return reject(env, -ENOTSUPP,
			      "calling kernel function is not supported without "
			      "CONFIG_DEBUG_INFO_BTF");
	if (!env->prog->gpl)
		return reject(env, -EINVAL,
			      "cannot call kernel function from non-GPL compatible program");
	return 0;
}

int kfunc_add(struct env *env, const struct bpf_insn *insn)
{
	const struct kfunc *row = NULL;
	int err;

	if (find(env, insn))
		return 0;
	if (!env->kfuncs)
		env->kfuncs = arena_alloc(&env->arena, MAX_KFUNCS * sizeof(*env->kfuncs));
	if (!env->kfuncs)
		return -ENOMEM;
	err = check_possible(env);
	/* what libbpf makes of a weak kfunc that is not there: an error only when it is reached */
	if (err || (!insn->imm && !insn->off))
		return err;
	if (env->nr_kfuncs == MAX_KFUNCS)
		return reject(env, -E2BIG, "too many different kernel function calls");
	err = resolve(env, insn, &row);
	if (!err && row->flags & KF_DEVICE_BOUND &&
	    !(env->prog->prog_flags & BPF_F_XDP_DEV_BOUND_ONLY))
		err = reject(env, -EINVAL, "metadata kfuncs require device-bound program");
	if (!err)
		env->kfuncs[env->nr_kfuncs++] = (struct kfunc_ref){insn->imm, insn->off, row};
	return err;
}
