/*
 * What Linux asks of who calls bpf(2), as a set.  SYS_ADMIN has all the others in it; ANY is lacked
 * where kernel.unprivileged_bpf_disabled keeps those without BPF from making anything.
 */
#ifndef SKEP_BASE_CAPS_H
#define SKEP_BASE_CAPS_H

enum cap_flag {
	CAP_FLAG_BPF = 1,
	CAP_FLAG_NET_ADMIN = 2,
	CAP_FLAG_PERFMON = 4,
	CAP_FLAG_SYS_ADMIN = 8,
	CAP_FLAG_ANY = 16,
};

#endif
