/*
 * Program types: a row each.  What their context looks like, which helpers they may call, what they
 * may return, and how BPF_PROG_TEST_RUN runs them.
 */
#ifndef SKEP_PROGTYPE_PROGTYPE_H
#define SKEP_PROGTYPE_PROGTYPE_H

#include "base/abi.h"
#include "base/caps.h"
#include "base/skep.h"
#include "helper/helper.h"

struct prog;
struct btf;

/* What a load of a whole context field yields. */
enum field_kind {
	FIELD_SCALAR,
	FIELD_PACKET,
	FIELD_PACKET_META,
	FIELD_PACKET_END,
	FIELD_SOCKET,              /* struct bpf_sock *, a full socket */
	FIELD_SOCKET_OR_NULL,      /* the same, or NULL */
	FIELD_SOCK_COMMON_OR_NULL, /* struct bpf_sock *, perhaps not a full socket, or NULL */
	FIELD_FLOW_KEYS,           /* struct bpf_flow_keys *, writable */
	FIELD_TP_BUFFER,           /* the buffer of a writable raw tracepoint */
	FIELD_BTF_POINTER,         /* trusted pointer to the kernel's struct `btf_type` */
};

/*
 * Masks of sizes: a size in bytes is its own bit.  An access has to be aligned to its size.
 *
 * Where an access goes in our context: a field whose to_size is not 0 holds a pointer of 8 bytes
 * behind what programs see as 4, so its load becomes one of 8 bytes at `to`; any other access is
 * at `to + (off - field->off)` with the size it has.  A store to a field with a store_size writes
 * so many bytes of its value and no more: Linux keeps 16 bits behind some fields of 32.
 */
struct ctx_field {
	const char *name;
	const char *btf_type; /* of FIELD_BTF_POINTER */
	u32 off, size;        /* as programs see it; of an array, all of it */
	u8 kind;              /* enum field_kind */
	u8 read;              /* sizes of loads that start where it starts */
	u8 narrow;            /* sizes of loads that start inside of it: scalars */
	u8 write;             /* sizes of stores, at its start and inside */
	u8 readers, writers;  /* enum ctx_view: which variants of the type may at all */
	u8 to_size;
	u8 store_size; /* not 0: all that a store of the whole field keeps */
	u32 to;
};

struct ctx_layout {
	const struct ctx_field *fields; /* NULL: BTF says what the context is */
	u32 nr_fields;
	u32 size; /* bytes that programs can reach */
};

/* May, or has to be loaded with BPF_F_SLEEPABLE. */
enum sleepable { SLEEPABLE_NO, SLEEPABLE_MAY, SLEEPABLE_MUST };

#define ATTACH_ANY (-1)

/* What depends on the expected attach type too. */
struct progtype_variant {
	s32 attach;   /* enum bpf_attach_type, or ATTACH_ANY */
	u8 view;      /* its bit in ctx_field's readers and writers */
	u8 caller;    /* whose bit in allow.def */
	u8 sleepable; /* enum sleepable */
	u8 ranged;    /* 1: R0 at exit has to be in [ret_min, ret_max] */
	s32 ret_min, ret_max;
};

/*
 * BPF_PROG_TEST_RUN of one program: the entry and facts about the program that its type needs,
 * because programs stand above program types.
 */
struct test_run {
	struct skep *skep;
	const struct prog *prog;
	u64 (*entry)(void *ctx, struct run *run, const struct prog *prog);
	const struct run *outer; /* the run that the call comes from, or NULL */
	u32 attach;              /* expected_attach_type */
	u32 prog_flags;          /* BPF_F_XDP_HAS_FRAGS, ... */
	u32 max_ctx_offset;      /* the farthest byte of the context that it touches, plus one */
	void *engine;            /* what run->engine is to be: a checked run's report, or NULL */
};

/* attr->test as the caller gave it; what Linux writes back is in it afterwards.  0 or -errno. */
typedef int (*test_run_fn)(const struct test_run *run, union bpf_attr *attr);

/* Where programs of the type meet a packet on its way through an instance. */
enum packet_flag {
	PACKET_XDP = 1,      /* the context is a struct xdp */
	PACKET_SKB = 2,      /* a struct skb */
	PACKET_FRAME = 4,    /* it starts at the link layer header, else at the network layer's */
	PACKET_WRITABLE = 8, /* by dynptrs, too */
	PACKET_OTHER = 16,   /* there is more to its context than a packet */
};

enum progtype_flag {
	PROGTYPE_GPL = 1,     /* only with a GPL compatible license */
	PROGTYPE_ON_BTF = 2,  /* attaches to what a BTF id names */
	PROGTYPE_ON_PROG = 4, /* ... perhaps in another program */
};

struct progtype {
	const char *name; /* "BPF_PROG_TYPE_XDP" */
	u32 id;
	const char *since;
	const struct ctx_layout *ctx;
	const struct progtype_variant *variants; /* exact attach types first; ATTACH_ANY last */
	u32 nr_variants;
	u32 packet;           /* enum packet_flag, 0: the context holds none */
	u32 caps;             /* enum cap_flag: what loading it takes */
	u32 flags;            /* enum progtype_flag */
	test_run_fn test_run; /* never NULL: those that cannot say so as Linux does */
};

/* NULL when there is no such type. */
const struct progtype *progtype_by_id(u32 id);

/* NULL when Linux refuses to load this type with this expected attach type (-EINVAL). */
const struct progtype_variant *progtype_variant(const struct progtype *type,
						u32 expected_attach_type);

/*
 * May programs of this type and attach type call helper `id`?  Whether the helper wants a GPL
 * program or a sleepable one is said by its own row.
 */
int progtype_allows_helper(const struct progtype *type, u32 expected_attach_type, u32 id);

/*
 * The field that an access of `size` bytes at `off` touches, NULL when Linux refuses it
 * ("invalid bpf_context access").  write: 0 load, 1 store.
 */
const struct ctx_field *progtype_ctx_field(const struct progtype *type, u32 expected_attach_type,
					   int off, u32 size, int write);

/* Linux's rules on what may be loaded with which expected_attach_type.  0 or -EINVAL. */
int progtype_check_attach(const struct progtype *type, u32 expected_attach_type);

#endif
