/* What a test run of each program type takes, for people who gave it something else. */
#ifndef SKEP_TOOLS_INPUT_H
#define SKEP_TOOLS_INPUT_H

#include <stdbool.h>

#include "base/types.h"

/* Does it take packets or other data? */
bool input_takes_data(u32 prog_type);

/* "a packet of 14 bytes or more (--pcap, --data, --hex)"; NULL: it has no test run. */
const char *input_wanted(u32 prog_type);

#endif
