/*
 * denied COMMAND...: run it under a filter that refuses bpf(2), perf_event_open(2), mount(2) and
 * umount(2), as containers do by default;
 * denied -f COMMAND...: and pidfd_getfd(2), as some of them do; denied -p COMMAND...: and
 * ptrace(2).
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>

#include "probe.h"

#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif

#define REFUSE(nr)                                                                                 \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1),                                             \
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)

int main(int argc, char **argv)
{
	int option = argc > 1 && argv[1][0] == '-' ? argv[1][1] : 0;
	struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		REFUSE(SYS_bpf),
		REFUSE(SYS_perf_event_open),
		REFUSE(SYS_mount),
		REFUSE(SYS_umount2),
		REFUSE(option == 'f' ? SYS_pidfd_getfd : SYS_bpf),
		REFUSE(option == 'p' ? SYS_ptrace : SYS_bpf),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = {sizeof(insns) / sizeof(insns[0]), insns};

	if (option)
		argv++, argc--;
	if (argc < 2 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog))
		return 125;
	execvp(argv[1], argv + 1);
	return 127;
}
