/*
 * What programs do with BPF_MAP_TYPE_RINGBUF, for the helpers.  Errors are Linux's.
 *
 * The map's file, as clients mmap it; a record that reaches the end of `data` goes on behind it, so
 * that it is always in one piece, and for readers who wrap every access also at the beginning:
 *
 *	page 0    consumer position (u64), the client's to write
 *	page 1    producer position (u64)
 *	then      data, max_entries bytes:   u32 length with busy and discard bits, u32 page offset,
 *	          then the record, then up to 7 bytes to the next multiple of 8
 *	then      max_entries bytes more, for what reaches over the end
 */
#ifndef SKEP_MAP_RINGBUF_H
#define SKEP_MAP_RINGBUF_H

#include "map/map.h"

enum ringbuf_fate { RINGBUF_SUBMIT, RINGBUF_DISCARD };

/* A record of `size` bytes, or NULL when there is no room (or flags are not 0). */
void *ringbuf_reserve(struct map *map, u64 size, u64 flags);

/*
 * The record belongs to the consumer now.  flags: BPF_RB_NO_WAKEUP, BPF_RB_FORCE_WAKEUP.  A pointer
 * that is no record of this instance is left alone.
 */
void ringbuf_commit(void *record, u64 flags, enum ringbuf_fate fate, struct run *run);

/* reserve, copy, submit: 0, -EINVAL (flags), -EAGAIN (no room) */
long ringbuf_output(struct map *map, const void *data, u64 size, u64 flags);

/* BPF_RB_AVAIL_DATA and its friends; 0 for what is not known */
u64 ringbuf_query(struct map *map, u64 what);

#endif
