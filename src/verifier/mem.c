/* Loads, stores, atomics: which pointer, which rules, what a load yields. */
#include <errno.h>

#include "btf/btf.h"
#include "verifier/walk.h"

/* Kinds of pointers, a row each: how Linux calls an access that is not aligned, and its rules. */
typedef int (*access_fn)(struct walk *w, const struct access *a);

static void loaded_unknown(struct walk *w, const struct access *a)
{
	if (!a->write && a->value != NO_REG)
		reg_set_unknown(reg_at(w, a->value));
}

static s32 offset_of(struct walk *w, const struct access *a)
{
	return a->off + reg_at(w, a->reg)->off;
}

static int reject_kind(struct walk *w, const struct access *a)
{
	return reject(w->env, -EACCES, "R%u invalid mem access '%s'", a->reg,
		      reg_name(reg_full(reg_at(w, a->reg))).text);
}

static int reject_write(struct walk *w, const struct access *a)
{
	return reject(w->env, -EACCES, "R%u cannot write into %s", a->reg,
		      reg_name(reg_full(reg_at(w, a->reg))).text);
}

static int access_key(struct walk *w, const struct access *a)
{
	int err;

	if (a->write)
		return reject(w->env, -EACCES, "write to change key R%u not allowed", a->reg);
	err = region_mem(w, a, reg_at(w, a->reg)->map->key_size, 0);
	if (!err)
		loaded_unknown(w, a);
	return err;
}

static int access_value(struct walk *w, const struct access *a)
{
	struct reg constant;
	int err = region_map_perm(w, a);

	if (!err)
		err = region_map(w, a, 0);
	if (err)
		return err;
	if (region_map_load(w, a, &constant))
		*reg_at(w, a->value) = constant;
	else
		loaded_unknown(w, a);
	return 0;
}

static int access_mem(struct walk *w, const struct access *a)
{
	const struct reg *r = reg_at(w, a->reg);
	int err;

	if (r->flags & REG_UNTRUSTED)
		return not_yet(w, "untrusted memory");
	if (a->write && r->flags & REG_RDONLY)
		return reject_write(w, a);
	err = region_mem(w, a, r->mem_size, 0);
	if (!err)
		loaded_unknown(w, a);
	return err;
}

static void load_field(struct walk *w, const struct access *a, const struct ctx_loaded *loaded)
{
	struct reg *r = reg_at(w, a->value);

	if ((loaded->full & 0xff) == REG_SCALAR) {
		reg_set_unknown(r);
		return;
	}
	reg_set_pointer(r, loaded->full);
	if (r->flags & REG_OR_NULL)
		r->id = ++w->ids;
}

static int access_ctx(struct walk *w, const struct access *a)
{
	struct ctx_loaded loaded;
	int err = ctx_pointer(w, reg_at(w, a->reg), a->reg);

	if (err)
		return err;
	err = ctx_check(w, a, &loaded);
	if (err)
		return err;
	if (!a->write && a->value != NO_REG)
		load_field(w, a, &loaded);
	return 0;
}

static int access_stack(struct walk *w, const struct access *a)
{
	int err = slots_check(w, a);

	if (err)
		return err;
	return a->write ? slots_store(w, a) : slots_load(w, a);
}

static int access_packet(struct walk *w, const struct access *a)
{
	int err;

	if (a->write && !packet_allowed(w, 1, NULL))
		return reject(w->env, -EACCES, "cannot write into packet");
	err = region_packet(w, a, 0);
	if (!err)
		loaded_unknown(w, a);
	return err;
}

static int access_flow_keys(struct walk *w, const struct access *a)
{
	s64 off = (s64)offset_of(w, a) + (s64)reg_at(w, a->reg)->num.var.value;

	if (off < 0 || off + a->size > (s64)sizeof(struct bpf_flow_keys))
		return reject(w->env, -EACCES, "invalid access to flow keys off=%d size=%u",
			      (int)off, a->size);
	loaded_unknown(w, a);
	return 0;
}

static int access_sock(struct walk *w, const struct access *a)
{
	int err;

	if (a->write)
		return reject_write(w, a);
	err = sock_check(w, a);
	if (!err)
		loaded_unknown(w, a);
	return err;
}

