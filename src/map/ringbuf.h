/* What programs do with BPF_MAP_TYPE_RINGBUF, for the helpers.  Errors are Linux's. */
#ifndef SKEP_MAP_RINGBUF_H
#define SKEP_MAP_RINGBUF_H

#include "map/map.h"

enum ringbuf_fate { RINGBUF_SUBMIT, RINGBUF_DISCARD };

/* A record of `size` bytes, or NULL when there is no room (or flags are not 0). */
void *ringbuf_reserve(struct map *map, u64 size, u64 flags);

/* The record belongs to the consumer now.  flags: BPF_RB_NO_WAKEUP, BPF_RB_FORCE_WAKEUP. */
void ringbuf_commit(void *record, u64 flags, enum ringbuf_fate fate);

/* reserve, copy, submit: 0, -EINVAL (flags), -EAGAIN (no room) */
long ringbuf_output(struct map *map, const void *data, u64 size, u64 flags);

/* BPF_RB_AVAIL_DATA and its friends; 0 for what is not known */
u64 ringbuf_query(struct map *map, u64 what);

#endif
