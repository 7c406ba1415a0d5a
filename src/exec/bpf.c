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
	case BPF_MAP_FREEZE: /* looks at everybody's mappings */
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

static int attaches(u32 cmd)
{
	return cmd == BPF_PROG_ATTACH || cmd == BPF_LINK_CREATE || cmd == BPF_RAW_TRACEPOINT_OPEN;
}

/* Who waits for events ought to know that there will be none; once is enough. */
static void remark_attached(struct exec *exec)
{
	if (!atomic_exchange(&exec->remarked, 1))
		exec_say("note: programs can be attached, but nothing fires them yet");
}

long serve_bpf(struct notice *n)
{
	const __u64 *args = n->call.data.args;
	long ret;

	if ((u32)args[0] == BPF_ARE_YOU_SKEP && !args[1])
		return BPF_I_AM_SKEP;
	if (is_slow((u32)args[0]))
		notice_yield(n);
	ret = sys_bpf(n->exec->skep, (int)args[0], u64_to_ptr(args[1]), (u32)args[2]);
	if (ret >= 0 && attaches((u32)args[0]))
		remark_attached(n->exec);
	return ret;
}
