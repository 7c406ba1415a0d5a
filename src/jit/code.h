/*
 * Memory for machine code, an instance's own.
 *
 * Sound because no address is ever both writable and executable, and because code is written once:
 *   - a region is one memfd mapped twice, read-execute near the library and read-write at an
 *     address that the kernel picks at random and that is kept in here, nowhere that programs or
 *     clients can read.  So a new program costs no system call, and others in its page run on.
 *   - bytes are handed out upwards and never again: what a thread may be executing, or a forked
 *     child shares, does not change.  A region goes as a whole with its last program.
 *   - the writable mapping is not inherited by a child, which opens regions of its own.
 */
#ifndef SKEP_JIT_CODE_H
#define SKEP_JIT_CODE_H

#include "base/skep.h"

struct code_block {
	u8 *rw;   /* write here, then forget it */
	void *rx; /* run here */
};

/*
 * near: the code calls host functions by 32-bit displacements.  0, -ENOMEM, or -ERANGE when this
 * instance has no memory near the library (and never will have).
 */
int code_alloc(struct skep *skep, u32 size, int near, struct code_block *out);
void code_free(struct skep *skep, void *rx);

/* Is this function in reach of code that lies near the library? */
int code_reaches(u64 function);

/* Is memory near the library to be had, as far as is known? */
int code_is_near(struct skep *skep);

#endif
