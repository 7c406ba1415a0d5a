/* Why an object cannot be loaded, where the tables tell: it wants what is not there (yet). */
#ifndef SKEP_TOOLS_LACKS_H
#define SKEP_TOOLS_LACKS_H

#include "base/types.h"

struct bpf_object;
struct skep;

/*
 * Say on stderr which map types, program types and helpers of the object the instance does not
 * have: the Linux that it is is older, or skep is not there yet.
 */
void lacks_say(const struct skep *skep, const struct bpf_object *object);

#endif