static int access_tp_buffer(struct walk *w, const struct access *a)
{
	const struct reg *r = reg_at(w, a->reg);
	s32 off = offset_of(w, a);

	if (off < 0)
		return reject(w->env, -EACCES,
			      "R%u invalid tp_buffer buffer access: off=%d, size=%u", a->reg, off,
			      a->size);
	if (!num_is_const(&r->num) || r->num.var.value)
		return reject(w->env, -EACCES,
			      "R%u invalid variable buffer offset: off=%d, var_off=%s", a->reg, off,
			      tnum_text(r->num.var).text);
	loaded_unknown(w, a);
	return 0;
}

static int access_btf(struct walk *w, const struct access *a)
{
	(void)a;
	return not_yet(w, "accesses through kernel pointers");
}

static int access_map(struct walk *w, const struct access *a)
{
	(void)a;
	return not_yet(w, "accesses to maps themselves");
}

static int access_buf(struct walk *w, const struct access *a)
{
	(void)a;
	return not_yet(w, "iterators' buffers");
}

static const struct {
	const char *what; /* "misaligned WHATaccess" */
	u8 mem;           /* enum mem_kind */
	u8 strict;        /* always aligned */
	u8 alone;         /* an instruction that reaches one of these reaches nothing else */
	u8 no_atomic;
	access_fn fn;
} kinds[REG_TYPES] = {
	[REG_CTX] = {"context ", MEM_CTX, 0, 1, 1, access_ctx},
	[REG_MAP_PTR] = {"", MEM_OTHER, 0, 0, 0, access_map},
	[REG_MAP_VALUE] = {"value ", MEM_MAP_VALUE, 0, 0, 0, access_value},
	[REG_MAP_KEY] = {"key ", MEM_OTHER, 0, 0, 0, access_key},
	/* strict: spills and fills are followed by whole slots */
	[REG_STACK] = {"stack ", MEM_STACK, 1, 0, 0, access_stack},
	[REG_PACKET] = {"packet ", MEM_PACKET, 0, 0, 1, access_packet},
	[REG_PACKET_META] = {"packet ", MEM_PACKET, 0, 0, 1, access_packet},
	[REG_FLOW_KEYS] = {"flow keys ", MEM_OTHER, 0, 0, 1, access_flow_keys},
	[REG_SOCKET] = {"sock ", MEM_OTHER, 0, 1, 1, access_sock},
	[REG_SOCK_COMMON] = {"sock_common ", MEM_OTHER, 0, 1, 1, access_sock},
	[REG_TCP_SOCK] = {"tcp_sock ", MEM_OTHER, 0, 1, 1, access_sock},
	[REG_XDP_SOCK] = {"xdp_sock ", MEM_OTHER, 0, 1, 1, access_sock},
	[REG_TP_BUFFER] = {"", MEM_OTHER, 0, 0, 0, access_tp_buffer},
	[REG_MEM] = {"", MEM_OTHER, 0, 0, 0, access_mem},
	[REG_BTF] = {"", MEM_OTHER, 0, 1, 0, access_btf},
	[REG_BUF] = {"", MEM_OTHER, 0, 0, 0, access_buf},
};

/* Packets start 2 bytes after what is aligned, so that headers of 14 bytes end where words do. */
enum { IP_ALIGN = 2 };

int mem_aligned(struct walk *w, const struct access *a)
{
	const struct reg *r = reg_at(w, a->reg);
	const char *what = kinds[r->type].what ? kinds[r->type].what : "";
	s64 skip = reg_is_packet(r) ? IP_ALIGN : 0;
	struct tnum off = tnum_add(r->num.var, tnum_const((u64)(skip + r->off + a->off)));

	if (a->size == 1 || !(a->strict || w->strict_alignment || kinds[r->type].strict) ||
	    tnum_is_aligned(off, a->size))
		return 0;
	/* packets are aligned only where that is asked for as a whole */
	if (reg_is_packet(r))
		return reject(w->env, -EACCES, "misaligned packet access off %d+%s+%d+%d size %u",
			      IP_ALIGN, tnum_text(r->num.var).text, r->off, a->off, a->size);
	return reject(w->env, -EACCES, "misaligned %saccess off %s+%d+%d size %u", what,
		      tnum_text(r->num.var).text, r->off, a->off, a->size);
}

static void note_mem(struct walk *w, const struct access *a, u8 type)
{
	struct insn_note *note = &w->note[a->pc];
	u8 mem = kinds[type].mem;

	note->mem = !note->mem_seen ? mem : note->mem == mem ? mem : MEM_UNKNOWN;
	note->mem_seen = 1;
}

