/* What the files of helper/ share: every implementation, under the name that its row gives. */
#ifndef SKEP_HELPER_INTERNAL_H
#define SKEP_HELPER_INTERNAL_H

#include <errno.h>

#include "base/skep.h"
#include "helper/helper.h"

/* A helper's definition or declaration: R1 to R5 as the program left them, and the run. */
#define HELPER_UNUSED __attribute__((unused))
#define HELPER_FN(name)                                                                            \
	u64 name(HELPER_UNUSED u64 r1, HELPER_UNUSED u64 r2, HELPER_UNUSED u64 r3,                 \
		 HELPER_UNUSED u64 r4, HELPER_UNUSED u64 r5, HELPER_UNUSED struct run *run)

#define HELPER(n, name, fn, ret, args, flags, since) HELPER_FN(fn);
#define HELPER_LATER(n, name, ret, args, flags, since)
#define HELPER_VARIANT(types, n, name, fn, ret, args, flags, since) HELPER_FN(fn);
#define HELPER_VARIANT_LATER(types, n, name, ret, args, flags, since)
#include "helper/helper.def"
#include "helper/helper_variant.def"
#undef HELPER
#undef HELPER_LATER
#undef HELPER_VARIANT
#undef HELPER_VARIANT_LATER

/*
 * What a kfunc returns is what its C type holds: an int comes back as (u32), with the upper half of
 * R0 zero, as Linux's compiled code leaves it; helpers return all 64 bits.
 */
#define KFUNC(name, fn, proto, flags, since) HELPER_FN(fn);
#define KFUNC_LATER(name, proto, flags, since)
#include "helper/kfunc.def"
#undef KFUNC
#undef KFUNC_LATER

#endif
