/*
 * What BTF says about instructions: func_info, line_info and CO-RE records, read from the caller
 * and checked as Linux does.  A record may be longer than ours when the rest of it is zero.
 */
#include <errno.h>

#include "base/usercopy.h"
#include "btf/btf.h"
#include "verifier/internal.h"

enum { MAX_RECORD = 252, MAX_RECORDS = INT32_MAX / MAX_RECORD };

struct records {
	const char *name;
	u64 addr;
	u32 count, size, known; /* bytes of a record: the caller's, ours */
	u32 *told;              /* where attr has the caller's */
};

/* Does all of the caller's record past ours read as zero?  0, -E2BIG or -EFAULT. */
static int check_tail(struct env *env, const struct records *r, u64 addr)
{
	u8 tail[MAX_RECORD];
	u32 size = r->size - r->known;

	if (r->size <= r->known)
		return 0;
	if (user_read(env->skep, tail, addr + r->known, size))
		return -EFAULT;
	for (u32 i = 0; i < size; i++)
		if (tail[i]) {
			*r->told = r->known;
			return reject(env, -E2BIG, "nonzero tailing record in %s", r->name);
		}
	return 0;
}

static int read_record(struct env *env, const struct records *r, u32 i, void *out)
{
	u64 addr = r->addr + (u64)i * r->size;
	int err = check_tail(env, r, addr);

	if (err)
		return err;
	return user_read(env->skep, out, addr, r->known) ? -EFAULT : 0;
}

static int bad_size(const struct records *r)
{
	return r->size < r->known || r->size > MAX_RECORD || r->size % sizeof(u32);
}

/* -- func_info -- */

static struct records func_records(const struct env *env)
{
	union bpf_attr *attr = env->attr;

	return (struct records){"func_info",
				attr->func_info,
				attr->func_info_cnt,
				attr->func_info_rec_size,
				sizeof(struct bpf_func_info),
				&attr->func_info_rec_size};
}

static int check_func_type(struct env *env, const struct bpf_func_info *info)
{
	const struct btf *btf = env->prog->btf;
	const struct btf_type *t = btf_type_by_id(btf, info->type_id);

	if (!t || btf_kind(t) != BTF_KIND_FUNC)
		return reject(env, -EINVAL, "invalid type id %u in func info", info->type_id);
	t = btf_type_by_id(btf, t->type);
	return t && btf_kind(t) == BTF_KIND_FUNC_PROTO ? 0 : -EINVAL;
}

static int check_func_offset(struct env *env, u32 i, u32 prev)
{
	u32 off = env->func_info[i].insn_off;

	if (i == 0 && off)
		return reject(env, -EINVAL, "nonzero insn_off %u for the first func info record",
			      off);
	if (i && off <= prev)
		return reject(
			env, -EINVAL,
			"same or smaller insn offset (%u) than previous func info record (%u)", off,
			prev);
	return 0;
}

static int read_func_info(struct env *env, const struct records *r)
{
	int err = 0;

	for (u32 i = 0; i < r->count && !err; i++) {
		err = read_record(env, r, i, &env->func_info[i]);
		if (!err)
			err = check_func_offset(env, i, i ? env->func_info[i - 1].insn_off : 0);
		if (!err)
			err = check_func_type(env, &env->func_info[i]);
	}
	return err;
}

int pass_func_info_early(struct env *env)
{
	struct records r = func_records(env);

	if (!r.count)
		return env->attr->line_info_cnt && !env->prog->btf ? -EINVAL : 0;
	if (bad_size(&r))
		return reject(env, -EINVAL, "invalid func info rec size %u", r.size);
	if (!env->prog->btf)
		return -EINVAL;
	/* each names a function of its own: more than instructions is an error all the same */
	if (r.count > env->len)
		return reject(env, -EINVAL,
			      "number of funcs in func_info doesn't match number of subprogs");
	env->func_info = os_alloc(env->skep->os, (size_t)r.count * sizeof(*env->func_info));
	if (!env->func_info)
		return -ENOMEM;
	env->nr_func_info = r.count;
	return read_func_info(env, &r);
}

/* Without types nobody knows what a subprogram returns, and a tail call returns for it. */
static int check_abnormal_return(struct env *env)
{
	for (u32 i = 1; i < env->nr_subprogs; i++) {
		if (env->subprogs[i].has_ld_abs)
			return reject(env, -EINVAL,
				      "LD_ABS is not allowed in subprogs without BTF");
		if (env->subprogs[i].has_tail_call)
			return reject(env, -EINVAL,
				      "tail_call is not allowed in subprogs without BTF");
	}
	return 0;
}

static int returns_number(const struct env *env, u32 sub)
{
	const struct btf *btf = env->prog->btf;
	const struct btf_type *t = btf_type_by_id(btf, env->func_info[sub].type_id);

	t = btf_type_by_id(btf, t->type);
	t = btf_skip_modifiers(btf, t->type, NULL);
	return t && ((btf_kind(t) == BTF_KIND_INT && t->size <= sizeof(u64)) ||
		     btf_kind(t) == BTF_KIND_ENUM || btf_kind(t) == BTF_KIND_ENUM64);
}

