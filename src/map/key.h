/*
 * Keys as hash tables see them: hashed with a secret seed, compared and stored in words.
 *
 * Stored keys are 8-byte aligned and padded with zeroes to whole words.  They may be rewritten
 * while they are compared (elements are reused at once), so both sides use atomics; a caller
 * notices by the version of its group.
 */
#ifndef SKEP_MAP_KEY_H
#define SKEP_MAP_KEY_H

#include "base/racy.h"

struct key_seed {
	u64 a, b;
};

/* Both halves of a 128-bit product: every bit of the result depends on all of both factors. */
static inline u64 key_fold(u64 x, u64 y)
{
	unsigned __int128 product = (unsigned __int128)x * y;

	return (u64)product ^ (u64)(product >> 64);
}

/*
 * The parts of a key are read in pieces of the size that programs write them in: a load of what two
 * stores have put together waits until both are in the cache, longer than the rest of a lookup
 * takes.  Addresses and counts come in 32 bits or more, the third word of a flow is its two ports.
 */
#define KEY_APART(x) __asm__("" : "+r"(x)) /* or the compiler makes one load of two */

static inline u64 key_half(const void *key)
{
	u32 w;

	memcpy(&w, key, sizeof(w));
	return w;
}

static inline u64 key_ports(const void *key)
{
	u16 first, second;

	memcpy(&first, key, sizeof(first));
	memcpy(&second, (const u8 *)key + sizeof(first), sizeof(second));
	KEY_APART(second);
	return first | (u32)second << 16;
}

static inline u64 key_word(const void *key)
{
	u64 high = key_half((const u8 *)key + 4);

	KEY_APART(high);
	return key_half(key) | high << 32;
}

static inline u64 key_flow_word(const void *key)
{
	u64 high = key_half((const u8 *)key + 4);

	KEY_APART(high);
	return key_ports(key) | high << 32;
}

/* The last n < 8 bytes of a key, as they are stored. */
static inline u64 key_tail(const u8 *key, u32 n)
{
	u64 w = 0;

	memcpy(&w, key, n);
	return w;
}

/* Keys of 4, 8, 12 and 16 bytes, as they are stored. */
struct key_short {
	u64 low, high; /* high: 0 up to 8 bytes */
};

static inline u64 key_short_hash(struct key_short key, const struct key_seed *seed)
{
	return key_fold(key.low ^ seed->a, key.high ^ seed->b);
}

u64 key_hash(const void *key, u32 size, const struct key_seed *seed);

/* Bob Jenkins' lookup3, which Linux uses: the order of maps made with BPF_F_ZERO_SEED follows it.
 */
u64 key_hash_linux(const void *key, u32 size);

int key_equal(const void *stored, const void *key, u32 size);
void key_store(void *stored, const void *key, u32 size);
void key_load(void *key, const void *stored, u32 size);

#endif
