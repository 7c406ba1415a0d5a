/*
 * What the inner maps of a map have to be like: a struct map without values, made after the map
 * that BPF_MAP_CREATE names.  Programs are checked against it.
 */
#ifndef SKEP_MAP_TEMPLATE_H
#define SKEP_MAP_TEMPLATE_H

#include "map/internal.h"

/* 0 or -EBADF, -EINVAL (no map, a map of maps), -ENOTSUPP (not inside another), -ENOMEM */
int template_create(const struct map_attr *attr, struct map **out);
void template_free(struct map *template);

/* May `map` stand where `template` is promised? */
int template_fits(const struct map *template, const struct map *map);

/* The map behind the fd that `value` is, if it fits: a reference.  0 or -EBADF, -EINVAL. */
int template_resolve(struct map *outer, const void *value, struct obj **out);

#endif
