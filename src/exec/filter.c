/*
 * The seccomp filter, made from the table: a number that is not in it leaves after the comparisons,
 * and the kernel remembers such numbers, so that they cost nothing.
 *
 * Sound because: the filter decides only what we see.  What it lets through is the kernel's to
 * judge by what the client may do by itself.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "exec/internal.h"

enum { ROW_INSNS_MAX = 2 + ROW_CONDS * 5 + 1, HEAD_INSNS = 4, INSNS_MAX = 2048 };

struct code {
	struct sock_filter insns[INSNS_MAX];
	u32 len;
};

static void emit(struct code *code, struct sock_filter insn)
{
	code->insns[code->len++] = insn;
}

/* The distance to a place that is not known yet is patched in by land(). */
static void emit_exit_unless(struct code *code, u16 op, u32 k)
{
	emit(code, (struct sock_filter)BPF_JUMP(BPF_JMP | op | BPF_K, k, 0, 0xff));
}

static void load(struct code *code, u32 off)
{
	emit(code, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, off));
}

static u32 arg_off(u32 n)
{
	return (u32)offsetof(struct seccomp_data, args) + n * (u32)sizeof(u64);
}

static void emit_cond(struct code *code, const struct cond *c)
{
	load(code, arg_off(c->arg));
	if (c->op == COND_EQ) {
		emit(code, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, c->mask));
		emit_exit_unless(code, BPF_JEQ, c->value);
		return;
	}
	/* either half is not 0 */
	emit(code, (struct sock_filter)BPF_STMT(BPF_MISC | BPF_TAX, 0));
	load(code, arg_off(c->arg) + 4);
	emit(code, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_OR | BPF_X, 0));
	emit_exit_unless(code, BPF_JSET, ~0u);
}

/* Jumps of this row that were left open go to its end. */
static void land(struct code *code, u32 from)
{
	for (u32 i = from; i < code->len; i++)
		if (code->insns[i].jf == 0xff)
			code->insns[i].jf = (u8)(code->len - i - 1);
}

/* What containers' own filters answer with an errno has to be trapped, which is stronger. */
static u32 action(const struct plan *plan, u32 row)
{
	if (!plan->traced)
		return SECCOMP_RET_USER_NOTIF;
	return plan->denied[row] ? SECCOMP_RET_TRAP : SECCOMP_RET_TRACE;
}

static void emit_row(struct code *code, const struct row *row, u32 ret)
{
	u32 start = code->len;

	load(code, offsetof(struct seccomp_data, nr));
	emit_exit_unless(code, BPF_JEQ, (u32)row->nr);
	for (u32 i = 0; i < ROW_CONDS && row->when[i].op != COND_NONE; i++)
		emit_cond(code, &row->when[i]);
	emit(code, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, ret));
	land(code, start);
}

/* Other ABIs of the machine have other numbers: nothing of them is ours. */
static void make(struct code *code, const struct plan *plan)
{
	code->len = 0;
	load(code, offsetof(struct seccomp_data, arch));
	emit(code,
	     (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0));
	emit(code, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
	for (u32 i = 0; i < nr_rows; i++)
		if (plan->as_root || !rows[i].only_as_root)
			emit_row(code, &rows[i], action(plan, i));
	emit(code, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
}

_Static_assert(HEAD_INSNS + STAT_ROWS * ROW_INSNS_MAX <= INSNS_MAX, "all rows fit");

static int install(const struct sock_fprog *prog, unsigned long flags)
{
	long fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, prog);

	return fd < 0 ? -errno : (int)fd;
}

/*
 * A call that we have received waits even when a signal comes: interrupted, it would be made again
 * with what it did already done.  Linux has that since 5.19.
 */
int filter_install(const struct plan *plan)
{
	struct code code;
	struct sock_fprog prog = {.filter = code.insns};
	int fd;

	make(&code, plan);
	prog.len = (unsigned short)code.len;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -errno;
	if (plan->traced)
		return install(&prog, 0);
	fd = install(&prog,
		     SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);
	return fd == -EINVAL ? install(&prog, SECCOMP_FILTER_FLAG_NEW_LISTENER) : fd;
}
