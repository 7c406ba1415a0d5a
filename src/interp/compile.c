/* From instructions to threaded code. */
#include <errno.h>

#include "interp/internal.h"
#include "progtype/progtype.h"

struct compiler {
	struct prog *prog;
	const void *const *labels;
	struct image *image;
	u32 nr_fns;
};

static int in_program(const struct prog *prog, s64 pc)
{
	return pc >= 0 && pc < prog->len;
}

/* Helpers, kfuncs: imm becomes an index of image->fns. */
static int add_call(struct compiler *c, u32 pc, helper_fn fn)
{
	if (!fn)
		return -EOPNOTSUPP;
	c->image->fns[c->nr_fns] = fn;
	c->image->code[pc].imm = (s32)c->nr_fns++;
	return 0;
}

static int compile_helper(struct compiler *c, u32 pc, u32 id)
{
	const struct progtype *type = c->prog->type;
	const struct helper *helper = type ? helper_for(id, type->id) : helper_by_id(id);

	if (id == BPF_FUNC_tail_call) {
		c->image->code[pc].go = c->labels[CODE_TAIL_CALL];
		return 0;
	}
	return add_call(c, pc, helper ? helper->fn : NULL);
}

static int compile_kfunc(struct compiler *c, u32 pc)
{
	const struct kfunc *kfunc = c->prog->facts[pc].kfunc;

	return add_call(c, pc, kfunc ? kfunc->fn : NULL);
}

/* The second slot holds all 64 bits; of a callback they are its address. */
static int compile_ld_imm64(struct compiler *c, u32 pc, enum isa_op op)
{
	const struct bpf_insn *insn = &c->prog->insns[pc];
	struct code *code = &c->image->code[pc];

	if (pc + 1 >= c->prog->len)
		return -EINVAL;
	code->go = c->labels[ISA_LD_IMM64];
	if (op == ISA_LD_IMM64) {
		code[1].imm64 = isa_imm64(insn);
		return 0;
	}
	if (op != ISA_LD_FUNC || (u32)insn->imm >= c->prog->nr_subprogs)
		return -EINVAL;
	code[1].imm64 = ptr_to_u64(&c->image->callbacks[insn->imm].code);
	return 0;
}

static int compile_insn(struct compiler *c, u32 pc)
{
	const struct bpf_insn *insn = &c->prog->insns[pc];
	enum isa_op op = isa_decode(insn);

	if (!op || insn->dst_reg > 10 || insn->src_reg > 10)
		return -EINVAL;
	if (isa_is_jump(op) && !in_program(c->prog, (s64)pc + 1 + isa_jump_offset(op, insn)))
		return -EINVAL;
	switch (op) {
	case ISA_CALL_HELPER:
		return compile_helper(c, pc, insn->imm);
	case ISA_CALL_KFUNC:
		return compile_kfunc(c, pc);
	case ISA_CALL_SUBPROG:
		return in_program(c->prog, (s64)pc + 1 + insn->imm) ? 0 : -EINVAL;
	default:
		return 0;
	}
}

static int compile_slot(struct compiler *c, u32 pc)
{
	const struct bpf_insn *insn = &c->prog->insns[pc];
	struct code *code = &c->image->code[pc];
	enum isa_op op = isa_decode(insn);

	*code = (struct code){{c->labels[op]}, insn->imm, insn->off, insn->dst_reg, insn->src_reg};
	if (c->prog->facts && c->prog->facts[pc].dead) {
		code->go = c->labels[ISA_INVALID];
		return 0;
	}
	if (isa_is_ld_imm64(insn))
		return compile_ld_imm64(c, pc, op);
	return compile_insn(c, pc);
}

static int compile_slots(struct compiler *c)
{
	int err = 0;

	for (u32 pc = 0; pc < c->prog->len && !err; pc++) {
		err = compile_slot(c, pc);
		pc += isa_is_ld_imm64(&c->prog->insns[pc]);
	}
	/* behind the last one, in case it does not jump */
	c->image->code[c->prog->len].go = c->labels[ISA_INVALID];
	return err;
}

static u32 count_calls(const struct prog *prog)
{
	u32 n = 0;

	for (u32 pc = 0; pc < prog->len; pc++)
		n += prog->insns[pc].code == (BPF_JMP | BPF_CALL);
	return n;
}

/* One piece of memory: the image, its code, its callbacks, the functions. */
static struct image *image_alloc(const struct prog *prog)
{
	size_t code = ((size_t)prog->len + 1) * sizeof(struct code);
	size_t callbacks = prog->nr_subprogs * sizeof(struct callback);
	size_t fns = count_calls(prog) * sizeof(helper_fn);
	struct image *image = os_alloc(prog->obj.skep->os, sizeof(*image) + code + callbacks + fns);

	if (!image)
		return NULL;
	image->prog = prog;
	image->callbacks = (void *)(image->code + prog->len + 1);
	image->fns = (void *)(image->callbacks + prog->nr_subprogs);
	for (u32 i = 0; i < prog->nr_subprogs; i++)
		image->callbacks[i] =
			(struct callback){&prog->home, {image, prog->subprogs[i].start}};
	return image;
}

int interp_make(struct prog *prog, const void *const *labels, prog_entry entry,
		run_callback callback)
{
	struct compiler c = {.prog = prog, .labels = labels, .image = image_alloc(prog)};
	int err;

	if (!c.image)
		return -ENOMEM;
	err = compile_slots(&c);
	if (err) {
		os_free(prog->obj.skep->os, c.image);
		return err;
	}
	interp_fuse(prog, c.image->code, labels);
	prog->image = c.image;
	prog->image_size = (prog->len + 1) * sizeof(struct code);
	prog->entry = entry;
	prog->home = (struct run_home){&prog->obj, prog, callback};
	return 0;
}

void interp_free(struct prog *prog)
{
	os_free(prog->obj.skep->os, prog->image);
	prog->image = NULL;
}

u64 interp_enter_other(const struct prog *target, struct run *run, u64 ctx)
{
	run_callback ours = run->callback;
	u64 value = target->entry(u64_to_ptr(ctx), run, target);

	/* the other engine has set its own */
	run->callback = ours;
	return value;
}
