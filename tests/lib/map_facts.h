/*
 * The rows of map_probe.tsv, one call of bpf(2) a row, made again on an instance of ours.  Rows
 * with the same `seq` act on one map; what they say about fds are names of the objects here.
 */
#ifndef SKEP_TESTS_LIB_MAP_FACTS_H
#define SKEP_TESTS_LIB_MAP_FACTS_H

#include <stdio.h>

#include "map/map.h"

struct map_row {
	const char *number, *group, *type, *call, *params, *ret, *error, *out;
};

enum { MAP_FACTS_OBJECTS = 16, MAP_FACTS_LINE = 16384 };

struct map_facts {
	struct skep *skep;
	FILE *rows;
	char line[MAP_FACTS_LINE];
	struct {
		const char *name;
		int fd;
	} object[MAP_FACTS_OBJECTS];
	u32 nr_objects;
	char scope[1024]; /* " HASH ARRAY ... " */
	int fd;           /* the map that rows act on */
	u8 cursor[4096];  /* where its batches are */
	u32 matched, differed, out_of_scope;
};

/* Everything that rows name: programs, BTF, inner maps, files.  0 or -errno. */
int map_facts_begin(struct map_facts *t);
/* The next row in scope for which mine(its group) holds: 1, or 0 at the end. */
int map_facts_next(struct map_facts *t, int (*mine)(const char *group), struct map_row *row);
/* How it went; 1 when all rows in scope matched, at least `least` of them. */
int map_facts_end(struct map_facts *t, u32 least);

/* The value of "name=value" among the row's parameters, or NULL; it ends at a space. */
const char *map_row_find(const struct map_row *row, const char *name);
u64 map_row_number(const struct map_row *row, const char *name);
/* What a value that names an object stands for; a number that is none of -1, 0 is t->fd. */
int map_facts_fd(const struct map_facts *t, const char *name);

/* The row's BPF_MAP_CREATE: an fd or -errno; -ENOTSUP when it needs what is out of scope. */
long map_facts_create(struct map_facts *t, const struct map_row *row);

/* Is this what the row says?  `out` is its last column as we would have written it. */
void map_facts_judge(struct map_facts *t, const struct map_row *row, long ret, const char *out);

/* The last column of a row of obj_get_info. */
void map_facts_info(struct map_facts *t, int fd, long *ret, char *out, size_t room);

/* The row's batch command; out has room for a line. */
long map_facts_batch(struct map_facts *t, const struct map_row *row, int cmd, char *out);

void map_facts_hex(char *to, const u8 *from, size_t n);

#endif
