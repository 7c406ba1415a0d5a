/*
 * Dynptrs: bounded memory whose size is known only at run time.  A program sees 16 opaque bytes:
 *
 *	| address of the memory, or of the packet's context (8) | size and kind (4) | offset (4) |
 *
 *	size and kind:  31 read-only | 30..28 kind | 27..24 zero | 23..0 size
 */
#ifndef SKEP_HELPER_DYNPTR_H
#define SKEP_HELPER_DYNPTR_H

#include "base/abi.h"
#include "base/types.h"

enum dynptr_kind {
	DYNPTR_NONE,
	DYNPTR_LOCAL,
	DYNPTR_RINGBUF,
	DYNPTR_SKB,
	DYNPTR_XDP,
	DYNPTR_SKB_META
};

#define DYNPTR_MAX_SIZE 0xffffffu
#define DYNPTR_KIND_SHIFT 28
#define DYNPTR_RDONLY 0x80000000u

struct dynptr {
	u64 data; /* 0: null */
	u32 size_kind;
	u32 offset;
};
_Static_assert(sizeof(struct dynptr) == sizeof(struct bpf_dynptr), "what programs reserve");

/* Where a dynptr is to read from or write to. */
struct dynptr_range {
	u32 off, len;
};

static inline u32 dynptr_size(const struct dynptr *p)
{
	return p->size_kind & DYNPTR_MAX_SIZE;
}

static inline enum dynptr_kind dynptr_kind(const struct dynptr *p)
{
	return (p->size_kind & ~DYNPTR_RDONLY) >> DYNPTR_KIND_SHIFT;
}

static inline int dynptr_rdonly(const struct dynptr *p)
{
	return (p->size_kind & DYNPTR_RDONLY) != 0;
}

static inline void dynptr_set(struct dynptr *p, void *data, enum dynptr_kind kind, u32 size)
{
	p->data = ptr_to_u64(data);
	p->size_kind = (u32)kind << DYNPTR_KIND_SHIFT | size;
	p->offset = 0;
}

static inline void dynptr_set_null(struct dynptr *p)
{
	memset(p, 0, sizeof(*p));
}

/* What a failed maker leaves behind and returns: a null dynptr, and why. */
static inline u64 dynptr_none(struct dynptr *p, int err)
{
	dynptr_set_null(p);
	return (u64)err;
}

/* 0 or -E2BIG */
int dynptr_check(const struct dynptr *p, u32 off, u32 len);

int dynptr_read(const struct dynptr *p, u32 off, void *to, u32 len);
int dynptr_write(struct dynptr *p, u32 off, const void *from, u32 len);

/* The address of the range when it is in one piece, else NULL. */
u8 *dynptr_piece(const struct dynptr *p, u32 off, u32 len);

#endif
