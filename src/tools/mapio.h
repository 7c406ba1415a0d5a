/* Map contents: put in before a run, shown after it. */
#ifndef SKEP_TOOLS_MAPIO_H
#define SKEP_TOOLS_MAPIO_H

#include "tools/out.h"
#include "tools/tool.h"

struct bpf_object;
struct mapio;

/*
 * What to put in: pairs of NAME KEY=VALUE, and a JSON file {NAME: {KEY: VALUE}} or {NAME:
 * [{"key": KEY, "value": VALUE}]} (NULL: none).  For .data, .rodata and .bss the keys are names of
 * variables.  NULL after a message.
 */
struct mapio *mapio_open(const struct option_pairs *pairs, const char *json_path);
void mapio_close(struct mapio *mapio);

enum mapio_when { MAPIO_BEFORE_LOAD /* variables */, MAPIO_AFTER_LOAD /* entries */ };

/* 0, or TOOL_FAILED after a message. */
int mapio_apply(const struct mapio *mapio, struct bpf_object *object, enum mapio_when when);

/* Show the contents of all maps. */
void mapio_show(struct bpf_object *object, struct out *out);

#endif
