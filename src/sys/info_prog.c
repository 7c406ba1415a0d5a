/* What BPF_OBJ_GET_INFO_BY_FD tells of a program: one struct, and arrays where room was given. */
#include <errno.h>

#include "sys/internal.h"

/* Callers say how big they take a record to be; 0 only when they want none. */
static int check_rec_size(u32 count, u32 *rec_size, u32 ours)
{
	if ((count || *rec_size) && *rec_size != ours)
		return -EINVAL;
	*rec_size = ours;
	return 0;
}

static int check_rec_sizes(struct bpf_prog_info *info)
{
	if (check_rec_size(info->nr_func_info, &info->func_info_rec_size,
			   sizeof(struct bpf_func_info)) ||
	    check_rec_size(info->nr_line_info, &info->line_info_rec_size,
			   sizeof(struct bpf_line_info)) ||
	    check_rec_size(info->nr_jited_line_info, &info->jited_line_info_rec_size, sizeof(u64)))
		return -EINVAL;
	return 0;
}

static int put_map_ids(struct info_dest *dest, const struct prog *prog, u64 to, u32 room)
{
	for (u32 i = 0; i < room && i < prog->nr_maps; i++)
		if (user_write(dest->skep, to + i * sizeof(u32), &prog->maps[i]->obj.id,
			       sizeof(u32)))
			return -EFAULT;
	return 0;
}

/* The tags of the subprograms: ours have the program's. */
static int put_tags(struct info_dest *dest, const struct bpf_prog_info *asked,
		    const struct bpf_prog_info *told)
{
	for (u32 i = 0; i < asked->nr_prog_tags && i < told->nr_prog_tags; i++)
		if (user_write(dest->skep, asked->prog_tags + (u64)i * BPF_TAG_SIZE, told->tag,
			       BPF_TAG_SIZE))
			return -EFAULT;
	return 0;
}

static int put_arrays(struct info_dest *dest, const struct prog *prog,
		      const struct bpf_prog_info *asked, const struct bpf_prog_info *told)
{
	u64 start = ptr_to_u64((const void *)prog->image);
	int one = asked->nr_jited_ksyms > 0;

	if (put_map_ids(dest, prog, asked->map_ids, asked->nr_map_ids) ||
	    info_array(dest, asked->xlated_prog_insns, asked->xlated_prog_len, prog->orig_insns,
		       told->xlated_prog_len, 1) ||
	    info_array(dest, asked->jited_prog_insns, asked->jited_prog_len, prog->image,
		       told->jited_prog_len, 1) ||
	    info_array(dest, asked->jited_ksyms, one, &start, 1, sizeof(start)) ||
	    info_array(dest, asked->jited_func_lens, asked->nr_jited_func_lens > 0,
		       &told->jited_prog_len, 1, sizeof(u32)) ||
	    info_array(dest, asked->func_info, asked->nr_func_info, prog->func_info,
		       told->nr_func_info, sizeof(struct bpf_func_info)) ||
	    info_array(dest, asked->line_info, asked->nr_line_info, prog->line_info,
		       told->nr_line_info, sizeof(struct bpf_line_info)))
		return -EFAULT;
	return put_tags(dest, asked, told);
}

/* Who may not BPF learns no instructions, and where none of them are. */
static int tell_less(struct info_dest *dest, const struct prog *prog,
		     const struct bpf_prog_info *asked, struct bpf_prog_info *told)
{
	told->xlated_prog_len = told->jited_prog_len = 0;
	told->nr_jited_ksyms = told->nr_jited_func_lens = 0;
	told->nr_func_info = told->nr_line_info = told->nr_jited_line_info = 0;
	told->nr_prog_tags = asked->nr_prog_tags;
	return put_map_ids(dest, prog, asked->map_ids, asked->nr_map_ids);
}

int info_of_prog(struct info_dest *dest, struct prog *prog)
{
	struct bpf_prog_info asked, told;
	int err = info_read(dest, &asked, sizeof(asked));

	if (!err)
		err = check_rec_sizes(&asked);
	if (err)
		return err;
	told = asked;
	prog_info(prog, &told);
	err = caller_needs(dest->skep, CAP_FLAG_BPF) ? tell_less(dest, prog, &asked, &told)
						     : put_arrays(dest, prog, &asked, &told);
	return err ? err : info_write(dest, &told);
}
