/* BPF_PROG_LOAD: from attr to a program that runs. */
#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "base/since.h"
#include "btf/btf.h"
#include "progtype/progtype.h"
#include "sys/internal.h"
#include "verifier/verifier.h"

enum { INSNS_MAX = 1000000, UNPRIVILEGED_INSNS_MAX = 4096, LICENSE_MAX = 128 };

#define FLAGS_KNOWN                                                                                \
	(BPF_F_STRICT_ALIGNMENT | BPF_F_ANY_ALIGNMENT | BPF_F_TEST_RND_HI32 |                      \
	 BPF_F_TEST_STATE_FREQ | BPF_F_SLEEPABLE | BPF_F_XDP_HAS_FRAGS |                           \
	 BPF_F_XDP_DEV_BOUND_ONLY | BPF_F_TEST_REG_INVARIANTS | BPF_F_TOKEN_FD)

/* With these, and no others, a program may call what is only for the GPL'd. */
static const char *const gpl_licenses[] = {
	"GPL",          "GPL v2",       "GPL and additional rights",
	"Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL",
};

static int is_gpl(const char *license)
{
	for (u32 i = 0; i < ARRAY_SIZE(gpl_licenses); i++)
		if (!strcmp(license, gpl_licenses[i]))
			return 1;
	return 0;
}

/* Old users leave these two at 0 and mean: */
static void fix_attach_type(union bpf_attr *attr)
{
	if (attr->prog_type == BPF_PROG_TYPE_CGROUP_SOCK && !attr->expected_attach_type)
		attr->expected_attach_type = BPF_CGROUP_INET_SOCK_CREATE;
	if (attr->prog_type == BPF_PROG_TYPE_SK_REUSEPORT && !attr->expected_attach_type)
		attr->expected_attach_type = BPF_SK_REUSEPORT_SELECT;
}

/*
 * What can be said of attr without making anything, in Linux's order.  *type is NULL for a type
 * that there is not: Linux finds out when it has read the instructions.
 */
static int check_attr(struct call *call, const struct progtype **out)
{
	union bpf_attr *attr = &call->attr;
	const struct progtype *type = progtype_by_id(attr->prog_type);
	u32 lacks;

	if (attr->prog_flags & ~(u32)FLAGS_KNOWN)
		return -EINVAL;
	fix_attach_type(attr);
	if (attr->prog_flags & BPF_F_TOKEN_FD)
		return token_error(call->skep, attr->prog_token_fd);
	lacks = caller_lacks(call->skep);
	if (lacks & CAP_FLAG_ANY)
		return -EPERM;
	if (!attr->insn_cnt ||
	    attr->insn_cnt > (lacks & CAP_FLAG_BPF ? UNPRIVILEGED_INSNS_MAX : INSNS_MAX))
		return -E2BIG;
	if (lacks & (type ? type->caps : CAP_FLAG_BPF))
		return -EPERM;
	if (!type || !since_visible(call->skep, type->since))
		return 0;
	*out = type;
	return progtype_check_attach(type, attr->expected_attach_type);
}

static int copy_in(struct call *call, struct prog *prog)
{
	const union bpf_attr *attr = &call->attr;
	char license[LICENSE_MAX];

	if (user_read(call->skep, prog->orig_insns, attr->insns,
		      (u64)prog->orig_len * sizeof(*prog->orig_insns)))
		return -EFAULT;
	if (user_string(call->skep, license, attr->license, sizeof(license)))
		return -EFAULT;
	if (!prog->type)
		return -EINVAL;
	prog->gpl = (u8)is_gpl(license);
	prog->load_time_ns = call->skep->os->clock_ns(call->skep->os, CLOCK_BOOTTIME);
	prog->uid = getuid();
	return name_copy(prog->name, attr->prog_name);
}

/* What the caller is told besides the log: the size of records that it may use. */
static int put_sizes(struct call *call, const union bpf_attr *before)
{
	const union bpf_attr *attr = &call->attr;

	if ((attr->func_info_rec_size != before->func_info_rec_size &&
	     CALL_PUT(call, func_info_rec_size)) ||
	    (attr->line_info_rec_size != before->line_info_rec_size &&
	     CALL_PUT(call, line_info_rec_size)) ||
	    (attr->core_relo_rec_size != before->core_relo_rec_size &&
	     CALL_PUT(call, core_relo_rec_size)))
		return -EFAULT;
	return 0;
}

static int verify(struct call *call, struct prog *prog)
{
	const union bpf_attr before = call->attr;
	union bpf_attr *attr = &call->attr;
	struct call_log log;
	int err = call_log_begin(call, &log, attr->log_level, attr->log_buf, attr->log_size);
	int log_err;

	if (err)
		return err;
	err = target_check(prog, &log.log);
	if (!err)
		err = verifier_check(prog, attr, &log.log);
	log_err = call_log_end(call, &log, &attr->log_true_size);
	if (!log_err)
		log_err = put_sizes(call, &before);
	if (log_err)
		err = log_err;
	if (call->size >= offsetof(union bpf_attr, log_true_size) + sizeof(attr->log_true_size) &&
	    CALL_PUT(call, log_true_size))
		err = -EFAULT;
	return err;
}

/* The BTF that func_info and line_info speak of. */
static int take_btf(struct call *call, struct prog *prog)
{
	struct obj *obj;
	int err;

	if (!call->attr.prog_btf_fd || (!call->attr.func_info_cnt && !call->attr.line_info_cnt))
		return 0;
	err = sys_obj_by_fd(call->skep, (int)call->attr.prog_btf_fd, OBJ_BTF, &obj);
	if (!err)
		prog->btf = btf_of(obj);
	return err;
}

static int fill(struct call *call, struct prog *prog)
{
	int err = target_take(call, prog);

	if (!err)
		err = copy_in(call, prog);
	if (!err)
		err = take_btf(call, prog);
	if (!err)
		err = verify(call, prog);
	if (err)
		return err;
	prog->engine = call->skep->engine;
	err = prog->engine->compile(prog);
	if (err)
		prog->engine = NULL;
	return err;
}

long cmd_prog_load(struct call *call)
{
	const struct progtype *type = NULL;
	struct prog *prog;
	int err = check_attr(call, &type);

	if (err)
		return err;
	prog = prog_alloc(call->skep, call->attr.insn_cnt);
	if (!prog)
		return -ENOMEM;
	prog->type = type;
	prog->expected_attach_type = call->attr.expected_attach_type;
	prog->prog_flags = call->attr.prog_flags;
	err = fill(call, prog);
	if (err) {
		obj_put(&prog->obj);
		return err;
	}
	return publish(call->skep, &prog->obj, MODE_BOTH);
}