/* What may end a function early ends it with a number. */
static int check_early_return(struct env *env, u32 sub)
{
	if (!sub || returns_number(env, sub))
		return 0;
	if (env->subprogs[sub].has_ld_abs)
		return reject(env, -EINVAL,
			      "LD_ABS is only allowed in functions that return 'int'.");
	if (env->subprogs[sub].has_tail_call)
		return reject(env, -EINVAL,
			      "tail_call is only allowed in functions that return 'int'.");
	return 0;
}

static int check_func_info(struct env *env)
{
	int err = 0;

	if (!env->nr_func_info)
		return check_abnormal_return(env);
	if (env->nr_func_info != env->nr_subprogs)
		return reject(env, -EINVAL,
			      "number of funcs in func_info doesn't match number of subprogs");
	for (u32 i = 0; i < env->nr_func_info && !err; i++) {
		if (env->func_info[i].insn_off != env->subprogs[i].start)
			return reject(env, -EINVAL,
				      "func_info BTF section doesn't match subprog layout in BPF "
				      "program");
		err = check_early_return(env, i);
	}
	return err;
}

u32 subprog_linkage(const struct env *env, u32 sub)
{
	const struct btf_type *t = btf_type_by_id(env->prog->btf, env->func_info[sub].type_id);

	return btf_vlen(t);
}

/* -- line_info -- */

static struct records line_records(const struct env *env)
{
	union bpf_attr *attr = env->attr;

	return (struct records){"line_info",
				attr->line_info,
				attr->line_info_cnt,
				attr->line_info_rec_size,
				sizeof(struct bpf_line_info),
				&attr->line_info_rec_size};
}

static int names_text(const struct btf *btf, u32 off)
{
	return off < btf->str_len;
}

static int check_line(struct env *env, u32 i, u32 prev)
{
	const struct bpf_line_info *line = &env->line_info[i];

	if ((i && line->insn_off <= prev) || line->insn_off >= env->len)
		return reject(env, -EINVAL,
			      "Invalid line_info[%u].insn_off:%u (prev_offset:%u prog->len:%u)", i,
			      line->insn_off, prev, env->len);
	if (!env->insns[line->insn_off].code)
		return reject(env, -EINVAL, "Invalid insn code at line_info[%u].insn_off", i);
	if (!names_text(env->prog->btf, line->line_off) ||
	    !names_text(env->prog->btf, line->file_name_off))
		return reject(env, -EINVAL, "Invalid line_info[%u].line_off or .file_name_off", i);
	return 0;
}

/* Every subprogram begins with a line of its own; *sub: those that have been seen to. */
static int check_line_of_subprog(struct env *env, u32 i, u32 *sub)
{
	u32 off = env->line_info[i].insn_off;

	if (*sub == env->nr_subprogs)
		return 0;
	if (off == env->subprogs[*sub].start)
		(*sub)++;
	else if (off > env->subprogs[*sub].start)
		return reject(env, -EINVAL, "missing bpf_line_info for func#%u", *sub);
	return 0;
}

static int read_line_info(struct env *env, const struct records *r)
{
	u32 sub = 0;
	int err = 0;

	for (u32 i = 0; i < r->count && !err; i++) {
		err = read_record(env, r, i, &env->line_info[i]);
		if (!err)
			err = check_line(env, i, i ? env->line_info[i - 1].insn_off : 0);
		if (!err)
			err = check_line_of_subprog(env, i, &sub);
	}
	if (!err && sub != env->nr_subprogs)
		return reject(env, -EINVAL,
			      "missing bpf_line_info for %u funcs starting from func#%u",
			      env->nr_subprogs - sub, sub);
	return err;
}

static int check_line_info(struct env *env)
{
	struct records r = line_records(env);

	if (!r.count)
		return 0;
	if (r.count > MAX_RECORDS || bad_size(&r))
		return -EINVAL;
	/* they ascend: more than instructions cannot all be valid */
	if (r.count > env->len)
		r.count = env->len + 1;
	env->line_info = os_alloc(env->skep->os, (size_t)r.count * sizeof(*env->line_info));
	if (!env->line_info)
		return -ENOMEM;
	env->nr_line_info = r.count;
	return read_line_info(env, &r);
}

/* -- CO-RE records: libbpf has applied them before; the kernel's own pass is for other loaders --
 */

static int check_core_relos(struct env *env)
{
	union bpf_attr *attr = env->attr;
	struct records r = {"core_relo",
			    attr->core_relos,
			    attr->core_relo_cnt,
			    attr->core_relo_rec_size,
			    sizeof(struct bpf_core_relo),
			    &attr->core_relo_rec_size};
	struct bpf_core_relo relo;
	int err = 0;

	if (!r.count)
		return 0;
	if (r.count > MAX_RECORDS || bad_size(&r))
		return -EINVAL;
	for (u32 i = 0; i < r.count && !err; i++) {
		err = read_record(env, &r, i, &relo);
		if (!err && (relo.insn_off % 8 || relo.insn_off / 8 >= env->len))
			err = reject(env, -EINVAL, "Invalid core_relo[%u].insn_off:%u prog->len:%u",
				     i, relo.insn_off, env->len);
	}
	return err ? err : reject(env, -ENOTSUPP, "skep leaves CO-RE relocation to libbpf");
}

int pass_records(struct env *env)
{
	int err = check_func_info(env);

	if (!err)
		err = check_line_info(env);
	if (!err)
		err = check_core_relos(env);
	return err;
}
