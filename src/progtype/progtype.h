/*
 * Program types: a row each.  What their context looks like, which helpers they may call, what they
 * may return, and how BPF_PROG_TEST_RUN runs them.
 */
#ifndef SKEP_PROGTYPE_PROGTYPE_H
#define SKEP_PROGTYPE_PROGTYPE_H

#include "base/abi.h"
#include "base/obj.h"
#include "helper/helper.h"

struct prog;

/* What a load from a context field yields. */
enum field_kind {
	FIELD_SCALAR,
	FIELD_PACKET,
	FIELD_PACKET_META,
	FIELD_PACKET_END,
	FIELD_SOCKET, /* struct bpf_sock *, may be NULL */
	FIELD_FLOW_KEYS,
	FIELD_POINTER, /* another pointer: BTF ids, sockopt buffers */
};

/* Sizes are a mask: bit n allows 1 << n bytes. */
struct ctx_field {
	const char *name;
	u16 off, size;  /* as programs see it */
	u8 kind;        /* enum field_kind */
	u8 read, write; /* masks at the field's start */
	u8 narrow;      /* loads of part of it are allowed */
	u16 to;         /* offset in our context */
	u8 to_size;     /* width there: 8 for pointers behind 32-bit fields, else size */
};

/* bpf(BPF_PROG_TEST_RUN): attr as the caller gave it, written back by sys.  0 or -errno. */
typedef int (*test_run_fn)(struct prog *prog, union bpf_attr *attr);

struct progtype {
	const char *name; /* "BPF_PROG_TYPE_XDP" */
	u32 id;
	const char *since;
	const struct ctx_field *fields;
	u32 nr_fields;
	u32 ctx_size;         /* as programs see it */
	test_run_fn test_run; /* NULL: ENOTSUPP */
};

const struct progtype *progtype_by_id(u32 id);

/*
 * May programs of this type and attach type call helper `id`?  sleepable: BPF_F_SLEEPABLE.
 * (facts/helper_by_progtype.tsv)
 */
int progtype_allows_helper(const struct progtype *type, u32 expected_attach_type, u32 sleepable,
			   u32 id);

/*
 * The field that an access of `size` bytes at `off` touches, NULL when Linux refuses it.
 * write: 0 load, 1 store.
 */
const struct ctx_field *progtype_ctx_field(const struct progtype *type, u32 expected_attach_type,
					   int off, u32 size, int write);

/* Linux's rules on what may be loaded with which expected_attach_type.  0 or -EINVAL, ... */
int progtype_check_attach(const struct progtype *type, u32 expected_attach_type);

#endif
