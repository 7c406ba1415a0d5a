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

static inline u64 key_word(const void *key)
{
	u64 w;

	memcpy(&w, key, sizeof(w));
	return w;
}

/* The last n < 8 bytes of a key, as they are stored. */
static inline u64 key_tail(const u8 *key, u32 n)
{
	u64 w = 0;

	memcpy(&w, key, n);
	return w;
}

static inline u64 key_hash4(const void *key, const struct key_seed *seed)
{
	u32 w;

	memcpy(&w, key, sizeof(w));
	return key_fold(w ^ seed->a, seed->b);
}

static inline u64 key_hash8(const void *key, const struct key_seed *seed)
{
	return key_fold(key_word(key) ^ seed->a, seed->b);
}

static inline u64 key_hash16(const void *key, const struct key_seed *seed)
{
	return key_fold(key_word(key) ^ seed->a, key_word((const u8 *)key + 8) ^ seed->b);
}

u64 key_hash(const void *key, u32 size, const struct key_seed *seed);

/* Bob Jenkins' lookup3, which Linux uses: the order of maps made with BPF_F_ZERO_SEED follows it.
 */
u64 key_hash_linux(const void *key, u32 size);

static inline int key_equal4(const void *stored, const void *key)
{
	u32 w;

	memcpy(&w, key, sizeof(w));
	return racy_load32(stored) == w;
}

static inline int key_equal8(const void *stored, const void *key)
{
	return racy_load64(stored) == key_word(key);
}

static inline int key_equal16(const void *stored, const void *key)
{
	return racy_load64(stored) == key_word(key) &&
	       racy_load64((const u8 *)stored + 8) == key_word((const u8 *)key + 8);
}

int key_equal(const void *stored, const void *key, u32 size);
void key_store(void *stored, const void *key, u32 size);
void key_load(void *key, const void *stored, u32 size);

#endif
