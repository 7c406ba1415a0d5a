/* What a plug-in point costs: a program that is given a context as it is, and does nothing. */
#include "bench.h"

#ifndef NATIVE
SEC("raw_tp") int hook(void *ctx)
{
	return 0;
}
#endif

LICENSE;
