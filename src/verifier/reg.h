/*
 * What a register (or a spilled one) holds: a number, or a pointer to something with an offset.
 *
 *	pointer = base + off (constant) + num (what was added since, as a number)
 *
 * A value type.  Precision is no property of it: it belongs to kept states (state.h).
 */
#ifndef SKEP_VERIFIER_REG_H
#define SKEP_VERIFIER_REG_H

#include "verifier/num.h"

struct map;
struct btf;
struct state;

enum reg_type {
	REG_NOTHING, /* never written */
	REG_SCALAR,
	REG_CTX,
	REG_MAP_PTR,
	REG_MAP_VALUE,
	REG_MAP_KEY,
	REG_STACK,
	REG_PACKET_META,
	REG_PACKET,
	REG_PACKET_END,
	REG_FLOW_KEYS,
	REG_SOCKET,
	REG_SOCK_COMMON,
	REG_TCP_SOCK,
	REG_TP_BUFFER,
	REG_XDP_SOCK,
	REG_BTF,
	REG_MEM,
	REG_ARENA,
	REG_BUF,
	REG_FUNC,
	REG_DYNPTR,
	REG_TYPES
};

enum reg_flag {
	REG_OR_NULL = 1,
	REG_RDONLY = 2,
	REG_RINGBUF = 4,
	REG_USER = 8,
	REG_PERCPU = 16,
	REG_RCU = 32,
	REG_UNTRUSTED = 64,
	REG_TRUSTED = 128,
	REG_ALLOC = 256,
	REG_NON_OWNING = 512,
	REG_DYNPTR_SLICE = 1024, /* goes when its dynptr's data does: packet slices */
};

/* In reg.id of a scalar: it is the linked one plus reg.off, in 64 or in 32 bits. */
#define ID_ADD_64 0x80000000u
#define ID_ADD_32 0x40000000u
#define ID_ADD_CONST (ID_ADD_64 | ID_ADD_32)

struct reg {
	u8 type;   /* enum reg_type */
	u8 frame;  /* REG_STACK: whose */
	u16 flags; /* enum reg_flag */
	s32 off;
	union {
		struct {
			struct map *map;
			u32 map_uid; /* of a map of a map: which lookup */
		};
		struct {
			const struct btf *btf;
			u32 btf_id;
		};
		u32 mem_size;
		s32 range; /* packets: bytes from the base that are there; or RANGE_ below */
		u32 subprog;
		struct {
			u64 raw[2];
		};
	};
	struct num num;
	u32 id, ref_id;
};

/* Of a packet pointer that was compared with the end: it is past it, or at it. */
enum { RANGE_AT_END = -1, RANGE_BEYOND_END = -2 };

/* type and flags in one number: what Linux's verifier switches on */
static inline u32 reg_full(const struct reg *r)
{
	return r->type | (u32)r->flags << 8;
}
#define FULL(type, flags) ((u32)(type) | (u32)(flags) << 8)

static inline int reg_is_scalar(const struct reg *r)
{
	return r->type == REG_SCALAR;
}

static inline int reg_is_const(const struct reg *r)
{
	return r->type == REG_SCALAR && tnum_is_const(r->num.var);
}

static inline int reg_is_null(const struct reg *r)
{
	return reg_is_const(r) && !r->num.var.value;
}

static inline int reg_is_packet(const struct reg *r)
{
	return r->type == REG_PACKET || r->type == REG_PACKET_META;
}

/* "map_value_or_null", "rdonly_mem", "scalar" ... of a full type */
struct reg_name {
	char text[64];
};
struct reg_name reg_name(u32 full);

/* r becomes that */
void reg_set_nothing(struct reg *r);
void reg_set_unknown(struct reg *r);
void reg_set_const(struct reg *r, u64 value);
void reg_set_pointer(struct reg *r, u32 full); /* at offset 0, all else cleared */

/* All of it the same, ids too. */
static inline int reg_same(const struct reg *a, const struct reg *b)
{
	return a->type == b->type && (a->type == REG_NOTHING || !memcmp(a, b, sizeof(*a)));
}

/* A number is linked to nothing any more: no id without its distance, nor the other way round. */
static inline void reg_unlink(struct reg *r)
{
	r->id = 0;
	r->off = 0;
}

/* The low half alone: what a 32-bit instruction or narrower load leaves. */
void reg_truncate(struct reg *r, u32 size);

/* Can the pointer never be NULL? */
int reg_never_null(const struct reg *r);

#endif
