/*
 * What a program says at load that it will attach to: a type of the kernel's, or of another
 * program, by its BTF id.  Whether that is one it can attach to is said in its log.
 */
#include <errno.h>

#include "btf/btf.h"
#include "progtype/progtype.h"
#include "sys/internal.h"

enum { BTF_ID_MAX = 0xfffff };

/* attach_prog_fd is a program, or BTF: the kernel's, for nobody has that of other programs. */
static int take_fd(struct skep *skep, int fd, struct prog *prog)
{
	struct obj *obj;

	if (!sys_obj_by_fd(skep, fd, OBJ_PROG, &obj)) {
		prog->attach_prog = prog_of(obj);
		return 0;
	}
	if (sys_obj_by_fd(skep, fd, OBJ_BTF, &obj))
		return -EINVAL;
	if (!btf_of(obj)->kernel) {
		obj_put(obj);
		return -ENOTSUPP;
	}
	prog->attach_btf = btf_of(obj);
	return 0;
}

static int take(struct call *call, struct prog *prog)
{
	struct btf *kernel;

	if (call->attr.attach_prog_fd)
		return take_fd(call->skep, (int)call->attr.attach_prog_fd, prog);
	if (!call->attr.attach_btf_id)
		return 0;
	kernel = btf_kernel(call->skep);
	if (!kernel)
		return -EINVAL;
	obj_get(&kernel->obj);
	prog->attach_btf = kernel;
	return 0;
}

static int check_kind(const struct prog *prog)
{
	u32 id = prog->attach_btf_id, flags = prog->type ? prog->type->flags : 0;

	if (id > BTF_ID_MAX || (id && !(flags & PROGTYPE_ON_BTF)))
		return -EINVAL;
	if (prog->attach_btf && !id)
		return -EINVAL;
	return prog->attach_prog && !(flags & PROGTYPE_ON_PROG) ? -EINVAL : 0;
}

int target_take(struct call *call, struct prog *prog)
{
	int err = take(call, prog);

	prog->attach_btf_id = call->attr.attach_btf_id;
	return err ? err : check_kind(prog);
}

static int wrong(struct log *log, u32 id, const char *what)
{
	log_printf(log, "attach_btf_id %u %s\n", id, what);
	return -EINVAL;
}

static int check_tracepoint(const struct btf_type *t, const char *name, u32 id, struct log *log)
{
	if (btf_kind(t) != BTF_KIND_TYPEDEF)
		return wrong(log, id, "is not a typedef");
	if (!strncmp(name, "btf_trace_", 10))
		return 0;
	log_printf(log, "attach_btf_id %u points to wrong type name %s\n", id, name);
	return -EINVAL;
}

static int check_type(const struct prog *prog, const struct btf *btf, struct log *log)
{
	u32 id = prog->attach_btf_id;
	const struct btf_type *t = btf_type_by_id(btf, id);
	const char *name;

	if (!t)
		return wrong(log, id, "is invalid");
	name = btf_name(btf, t->name_off);
	if (!*name)
		return wrong(log, id, "doesn't have a name");
	if (prog->type->id == BPF_PROG_TYPE_TRACING &&
	    prog->expected_attach_type == BPF_TRACE_RAW_TP)
		return check_tracepoint(t, name, id, log);
	return btf_kind(t) == BTF_KIND_FUNC ? 0 : wrong(log, id, "is not a function");
}

int target_check(const struct prog *prog, struct log *log)
{
	const struct btf *btf = prog->attach_prog ? prog->attach_prog->btf : prog->attach_btf;

	if (!(prog->type->flags & PROGTYPE_ON_BTF))
		return 0;
	if (prog->type->id == BPF_PROG_TYPE_STRUCT_OPS) {
		/* no type of ours is one that programs can implement */
		if (prog->attach_btf_id)
			wrong(log, prog->attach_btf_id, "is not a supported struct");
		return -ENOTSUPP;
	}
	if (!prog->attach_btf_id) {
		log_printf(log, "Tracing programs must provide btf_id\n");
		return -EINVAL;
	}
	if (!btf) {
		log_printf(log, "FENTRY/FEXIT program can only be attached to another program "
				"annotated with BTF\n");
		return -EINVAL;
	}
	return check_type(prog, btf, log);
}
