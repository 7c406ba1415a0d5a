/*
 * Names of sections that came to libbpf after the version that may be ours (1.1): objects use them,
 * and Linux 6.18 has what they stand for.
 */
#include "base/abi.h"

#include "load/load.h"

#include <bpf/libbpf.h>

#include "load/shim.h"

static const struct section {
	const char *name;
	u16 minor; /* of libbpf 1.x, that knows it */
	u16 prog_type, attach_type;
} sections[] = {
	{"netfilter", 3, BPF_PROG_TYPE_NETFILTER, BPF_NETFILTER},
	{"tcx/ingress", 3, BPF_PROG_TYPE_SCHED_CLS, BPF_TCX_INGRESS},
	{"tcx/egress", 3, BPF_PROG_TYPE_SCHED_CLS, BPF_TCX_EGRESS},
	{"netkit/primary", 3, BPF_PROG_TYPE_SCHED_CLS, BPF_NETKIT_PRIMARY},
	{"netkit/peer", 3, BPF_PROG_TYPE_SCHED_CLS, BPF_NETKIT_PEER},
	{"cgroup/connect_unix", 3, BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UNIX_CONNECT},
	{"cgroup/sendmsg_unix", 3, BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UNIX_SENDMSG},
	{"cgroup/recvmsg_unix", 3, BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UNIX_RECVMSG},
	{"cgroup/getpeername_unix", 3, BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UNIX_GETPEERNAME},
	{"cgroup/getsockname_unix", 3, BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UNIX_GETSOCKNAME},
};

static void register_sections(void)
{
	if (libbpf_major_version() != 1)
		return;
	for (u32 i = 0; i < ARRAY_SIZE(sections); i++) {
		const struct section *s = &sections[i];

		if (libbpf_minor_version() < s->minor)
			libbpf_register_prog_handler(s->name, s->prog_type, s->attach_type, NULL);
	}
}

void load_know_sections(void)
{
	pthread_once(&load_process.sections_once, register_sections);
}
