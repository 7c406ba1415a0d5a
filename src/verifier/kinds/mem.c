/*
 * Memory in the flow pass: what an access may touch, what a load yields.  Refused here is what no
 * path can make good: numbers as addresses, the stack's outside, read-only maps, contexts (ctx.c).
 */
#include <errno.h>

#include "verifier/kinds/flow.h"

static const struct val *base_of(struct flow *f, const struct access *a)
{
	return reg_of(f, a->reg);
}

/* Kinds that cannot be dereferenced, whatever the path. */
static int check_address(struct flow *f, const struct access *a)
{
	const struct val *base = base_of(f, a);

	if (base->kinds & (u16) ~(K_SCALAR | K_PACKET_END | K_FUNC | K_MAP_PTR))
		return 0;
	return reject(f->env, -EACCES, "R%u invalid mem access '%s'", a->reg, val_name(base));
}

static int check_stack(struct flow *f, const struct access *a)
{
	const struct val *base = base_of(f, a);
	s64 off = (s64)base->value + a->off;

	if (!val_is(base, K_STACK) || base->known != KNOWN_ALL)
		return 0;
	if (off % (s64)a->size)
		return reject(f->env, -EACCES, "misaligned stack access off 0+%lld+%d size %u",
			      (long long)base->value, a->off, a->size);
	if (off < 0 && off >= -MAX_BPF_STACK)
		return 0;
	return reject(f->env, -EACCES, "invalid %s stack R%u off=%lld size=%u",
		      a->write ? "write to" : "read from", a->reg, (long long)off, a->size);
}

static int check_map(struct flow *f, const struct access *a)
{
	const struct val *base = base_of(f, a);
	const struct map *map = val_is(base, K_MAP_VALUE) ? map_of_val(f, base) : NULL;
	u32 forbidden = a->write ? BPF_F_RDONLY_PROG : BPF_F_WRONLY_PROG;

	if (!map || !(map->flags & forbidden))
		return 0;
	return reject(f->env, -EACCES, "%s map forbidden, value_size=%u off=%lld size=%u",
		      a->write ? "write into" : "read from", map->value_size,
		      (long long)base->value + a->off, a->size);
}

/* One instruction, one way to reach the context: the access is rewritten, or it is not. */
static int check_one_kind(struct flow *f)
{
	u16 kinds = f->bases[f->pc] & K_POINTERS;

	if (kinds & K_CTX && kinds != K_CTX)
		return reject(f->env, -EINVAL, "same insn cannot be used with different pointers");
	return 0;
}

static int check(struct flow *f, const struct access *a)
{
	int err;

	f->bases[f->pc] |= base_of(f, a)->kinds;
	err = check_address(f, a);
	if (!err)
		err = check_one_kind(f);
	if (!err)
		err = check_stack(f, a);
	if (!err)
		err = check_map(f, a);
	if (!err && base_of(f, a)->kinds & K_STACK)
		kinds_stack_reach(f, base_of(f, a), a->off);
	return err;
}

/* Values of frozen maps that programs cannot write are constants (.rodata). */
static int load_constant(struct flow *f, const struct access *a, struct val *loaded)
{
	const struct val *base = base_of(f, a);
	struct map *map = val_is(base, K_MAP_VALUE) ? map_of_val(f, base) : NULL;
	s64 off = (s64)base->value + a->off;
	u64 addr, value = 0;

	if (!map || base->known != KNOWN_ALL || !(map->flags & BPF_F_RDONLY_PROG) ||
	    !atomic_load_explicit(&map->frozen, memory_order_acquire) || !map->ops->value_addr)
		return 0;
	if (off < 0 || off + a->size > map->value_size ||
	    map->ops->value_addr(map, (u32)off, &addr))
		return 0;
	memcpy(&value, u64_to_ptr(addr), a->size);
	*loaded = val_const(value);
	return 1;
}

/* Pointers to kernel objects may lie where 8 bytes are loaded from maps' values and such objects.
 */
static struct val load_other(const struct val *base, u32 size)
{
	u16 kinds = K_SCALAR;

	if (size == 8 && base->kinds & (K_MAP_VALUE | K_OTHER | K_UNKNOWN))
		kinds |= K_UNKNOWN;
	return val_of_kind(kinds);
}

static int load(struct flow *f, const struct access *a, struct val *loaded)
{
	const struct val *base = base_of(f, a);
	struct val from_stack;
	int err = check(f, a);

	if (err)
		return err;
	if (base->kinds & K_CTX)
		return ctx_access(f, a, loaded);
	if (load_constant(f, a, loaded))
		return 0;
	*loaded = load_other(base, a->size);
	if (!(base->kinds & K_STACK))
		return 0;
	from_stack = kinds_stack_load(f, base, a->off, a->size);
	if (val_is(base, K_STACK))
		*loaded = from_stack;
	else
		val_join(loaded, &from_stack);
	return 0;
}

static int store(struct flow *f, const struct access *a, const struct val *v)
{
	const struct val *base = base_of(f, a);
	int err = check(f, a);

	if (err)
		return err;
	if (base->kinds & K_CTX)
		return ctx_access(f, a, NULL);
	if (val_is(base, K_STACK) && val_is_pointer(v) && a->size != 8)
		return reject(f->env, -EACCES, "invalid size of register spill");
	if (base->kinds & K_STACK)
		kinds_stack_store(f, base, a->off, a->size, v);
	return 0;
}

static struct val sign_extended(const struct val *v, u32 size)
{
	u32 shift = 64 - 8 * size;

