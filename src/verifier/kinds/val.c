/*
 * The lattice of values.  Joins only ever add kinds and lose knowledge, so every chain ends: at
 * most 10 kinds, 8 bytes, one map, one frame.
 */
#include "verifier/kinds/val.h"

/*
 * Bytes that both know to be the same.  Where only one may be a pointer its offset stays: the other
 * is a number that nobody dereferences (a NULL, mostly).
 */
static void join_bytes(struct val *into, const struct val *v)
{
	u64 differ = into->value ^ v->value;
	int ours = into->kinds & K_POINTERS, theirs = v->kinds & K_POINTERS;

	if (ours && !theirs)
		return;
	if (theirs && !ours) {
		into->known = v->known;
		into->value = v->value;
		return;
	}
	into->known &= v->known;
	for (u32 i = 0; i < 8; i++)
		if (differ >> 8 * i & 0xff)
			into->known &= (u8) ~(1u << i);
	/* half an offset is none */
	if (ours && into->known != KNOWN_ALL)
		into->known = 0;
	for (u32 i = 0; i < 8; i++)
		if (!(into->known >> i & 1))
			into->value &= ~(0xffull << 8 * i);
}

static void join_map(struct val *into, const struct val *v)
{
	enum { MAPS = K_MAP_PTR | K_MAP_VALUE };

	if (!(v->kinds & MAPS))
		return;
	if (!(into->kinds & MAPS))
		into->map = v->map;
	else if (into->map != v->map)
		into->map = MAP_MANY;
}

static void join_frame(struct val *into, const struct val *v)
{
	if (!(v->kinds & K_STACK))
		return;
	if (!(into->kinds & K_STACK))
		into->frame = v->frame;
	else if (into->frame != v->frame)
		into->frame = FRAME_MANY;
}

static int same(const struct val *a, const struct val *b)
{
	return a->kinds == b->kinds && a->frame == b->frame && a->known == b->known &&
	       a->map == b->map && a->value == b->value;
}

int val_join(struct val *into, const struct val *v)
{
	struct val old = *into;

	if (!v->kinds || same(into, v))
		return 0;
	if (!into->kinds) {
		*into = *v;
		return 1;
	}
	join_map(into, v);
	join_frame(into, v);
	join_bytes(into, v);
	into->kinds |= v->kinds;
	return !same(into, &old);
}

static u64 byte_mask(u32 size)
{
	return size >= 8 ? ~0ull : (1ull << 8 * size) - 1;
}

void val_set_bytes(struct val *slot, u32 at, u32 size, const struct val *v)
{
	u8 bytes = (u8)(((1u << size) - 1) << at);
	u64 mask = byte_mask(size) << 8 * at;

	if (size == 8) {
		*slot = *v;
		return;
	}
	/* part of a pointer is none */
	if (slot->kinds != K_SCALAR)
		*slot = val_of_kind(K_SCALAR);
	slot->known &= (u8)~bytes;
	slot->value &= ~mask;
	if (v->kinds == K_SCALAR) {
		slot->known |= (u8)(v->known << at) & bytes;
		slot->value |= v->value << 8 * at & mask;
	}
}

struct val val_get_bytes(const struct val *slot, u32 at, u32 size)
{
	struct val v = val_of_kind(K_SCALAR);
	u8 bytes = (u8)((1u << size) - 1);

	if (slot->kinds != K_SCALAR || (slot->known >> at & bytes) != bytes)
		return v;
	return val_const(slot->value >> 8 * at & byte_mask(size));
}

const char *val_name(const struct val *v)
{
	static const char *const names[] = {"scalar",  "ctx", "map_ptr", "map_value", "pkt",
					    "pkt_end", "fp",  "ptr_",    "unknown",   "func"};

	return v->kinds ? names[__builtin_ctz(v->kinds)] : "?";
}
