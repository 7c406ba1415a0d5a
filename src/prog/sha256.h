/* SHA-256 (FIPS 180-4) of bytes that come in pieces: what program tags are made of. */
#ifndef SKEP_PROG_SHA256_H
#define SKEP_PROG_SHA256_H

#include "base/types.h"

struct sha256 {
	u32 h[8];
	u8 block[64]; /* the last len % 64 bytes */
	u64 len;
};

void sha256_init(struct sha256 *s);
void sha256_add(struct sha256 *s, const void *data, size_t n);
void sha256_end(struct sha256 *s, u8 digest[32]);

#endif
