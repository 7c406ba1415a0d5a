/*
 * The lifetime of a loaded program, how often it ran, and what it tells about itself.
 */
#include "prog/prog.h"

#include <time.h>

#include "btf/btf.h"
#include "progtype/progtype.h"

static void put_maps(struct prog *prog)
{
	for (u32 i = 0; i < prog->nr_maps; i++)
		obj_put(&prog->maps[i]->obj);
}

static void prog_free(struct obj *obj)
{
	struct prog *prog = prog_of(obj);
	const struct os *os = obj->skep->os;
	void *owned[] = {prog->insns,      prog->facts,     prog->subprogs,  prog->maps,
			 prog->orig_insns, prog->func_info, prog->line_info, prog};

	if (prog->engine && prog->image)
		prog->engine->release(prog);
	put_maps(prog);
	if (prog->btf)
		obj_put(&prog->btf->obj);
	if (prog->attach_btf)
		obj_put(&prog->attach_btf->obj);
	if (prog->attach_prog)
		obj_put(&prog->attach_prog->obj);
	for (size_t i = 0; i < ARRAY_SIZE(owned); i++)
		os_free(os, owned[i]);
}

struct prog *prog_alloc(struct skep *skep, u32 len)
{
	struct prog *prog = os_alloc(skep->os, sizeof(*prog));

	if (!prog)
		return NULL;
	prog->orig_insns = os_alloc(skep->os, (size_t)len * sizeof(*prog->orig_insns));
	if (!prog->orig_insns) {
		os_free(skep->os, prog);
		return NULL;
	}
	prog->orig_len = len;
	obj_init(&prog->obj, skep, OBJ_PROG, prog_free);
	return prog;
}

u64 prog_run_counted(const struct prog *prog, void *ctx, struct run *run)
{
	/* counters are the one part of a program that a run changes */
	struct prog *counted = (struct prog *)prog;
	const struct os *os = run->skep->os;
	u64 start = os->clock_ns(os, CLOCK_MONOTONIC);
	u64 ret = prog->entry(ctx, run, prog);
	u64 spent = os->clock_ns(os, CLOCK_MONOTONIC) - start;

	atomic_fetch_add_explicit(&counted->run_cnt, 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&counted->run_time_ns, spent, memory_order_relaxed);
	return ret;
}

/* Linux reports record sizes only where there are records. */
static void btf_info(const struct prog *prog, struct bpf_prog_info *info)
{
	info->btf_id = prog->btf ? prog->btf->obj.id : 0;
	info->nr_func_info = prog->nr_func_info;
	info->func_info_rec_size = prog->nr_func_info ? sizeof(*prog->func_info) : 0;
	info->nr_line_info = prog->nr_line_info;
	info->line_info_rec_size = prog->nr_line_info ? sizeof(*prog->line_info) : 0;
}

static void attach_info(const struct prog *prog, struct bpf_prog_info *info)
{
	const struct btf *btf = prog->attach_prog ? prog->attach_prog->btf : prog->attach_btf;

	info->attach_btf_id = prog->attach_btf_id;
	info->attach_btf_obj_id = btf ? btf->obj.id : 0;
}

void prog_info(const struct prog *prog, struct bpf_prog_info *info)
{
	info->type = prog->type->id;
	info->id = prog->obj.id;
	prog_tag(prog, info->tag);
	info->jited_prog_len = prog->image_size;
	info->xlated_prog_len = prog->len * sizeof(*prog->insns);
	info->load_time = prog->load_time_ns;
	info->created_by_uid = prog->uid;
	info->nr_map_ids = prog->nr_maps;
	memcpy(info->name, prog->name, sizeof(info->name));
	info->gpl_compatible = prog->gpl;
	info->nr_jited_ksyms = prog->nr_subprogs;
	info->nr_jited_func_lens = prog->nr_subprogs;
	info->nr_prog_tags = prog->nr_subprogs;
	btf_info(prog, info);
	info->run_time_ns = atomic_load_explicit(&prog->run_time_ns, memory_order_relaxed);
	info->run_cnt = atomic_load_explicit(&prog->run_cnt, memory_order_relaxed);
	info->recursion_misses =
		atomic_load_explicit(&prog->recursion_misses, memory_order_relaxed);
	info->verified_insns = prog->verified_insns;
	attach_info(prog, info);
}
