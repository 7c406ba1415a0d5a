/*
 * What the flow pass knows of one register or stack slot: the kinds it may have, and where there is
 * one answer, its constant bytes (scalars), its offset (pointers), its map, its frame.
 */
#ifndef SKEP_VERIFIER_KINDS_VAL_H
#define SKEP_VERIFIER_KINDS_VAL_H

#include "base/types.h"

/* A set.  Empty: nothing was ever written. */
enum val_kind {
	K_SCALAR = 1,
	K_CTX = 2,
	K_MAP_PTR = 4,   /* may be NULL where it came from a map of maps */
	K_MAP_VALUE = 8, /* may be NULL */
	K_PACKET = 16,
	K_PACKET_END = 32,
	K_STACK = 64,
	K_OTHER = 128,   /* memory or objects of helpers, kfuncs, sockets, kernel types */
	K_UNKNOWN = 256, /* from memory that is not tracked: anything but ctx */
	K_FUNC = 512,
	K_POINTERS = K_CTX | K_MAP_PTR | K_MAP_VALUE | K_PACKET | K_PACKET_END | K_STACK | K_OTHER |
		     K_FUNC,
};

enum { KNOWN_ALL = 0xff, KNOWN_LOW = 0x0f, FRAME_MANY = UINT16_MAX, MAP_NONE = 0, MAP_MANY = 255 };

struct val {
	u16 kinds;
	u16 frame; /* K_STACK: whose, a subprogram's index; FRAME_MANY */
	u8 known;  /* bit n: byte n of value means something; of pointers all or nothing */
	u8 map;    /* K_MAP_PTR, K_MAP_VALUE: index + 1; MAP_NONE: not one of the program's */
	u64 value; /* unknown bytes are zero */
};

static inline struct val val_of_kind(u16 kinds)
{
	return (struct val){.kinds = kinds};
}

static inline struct val val_const(u64 value)
{
	return (struct val){.kinds = K_SCALAR, .known = KNOWN_ALL, .value = value};
}

/* Certainly a scalar, certainly a pointer: what Linux's words are about. */
static inline int val_is_scalar(const struct val *v)
{
	return v->kinds == K_SCALAR;
}

static inline int val_is_const(const struct val *v)
{
	return v->kinds == K_SCALAR && v->known == KNOWN_ALL;
}

static inline int val_is_pointer(const struct val *v)
{
	return v->kinds && !(v->kinds & (K_SCALAR | K_UNKNOWN));
}

static inline int val_is(const struct val *v, u16 kind)
{
	return v->kinds == kind;
}

/* *into covers v as well from now on.  1 if that is news. */
int val_join(struct val *into, const struct val *v);

/* Bytes [at, at + size) are what v's first ones are. */
void val_set_bytes(struct val *slot, u32 at, u32 size, const struct val *v);

/* The scalar in bytes [at, at + size), zero-extended. */
struct val val_get_bytes(const struct val *slot, u32 at, u32 size);

/* Linux's name of a kind: "scalar", "ctx", "map_ptr", ... ; of several the lowest bit's. */
const char *val_name(const struct val *v);

#endif
