/* Loads by LD: constants, maps, functions; and classic BPF's loads from packets. */
#include <errno.h>

#include "btf/btf.h"
#include "verifier/walk.h"

int check_ld_abs_type(struct env *env)
{
	u32 type = env->prog->type->id;

	if (type == BPF_PROG_TYPE_SOCKET_FILTER || type == BPF_PROG_TYPE_SCHED_CLS ||
	    type == BPF_PROG_TYPE_SCHED_ACT)
		return 0;
	return reject(env, -EINVAL,
		      "BPF_LD_[ABS|IND] instructions not allowed for this program type");
}

int do_ld_abs(struct walk *w, const struct bpf_insn *insn)
{
	enum { CTX = 6 };
	int err = walk_read(w, CTX);

	if (!err)
		err = leak_check(w, 1, "BPF_LD_[ABS|IND]");
	if (err)
		return err;
	if (reg_at(w, CTX)->type != REG_CTX || reg_at(w, CTX)->flags)
		return reject(w->env, -EINVAL,
			      "at the time of BPF_LD_ABS|IND R6 != pointer to skb");
	if (BPF_MODE(insn->code) == BPF_IND)
		err = walk_read(w, insn->src_reg);
	if (!err)
		err = ctx_pointer(w, reg_at(w, CTX), CTX);
	if (err)
		return err;
	forget_caller_saved(w);
	reg_set_unknown(reg_at(w, 0));
	if (!w->cur->depth)
		return 0;
	/* a load from outside the packet ends the function, with 0 */
	err = return_may(w);
	if (err)
		return err;
	reg_set_const(reg_at(w, 0), 0);
	return return_now(w);
}

/* A callback has to be a function that BTF knows to be static. */
static int load_func(struct walk *w, const struct bpf_insn *insn, struct reg *r)
{
	struct env *env = w->env;
	int sub = subprog_at(env, w->pc + (u32)insn->imm + 1);

	if (!env->nr_func_info)
		return reject(env, -EINVAL, "missing btf func_info");
	if (sub < 0 || subprog_linkage(env, (u32)sub) != BTF_FUNC_STATIC)
		return reject(env, -EINVAL, "callback function not static");
	reg_set_pointer(r, REG_FUNC);
	r->subprog = (u32)sub;
	return 0;
}

static int load_map(struct walk *w, const struct bpf_insn *insn, struct reg *r)
{
	struct map *map = w->env->maps[insn->imm];

	if (map->type == BPF_MAP_TYPE_ARENA)
		return not_yet(w, "arenas");
	reg_set_pointer(r, insn->src_reg == BPF_PSEUDO_MAP_VALUE ? REG_MAP_VALUE : REG_MAP_PTR);
	r->map = map;
	if (insn->src_reg == BPF_PSEUDO_MAP_VALUE)
		r->off = insn[1].imm;
	return 0;
}

int do_ld_imm64(struct walk *w, const struct bpf_insn *insn)
{
	struct reg *r = reg_at(w, insn->dst_reg);

	w->next = w->pc + 2;
	touch_reg(w, insn->dst_reg);
	switch (insn->src_reg) {
	case 0:
		reg_set_const(r, isa_imm64(insn));
		return 0;
	case BPF_PSEUDO_FUNC:
		return load_func(w, insn, r);
	case BPF_PSEUDO_MAP_FD:
	case BPF_PSEUDO_MAP_VALUE:
		return load_map(w, insn, r);
	default:
		return not_yet(w, "kernel symbols");
	}
}
