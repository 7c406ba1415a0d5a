/* The engine of instances that only verify: it compiles nothing, and what it enters does nothing.
 */
#include <errno.h>

#include "prog/prog.h"

static u64 enter(void *ctx, struct run *run, const struct prog *self)
{
	(void)ctx, (void)run, (void)self;
	return (u64)-ENOTSUPP;
}

static int compile(struct prog *prog)
{
	prog->entry = enter;
	return 0;
}

static void release(struct prog *prog)
{
	(void)prog;
}

const struct engine engine_none = {"none", compile, release};
