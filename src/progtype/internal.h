/* What the files of progtype/ share: the tables' pieces, put together in progtype.c. */
#ifndef SKEP_PROGTYPE_INTERNAL_H
#define SKEP_PROGTYPE_INTERNAL_H

#include "progtype/progtype.h"

/* The context structs, one .def each; ctx.c makes them tables. */
enum ctx_id {
	CTX_NONE, /* BTF says */
	CTX_SKB,
	CTX_XDP,
	CTX_SOCK,
	CTX_SOCK_ADDR,
	CTX_SOCK_OPS,
	CTX_SK_MSG,
	CTX_SK_REUSEPORT,
	CTX_SK_LOOKUP,
	CTX_SOCKOPT,
	CTX_SYSCTL,
	CTX_DEVICE,
	CTX_NETFILTER,
	CTX_PT_REGS,
	CTX_PERF_EVENT,
	CTX_TRACEPOINT,
	CTX_RAW_TP,
	CTX_RAW_TP_WRITABLE,
	CTX_SYSCALL,
	CTX_IDS,
};

extern const struct ctx_layout ctx_layouts[CTX_IDS];

/*
 * Variants of a context: which fields a program type (or attach type) may use of a struct that it
 * shares with others.
 */
enum ctx_view {
	ALL_VIEWS = 0xff,

	/* struct __sk_buff */
	SKB_FILTER = 1,
	SKB_TC = 2,
	SKB_CGROUP = 4,
	SKB_LWT = 8,
	SKB_SK = 16,
	SKB_DISSECT = 32,

	/* struct xdp_md */
	XDP_RX = 1,
	XDP_TX_SIDE = 2,

	/* struct bpf_sock */
	SOCK_CREATE = 1,
	SOCK_BIND4 = 2,
	SOCK_BIND6 = 4,

	/* struct bpf_sock_addr */
	ADDR_4 = 1,
	ADDR_6 = 2,
	ADDR_SEND4 = 4,
	ADDR_SEND6 = 8,
	ADDR_UNIX = 16,

	/* struct bpf_sockopt */
	SOCKOPT_GET = 1,
	SOCKOPT_SET = 2,
};

/* Who calls helpers: CALLER_TC, ... */
enum helper_caller {
#define CALLER(name) CALLER_##name,
#include "progtype/caller.def"
#undef CALLER
	CALLERS,
};

/* BPF_PROG_TEST_RUN, one for each kind of context; the last three are refusals. */
int test_run_skb(const struct test_run *test, union bpf_attr *attr);
int test_run_skb_writable(const struct test_run *test, union bpf_attr *attr);
int test_run_skb_l2(const struct test_run *test, union bpf_attr *attr);
int test_run_xdp(const struct test_run *test, union bpf_attr *attr);
int test_run_flow(const struct test_run *test, union bpf_attr *attr);
int test_run_netfilter(const struct test_run *test, union bpf_attr *attr);
int test_run_sk_lookup(const struct test_run *test, union bpf_attr *attr);
int test_run_raw_tp(const struct test_run *test, union bpf_attr *attr);
int test_run_syscall(const struct test_run *test, union bpf_attr *attr);
int test_run_tracing(const struct test_run *test, union bpf_attr *attr);
int test_run_struct_ops(const struct test_run *test, union bpf_attr *attr);
int test_run_none(const struct test_run *test, union bpf_attr *attr);

#endif
