/* What a benchmark program without maps finds in place of BPF's headers when gcc compiles it. */
#ifndef SKEP_BENCH_NATIVE_H
#define SKEP_BENCH_NATIVE_H

#include <linux/types.h>

#endif
