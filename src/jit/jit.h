/* The JIT: jit.c knows programs, one folder an architecture knows machine code. */
#ifndef SKEP_JIT_JIT_H
#define SKEP_JIT_JIT_H

#include "prog/prog.h"

extern const struct engine engine_jit;

#endif
