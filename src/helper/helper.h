/*
 * Helpers and kfuncs.  A helper is one function beside its row: the row's types are what the
 * verifier checks calls against, and everything that is special about a helper is a flag of it.
 */
#ifndef SKEP_HELPER_HELPER_H
#define SKEP_HELPER_HELPER_H

#include "base/abi.h"
#include "base/run.h"

typedef u64 (*helper_fn)(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5, struct run *run);

/* What an argument has to be.  Names follow Linux's enum bpf_arg_type. */
enum arg_kind {
	ARG_NONE,
	ARG_ANYTHING,
	ARG_CONST_MAP_PTR,
	ARG_MAP_KEY,
	ARG_MAP_VALUE,
	ARG_MEM,       /* pointer; the next argument is its size */
	ARG_FIXED_MEM, /* pointer to ARG_BYTES bytes */
	ARG_SIZE,      /* of the memory before it, > 0 */
	ARG_SIZE_OR_ZERO,
	ARG_CTX,
	ARG_CONST_ALLOC_SIZE, /* bpf_ringbuf_reserve's size, known at load */
	ARG_RINGBUF_MEM,      /* what bpf_ringbuf_reserve gave */
	ARG_DYNPTR,
	ARG_FUNC, /* a callback */
	ARG_STACK,
	ARG_CONST_STR,
	ARG_TIMER,
	ARG_SPIN_LOCK,
	ARG_KPTR,
	ARG_SOCKET,
	ARG_SOCK_COMMON,
	ARG_BTF_ID_SOCK_COMMON, /* any socket: of a context, a reference, or a BTF pointer */
	ARG_BTF_ID,             /* ARG_BTF tells to what */
	ARG_PERCPU_BTF_ID,
};

enum ret_kind {
	RET_INTEGER,
	RET_VOID,
	RET_MAP_VALUE,
	RET_SOCKET,
	RET_TCP_SOCK,
	RET_SOCK_COMMON,
	RET_RINGBUF_MEM,
	RET_MEM, /* of a size that an argument tells, or a fixed one */
	RET_DYNPTR_MEM,
	RET_BTF_ID,
	RET_MEM_OR_BTF_ID,
};

/* The kernel structs that BTF arguments and results point to. */
#define HELPER_BTF_TYPES(X)                                                                        \
	X(task_struct)                                                                             \
	X(seq_file)                                                                                \
	X(inode)                                                                                   \
	X(cgroup)                                                                                  \
	X(xdp_buff)                                                                                \
	X(sk_buff)                                                                                 \
	X(file)                                                                                    \
	X(path)                                                                                    \
	X(linux_binprm)                                                                            \
	X(tcp6_sock)                                                                               \
	X(tcp_sock)                                                                                \
	X(tcp_timewait_sock)                                                                       \
	X(tcp_request_sock)                                                                        \
	X(udp6_sock)                                                                               \
	X(unix_sock)                                                                               \
	X(mptcp_sock)                                                                              \
	X(socket)                                                                                  \
	X(pt_regs)

enum helper_btf {
	HELPER_BTF_NONE,
#define X(name) HELPER_BTF_##name,
	HELPER_BTF_TYPES(X)
#undef X
};

/* or-ed to the kinds above */
#define ARG_KIND(a) ((a)&0xff)
#define ARG_MAYBE_NULL 0x100
#define ARG_UNINIT 0x200   /* the helper writes it, it need not be initialised */
#define ARG_RDONLY 0x400   /* read-only memory will do */
#define ARG_WRITE 0x800    /* the helper writes it, and it has to be initialised */
#define ARG_RELEASE 0x1000 /* the reference ends here */
#define ARG_ALIGNED 0x2000
#define ARG_DYNPTR_LOCAL 0x4000
#define ARG_DYNPTR_RINGBUF 0x8000
#define ARG_BYTES(n) ((n) << 16) /* of ARG_FIXED_MEM */
#define ARG_BTF(name) (HELPER_BTF_##name << 16)
#define ARG_DETAIL(a) ((a) >> 16) /* what the two above put in */
#define RET_KIND(r) ((r)&0xff)
#define RET_MAYBE_NULL 0x100
#define RET_TRUSTED 0x200
#define RET_RDONLY 0x400
#define RET_BTF(name) (HELPER_BTF_##name << 16)

enum helper_flag {
	HELPER_GPL = 1,
	HELPER_PKT_ACCESS = 2,  /* takes pointers into the packet */
	HELPER_CHANGES_PKT = 4, /* pointers into the packet are void after it */
	HELPER_MIGHT_SLEEP = 8,
	HELPER_ACQUIRES = 16,       /* what it returns has to be released */
	HELPER_SYNC_CALLBACK = 32,  /* calls its ARG_FUNC before it returns */
	HELPER_ASYNC_CALLBACK = 64, /* ... at some later time */
	HELPER_PTR_CAST = 128,      /* what it returns is its argument, seen differently */
	HELPER_DYNPTR_REF = 256,    /* what it returns lives as long as its dynptr */
	HELPER_FASTCALL = 512,      /* leaves r1..r5 alone: compilers may not have saved them */
};

struct helper {
	const char *name; /* without "bpf_" */
	helper_fn fn;     /* NULL: Linux has it, skep does not yet */
	u32 id;           /* BPF_FUNC_ number */
	u32 ret;
	u32 arg[5];
	u32 flags; /* enum helper_flag */
	const char *since;
};

/*
 * The row of a BPF_FUNC_ number; NULL outside 1..211.  Names, versions and GPL are the same for all
 * program types; what is called and with which arguments helper_for tells.
 */
const struct helper *helper_by_id(u32 id);

/* The row as programs of this type (BPF_PROG_TYPE_) see it: what checking and engines go by. */
const struct helper *helper_for(u32 id, u32 prog_type);

/* "task_struct" for HELPER_BTF_task_struct. */
const char *helper_btf_name(enum helper_btf type);

/* kfuncs, found by the name that their BTF has. */
enum kfunc_flag {
	KF_ACQUIRE = 1,
	KF_RELEASE = 2,
	KF_RET_NULL = 4,
	KF_TRUSTED_ARGS = 8,
	KF_SLEEPABLE = 16,
	KF_DESTRUCTIVE = 32,
	KF_RCU = 64,
	KF_ITER_NEW = 256,
	KF_ITER_NEXT = 512,
	KF_ITER_DESTROY = 1024,
	KF_RCU_PROTECTED = 2048,
	KF_FASTCALL = 4096,
	KF_IMPLICIT_ARGS = 8192,
	KF_ARENA_RET = 16384,
	KF_ARENA_ARG2 = 32768,
	/* not Linux's number: only programs that are bound to a device may call it */
	KF_DEVICE_BOUND = 1 << 30,
};

struct kfunc {
	const char *name;
	helper_fn fn;      /* NULL: Linux has it, skep does not yet */
	const char *proto; /* as Linux's BTF prints it */
	u32 flags;
	const char *since;
};
const struct kfunc *kfunc_by_name(const char *name);
const struct kfunc *kfunc_by_index(u32 index); /* NULL past the last */

#endif
