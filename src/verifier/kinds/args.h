/* Arguments of helpers: which kinds of values they take, in Linux's words. */
#ifndef SKEP_VERIFIER_KINDS_ARGS_H
#define SKEP_VERIFIER_KINDS_ARGS_H

#include "verifier/kinds/flow.h"

/* R1 to R5 fit helper `helper`.  0 or -errno. */
int args_check(struct flow *f, const struct helper *helper);

/* What the helper may write through its arguments, it has written. */
void args_clobber(struct flow *f, const struct helper *helper);

/* The argument of that ARG_ kind, 1 to 5, or 0. */
u32 args_find(const struct helper *helper, u32 kind);

#endif
