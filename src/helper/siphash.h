/* SipHash-2-4 (Aumasson, Bernstein: "SipHash: a fast short-input PRF"), over whole 64-bit words. */
#ifndef SKEP_HELPER_SIPHASH_H
#define SKEP_HELPER_SIPHASH_H

#include "base/types.h"

/* The same as the paper's over the 8 * n bytes of `words` (little-endian). */
u64 siphash(const u64 key[2], const u64 *words, u32 n);

#endif
