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
	ARG_MEM,	       /* pointer; the next argument is its size */
	ARG_FIXED_MEM,	       /* pointer to arg_size bytes */
	ARG_SIZE,	       /* of the memory before it, > 0 */
	ARG_SIZE_OR_ZERO,
	ARG_CTX,
	ARG_CONST_ALLOC_SIZE,  /* bpf_ringbuf_reserve's size, known at load */
	ARG_RINGBUF_MEM,       /* what bpf_ringbuf_reserve gave */
	ARG_DYNPTR,
	ARG_FUNC,	       /* a callback */
	ARG_STACK,
	ARG_CONST_STR,
	ARG_TIMER,
	ARG_SPIN_LOCK,
	ARG_KPTR,
	ARG_INT,	       /* pointer to an int to be written */
	ARG_LONG,
	ARG_SOCKET,
	ARG_SOCK_COMMON,
	ARG_BTF_ID,
	ARG_PERCPU_BTF_ID,
	ARG_CGROUP,
};

enum ret_kind {
	RET_INTEGER,
	RET_VOID,
	RET_MAP_VALUE,
	RET_SOCKET,
	RET_TCP_SOCK,
	RET_SOCK_COMMON,
	RET_RINGBUF_MEM,
	RET_MEM,	     /* of a size that an argument tells, or a fixed one */
	RET_DYNPTR_MEM,
	RET_BTF_ID,
	RET_MEM_OR_BTF_ID,
};

/* or-ed to the kinds above */
#define ARG_KIND(a) ((a)&0xff)
#define ARG_MAYBE_NULL 0x100
#define ARG_UNINIT 0x200    /* the helper writes it, it need not be initialised */
#define ARG_RDONLY 0x400    /* read-only memory will do */
#define ARG_WRITE 0x800	    /* the helper writes it, and it has to be initialised */
#define ARG_RELEASE 0x1000  /* the reference ends here */
#define ARG_ALIGNED 0x2000
#define RET_KIND(r) ((r)&0xff)
#define RET_MAYBE_NULL 0x100
#define RET_TRUSTED 0x200
#define RET_ACQUIRE 0x400

enum helper_flag {
	HELPER_GPL = 1,
	HELPER_PKT_ACCESS = 2,	 /* takes pointers into the packet */
	HELPER_CHANGES_PKT = 4,	 /* pointers into the packet are void after it */
	HELPER_MIGHT_SLEEP = 8,
	HELPER_ACQUIRES = 16,
};

struct helper {
	const char *name; /* without "bpf_" */
	helper_fn fn;	  /* NULL: Linux has it, skep does not yet */
	u16 ret;
	u16 arg[5];
	u16 arg_size[5]; /* of ARG_FIXED_MEM */
	u16 flags;	 /* enum helper_flag */
	const char *since;
};

/* Rows by BPF_FUNC_ number; NULL outside 1..211. */
const struct helper *helper_by_id(u32 id);

/* kfuncs, found by the name that their BTF has. */
enum kfunc_flag { KF_ACQUIRE = 1, KF_RELEASE = 2, KF_RET_NULL = 4, KF_TRUSTED_ARGS = 8, KF_SLEEPABLE = 16,
		  KF_DESTRUCTIVE = 32, KF_RCU = 64, KF_ITER_NEW = 256, KF_ITER_NEXT = 512, KF_ITER_DESTROY = 1024 };
struct kfunc {
	const char *name;
	helper_fn fn; /* NULL: Linux has it, skep does not yet */
	const char *proto; /* as Linux's BTF prints it */
	u32 flags;
	const char *since;
};
const struct kfunc *kfunc_by_name(const char *name);
const struct kfunc *kfunc_by_index(u32 index); /* NULL past the last */

#endif