int mem_access(struct walk *w, const struct access *a)
{
	const struct reg *r = reg_at(w, a->reg);
	u8 type = r->type;
	int err = mem_aligned(w, a);

	if (err)
		return err;
	if (!kinds[type].fn || r->flags & REG_OR_NULL)
		return reject_kind(w, a);
	note_mem(w, a, type);
	err = kinds[type].fn(w, a);
	if (err || a->write || a->value == NO_REG || a->size == 8)
		return err;
	if (!reg_is_scalar(reg_at(w, a->value)))
		return 0;
	if (a->sign)
		num_sign_extend(&reg_at(w, a->value)->num, a->size);
	else
		reg_truncate(reg_at(w, a->value), a->size);
	return 0;
}

/*
 * An instruction's access is rewritten by what its pointer is, so that has to be one thing where
 * rewriting matters.
 */
static int note_pointer(struct walk *w, u32 full)
{
	struct insn_note *note = &w->note[w->pc];

	if (!note->ptr || note->ptr == full) {
		note->ptr = full;
		return 0;
	}
	if (!kinds[note->ptr & 0xff].alone && !kinds[full & 0xff].alone)
		return 0;
	return reject(w->env, -EINVAL, "same insn cannot be used with different pointers");
}

int do_load(struct walk *w, const struct bpf_insn *insn)
{
	struct access a = {.pc = w->pc,
			   .reg = insn->src_reg,
			   .off = insn->off,
			   .size = isa_size(insn->code),
			   .value = insn->dst_reg,
			   .strict = BPF_CLASS(insn->code) == BPF_STX,
			   .sign = BPF_MODE(insn->code) == BPF_MEMSX};
	u32 full = reg_full(reg_at(w, insn->src_reg));
	int err;

	touch_reg(w, insn->dst_reg);
	err = mem_access(w, &a);
	return err ? err : note_pointer(w, full);
}

int do_store(struct walk *w, const struct bpf_insn *insn)
{
	int imm = BPF_CLASS(insn->code) == BPF_ST;
	struct access a = {.pc = w->pc,
			   .reg = insn->dst_reg,
			   .off = insn->off,
			   .size = isa_size(insn->code),
			   .write = 1,
			   .value = imm ? NO_REG : insn->src_reg,
			   .strict = BPF_MODE(insn->code) == BPF_ATOMIC};
	u32 full = reg_full(reg_at(w, insn->dst_reg));
	int err = mem_access(w, &a);

	return err ? err : note_pointer(w, full);
}

static int check_atomic(struct walk *w, u32 reg, const char *what)
{
	const struct reg *r = reg_at(w, reg);

	if (!kinds[r->type].no_atomic)
		return 0;
	return reject(w->env, -EACCES, "BPF_ATOMIC %s R%u %s is not allowed", what, reg,
		      reg_name(reg_full(r)).text);
}

/* What was there is loaded to a register, or only looked at. */
static int load_old(struct walk *w, const struct bpf_insn *insn, struct access *a)
{
	int err;

	if (insn->imm & BPF_FETCH) {
		a->value = insn->imm == BPF_CMPXCHG ? 0 : insn->src_reg;
		reg_set_unknown(reg_at(w, a->value));
		touch_reg(w, a->value);
	}
	err = mem_access(w, &(struct access){.pc = a->pc,
					     .reg = a->reg,
					     .off = a->off,
					     .size = a->size,
					     .value = NO_REG,
					     .strict = 1});
	if (err || a->value == NO_REG)
		return err;
	return mem_access(w, a);
}

static int read_modify_write(struct walk *w, const struct bpf_insn *insn)
{
	struct access a = {.pc = w->pc,
			   .reg = insn->dst_reg,
			   .off = insn->off,
			   .size = isa_size(insn->code),
			   .value = NO_REG,
			   .strict = 1};
	int err = insn->imm == BPF_CMPXCHG ? walk_read(w, 0) : 0;

	if (!err)
		err = check_atomic(w, insn->dst_reg, "stores into");
	if (!err)
		err = load_old(w, insn, &a);
	a.write = 1;
	a.value = NO_REG;
	return err ? err : mem_access(w, &a);
}

int do_atomic(struct walk *w, const struct bpf_insn *insn)
{
	int err;

	if (insn->imm == BPF_LOAD_ACQ) {
		err = check_atomic(w, insn->src_reg, "loads from");
		return err ? err : do_load(w, insn);
	}
	if (insn->imm == BPF_STORE_REL) {
		err = check_atomic(w, insn->dst_reg, "stores into");
		return err ? err : do_store(w, insn);
	}
	return read_modify_write(w, insn);
}
