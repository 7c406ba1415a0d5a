/* bpf(2) itself: the instance answers; here is decided what it may keep others waiting for. */
#include <sys/syscall.h>
#include <unistd.h>

#include "exec/internal.h"

/* May it take longer than another client should wait? */
static int is_slow(u32 cmd)
{
	switch (cmd) {
	case BPF_PROG_LOAD:
	case BPF_PROG_TEST_RUN:
	case BPF_BTF_LOAD:
	case BPF_MAP_LOOKUP_BATCH:
	case BPF_MAP_LOOKUP_AND_DELETE_BATCH:
	case BPF_MAP_UPDATE_BATCH:
	case BPF_MAP_DELETE_BATCH:
		return 1;
	default:
		return 0;
	}
}

int notice_may_wait(const struct notice *n)
{
	switch (n->call.data.nr) {
	case SYS_bpf:
		return is_slow((u32)n->call.data.args[0]);
	case SYS_poll:
	case SYS_ppoll:
	case SYS_select:
	case SYS_pselect6:
		return sys_has_buffers(n->exec->skep);
	default:
		return 0;
	}
}

int bpf_is_served(void)
{
	return syscall(SYS_bpf, BPF_ARE_YOU_SKEP, NULL, 0) == BPF_I_AM_SKEP;
}

long serve_bpf(struct notice *n)
{
	const __u64 *args = n->call.data.args;

	if ((u32)args[0] == BPF_ARE_YOU_SKEP && !args[1])
		return BPF_I_AM_SKEP;
	if (is_slow((u32)args[0]))
		notice_yield(n);
	return sys_bpf(n->exec->skep, (int)args[0], u64_to_ptr(args[1]), (u32)args[2]);
}