	return val_is_const(v) ? val_const((u64)((s64)(v->value << shift) >> shift))
			       : val_of_kind(K_SCALAR);
}

int kinds_load(struct flow *f, const struct bpf_insn *insn, enum isa_op op)
{
	struct access a = {.reg = insn->src_reg, .off = insn->off, .size = isa_size(insn->code)};
	struct val loaded;
	int err = load(f, &a, &loaded);

	(void)op;
	if (err)
		return err;
	if (BPF_MODE(insn->code) == BPF_MEMSX)
		loaded = sign_extended(&loaded, a.size);
	*reg_of(f, insn->dst_reg) = loaded;
	return 0;
}

int kinds_store(struct flow *f, const struct bpf_insn *insn, enum isa_op op)
{
	struct access a = {
		.reg = insn->dst_reg, .off = insn->off, .size = isa_size(insn->code), .write = 1};
	struct val imm = val_const((u64)(s64)insn->imm);

	(void)op;
	return store(f, &a, BPF_CLASS(insn->code) == BPF_ST ? &imm : reg_of(f, insn->src_reg));
}

/* Where only plain loads and stores may go. */
static int check_atomic(struct flow *f, const struct access *a)
{
	const struct val *base = base_of(f, a);
	s64 off = (s64)base->value + a->off;

	if (val_is(base, K_CTX) || val_is(base, K_PACKET))
		return reject(f->env, -EACCES, "BPF_ATOMIC stores into R%u %s is not allowed",
			      a->reg, val_name(base));
	if (val_is_const(base) && off % (s64)a->size)
		return reject(f->env, -EACCES, "misaligned access off %lld+0+%d size %u",
			      (long long)base->value, a->off, a->size);
	return 0;
}

static int read_modify_write(struct flow *f, const struct bpf_insn *insn, struct access *a)
{
	struct val old, any = val_of_kind(K_SCALAR);
	int cmpxchg = insn->imm == BPF_CMPXCHG, err;

	if (cmpxchg && !reg_of(f, 0)->kinds)
		return reject(f->env, -EACCES, "R0 !read_ok");
	err = check_atomic(f, a);
	if (!err)
		err = load(f, a, &old);
	a->write = 1;
	if (!err)
		err = store(f, a, &any);
	if (!err && cmpxchg)
		*reg_of(f, 0) = old;
	else if (!err && insn->imm & BPF_FETCH)
		*reg_of(f, insn->src_reg) = old;
	return err;
}

static int is_load_acquire(enum isa_op op)
{
	return op == ISA_LOAD_ACQ8 || op == ISA_LOAD_ACQ16 || op == ISA_LOAD_ACQ32 ||
	       op == ISA_LOAD_ACQ64;
}

static int is_store_release(enum isa_op op)
{
	return op == ISA_STORE_REL8 || op == ISA_STORE_REL16 || op == ISA_STORE_REL32 ||
	       op == ISA_STORE_REL64;
}

int kinds_atomic(struct flow *f, const struct bpf_insn *insn, enum isa_op op)
{
	struct access a = {.reg = insn->dst_reg, .off = insn->off, .size = isa_size(insn->code)};
	int err;

	if (is_load_acquire(op)) {
		a.reg = insn->src_reg;
		err = check_atomic(f, &a);
		return err ? err : kinds_load(f, insn, op);
	}
	if (is_store_release(op)) {
		err = check_atomic(f, &a);
		return err ? err : kinds_store(f, insn, op);
	}
	return read_modify_write(f, insn, &a);
}

int kinds_ld_abs(struct flow *f, const struct bpf_insn *insn, enum isa_op op)
{
	(void)insn, (void)op;
	if (!reg_of(f, 6)->kinds)
		return reject(f->env, -EACCES, "R6 !read_ok");
	if (!val_is(reg_of(f, 6), K_CTX))
		return reject(f->env, -EINVAL,
			      "at the time of BPF_LD_ABS|IND R6 != pointer to skb");
	clobber_args(f);
	*reg_of(f, 0) = val_of_kind(K_SCALAR);
	return 0;
}

static struct val map_val(u16 kind, u32 index, u64 off)
{
	return (struct val){
		.kinds = kind, .known = KNOWN_ALL, .map = (u8)(index + 1), .value = off};
}

/* A callback has to be a function that BTF knows to be static. */
static int load_func(struct flow *f, const struct bpf_insn *insn, struct val *v)
{
	struct env *env = f->env;

	if (!env->nr_func_info)
		return reject(env, -EINVAL, "missing btf func_info");
	*v = val_of_kind(K_FUNC);
	v->known = KNOWN_ALL;
	v->value = (u64)subprog_at(env, f->pc + (u32)insn->imm + 1);
	if (subprog_linkage(env, (u32)v->value) != BTF_FUNC_STATIC)
		return reject(env, -EINVAL, "callback function not static");
	return 0;
}

int kinds_ld_imm64(struct flow *f, const struct bpf_insn *insn, enum isa_op op)
{
	struct val v;
	int err = 0;

	f->next = f->pc + 2;
	if (op == ISA_LD_MAP_FD)
		v = map_val(K_MAP_PTR, (u32)insn->imm, 0);
	else if (op == ISA_LD_MAP_VALUE)
		v = map_val(K_MAP_VALUE, (u32)insn->imm, (u32)insn[1].imm);
	else if (op == ISA_LD_FUNC)
		err = load_func(f, insn, &v);
	else
		v = val_const(isa_imm64(insn));
	if (!err)
		*reg_of(f, insn->dst_reg) = v;
	return err;
}
