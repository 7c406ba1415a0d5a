/* Names of helpers for the (dis)assembler. */
#ifndef SKEP_TOOLS_NAMES_H
#define SKEP_TOOLS_NAMES_H

#include <stddef.h>

#include "isa/isa.h"

/* "bpf_map_lookup_elem" of a call of a helper, in buf; NULL for what is no helper. */
const char *name_of_helper(const struct bpf_insn *insn, char *buf, size_t size);

/* The number of a helper's name, 0: there is none. */
u32 helper_of_name(const void *cookie, const char *name);

#endif
