/* The table of syscalls.def. */
#include <sys/syscall.h>

#include "exec/internal.h"

#define ARG_IS(n, bits, number)                                                                    \
	{                                                                                          \
		.op = COND_EQ, .arg = (n), .mask = (bits), .value = (number)                       \
	}
#define ARG_SET(n)                                                                                 \
	{                                                                                          \
		.op = COND_SET, .arg = (n)                                                         \
	}
#define WHEN(...)                                                                                  \
	{                                                                                          \
		__VA_ARGS__                                                                        \
	}
#define SYSCALL(call, conds, fn) {.nr = SYS_##call, .name = #call, .when = conds, .serve = fn},
#define SYSCALL_AS_ROOT(call, fn) {.nr = SYS_##call, .name = #call, .serve = fn, .only_as_root = 1},
const struct row rows[] = {
#include "exec/syscalls.def"
};
const u32 nr_rows = ARRAY_SIZE(rows);

_Static_assert(ARRAY_SIZE(rows) <= STAT_ROWS, "stats count by row");

const struct row *row_by_nr(int nr)
{
	for (u32 i = 0; i < nr_rows; i++)
		if (rows[i].nr == nr)
			return &rows[i];
	return NULL;
}
