/* libskep's functions that are not about running: include/skep/skep.h. */
#include <errno.h>

#include "interp/interp.h"
#include "jit/jit.h"
#include "map/timer.h"
#include "skep/skep.h"
#include "sys/internal.h"

#define EXPORT __attribute__((visibility("default")))

/* skep_prog is our struct prog under a name that says nothing. */
static struct skep_prog *public_prog(struct prog *prog)
{
	return (struct skep_prog *)prog;
}

static const struct engine *const engines[] = {
	[SKEP_ENGINE_JIT] = &engine_jit,
	[SKEP_ENGINE_INTERP] = &engine_interp,
	[SKEP_ENGINE_CHECKED] = &engine_checked,
};

EXPORT int skep_new(const struct skep_opts *opts, struct skep **out)
{
	struct skep_opts mine = {0};
	struct skep_config config = {0};

	/* A caller built against an older header has a shorter struct, a newer one a longer. */
	if (opts)
		memcpy(&mine, opts, opts->size < sizeof(mine) ? opts->size : sizeof(mine));
	if ((u32)mine.engine >= ARRAY_SIZE(engines))
		return -EINVAL;
	config.engine = engines[mine.engine];
	config.ncpu = mine.ncpu;
	config.kernel_version = mine.kernel_version;
	config.unproven = mine.unproven || mine.engine == SKEP_ENGINE_CHECKED;
	config.polled = mine.polled != 0;
	return sys_create(&config, out);
}

EXPORT void skep_free(struct skep *skep)
{
	if (skep)
		sys_free(skep);
}

EXPORT long skep_bpf(struct skep *skep, int cmd, void *attr, unsigned int size)
{
	return sys_bpf(skep, cmd, attr, size);
}

EXPORT int skep_close(struct skep *skep, int fd)
{
	return sys_close(skep, fd);
}

EXPORT long skep_poll(struct skep *skep, uint64_t *next)
{
	u64 ns;
	long n = timers_poll(skep, &ns);

	if (next)
		*next = ns;
	return n;
}

EXPORT int skep_prog_get(struct skep *skep, int fd, struct skep_prog **out)
{
	struct obj *obj;
	int err = sys_obj_by_fd(skep, fd, OBJ_PROG, &obj);

	if (!err)
		*out = public_prog(prog_of(obj));
	return err;
}

EXPORT void skep_prog_put(struct skep_prog *prog)
{
	if (prog)
		obj_put(&((struct prog *)prog)->obj);
}
