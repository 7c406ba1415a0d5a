/*
 * ld_imm64: two slots that hold a constant, a map, an address in a map's value, a callback.  Map
 * fds are resolved here.  Afterwards src_reg is BPF_PSEUDO_MAP_FD or _MAP_VALUE for maps of either
 * spelling, with the map's index in env->maps as imm.  Opcodes that Linux does not know end here
 * too.
 */
#include <errno.h>

#include "btf/btf.h"
#include "verifier/maps.h"

enum { MAX_VAR_OFF = 1 << 29 };

static int check_pair(struct env *env, const struct bpf_insn *insn, u32 left)
{
	const struct bpf_insn *second = insn + 1;

	if (left < 2 || second->code || second->dst_reg || second->src_reg || second->off)
		return reject(env, -EINVAL, "invalid bpf_ld_imm64 insn");
	return 0;
}

/* Which fd the map is behind. */
static int fd_of(struct env *env, const struct bpf_insn *insn, int *fd)
{
	*fd = insn->imm;
	if (insn->src_reg != BPF_PSEUDO_MAP_IDX && insn->src_reg != BPF_PSEUDO_MAP_IDX_VALUE)
		return 0;
	if (!env->attr->fd_array)
		return reject(env, -EPROTO, "fd_idx without fd_array is invalid");
	return maps_read_fd_array(env, (u32)insn->imm, fd);
}

static int check_value_addr(struct env *env, struct map *map, u32 off)
{
	u64 addr;
	int err;

	if (off >= MAX_VAR_OFF)
		return reject(env, -EINVAL, "direct value offset of %u is not allowed", off);
	if (!map->ops->value_addr)
		return reject(env, -EINVAL, "no direct value access support for this map type");
	err = map->ops->value_addr(map, off, &addr);
	if (err)
		return reject(env, err, "invalid access to map value pointer, value_size=%u off=%u",
			      map->value_size, off);
	return 0;
}

static int resolve_map(struct env *env, struct bpf_insn *insn)
{
	int value =
		insn->src_reg == BPF_PSEUDO_MAP_VALUE || insn->src_reg == BPF_PSEUDO_MAP_IDX_VALUE;
	u32 index = 0;
	int fd = -1, err;

	if (!value && insn[1].imm)
		return reject(env, -EINVAL, "unrecognized bpf_ld_imm64 insn");
	err = fd_of(env, insn, &fd);
	if (!err)
		err = maps_add_fd(env, fd, &index);
	if (!err && value)
		err = check_value_addr(env, env->maps[index], (u32)insn[1].imm);
	if (err)
		return err;
	insn->src_reg = value ? BPF_PSEUDO_MAP_VALUE : BPF_PSEUDO_MAP_FD;
	insn->imm = (s32)index;
	return 0;
}

/* A variable or function of the kernel: skep has none of its addresses. */
static int resolve_ksym(struct env *env, const struct bpf_insn *insn)
{
	const struct btf *btf = btf_kernel(env->skep);
	const struct btf_type *t;

	if (!btf)
		return reject(
			env, -EINVAL,
			"kernel is missing BTF, make sure CONFIG_DEBUG_INFO_BTF=y is specified "
			"in Kconfig.");
	t = btf_type_by_id(btf, (u32)insn->imm);
	if (!t)
		return reject(env, -ENOENT, "ldimm64 insn specifies invalid btf_id %d.", insn->imm);
	if (btf_kind(t) != BTF_KIND_VAR && btf_kind(t) != BTF_KIND_FUNC)
		return reject(env, -EINVAL,
			      "pseudo btf_id %d in ldimm64 isn't KIND_VAR or KIND_FUNC", insn->imm);
	return reject(env, -ENOENT, "ldimm64 failed to find the address for kernel symbol '%s'.",
		      btf_name(btf, t->name_off));
}

static int resolve(struct env *env, struct bpf_insn *insn)
{
	switch (insn->src_reg) {
	case 0:
	case BPF_PSEUDO_FUNC:
		return 0;
	case BPF_PSEUDO_BTF_ID:
		return resolve_ksym(env, insn);
	case BPF_PSEUDO_MAP_FD:
	case BPF_PSEUDO_MAP_VALUE:
	case BPF_PSEUDO_MAP_IDX:
	case BPF_PSEUDO_MAP_IDX_VALUE:
		return resolve_map(env, insn);
	default:
		return reject(env, -EINVAL, "unrecognized bpf_ld_imm64 insn");
	}
}

static int check_opcode(struct env *env, const struct bpf_insn *insn)
{
	struct isa_message why;
	int err = isa_check_opcode(insn, &why);

	return err ? reject(env, err, "%s", why.text) : 0;
}

int pass_ld_imm64(struct env *env)
{
	int err = 0;

	for (u32 pc = 0; pc < env->len && !err; pc++) {
		struct bpf_insn *insn = &env->insns[pc];

		if (!isa_is_ld_imm64(insn)) {
			err = check_opcode(env, insn);
			continue;
		}
		err = check_pair(env, insn, env->len - pc);
		if (!err)
			err = resolve(env, insn);
		pc++;
		if (!err)
			env->marks[pc] = MARK_SECOND;
	}
	return err;
}
