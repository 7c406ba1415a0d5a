/* A whole instance: base, and what sys/ hangs off it. */
#include <errno.h>

#include "btf/btf.h"
#include "map/output.h"
#include "map/timer.h"
#include "helper/trace.h"
#include "interp/interp.h"
#include "jit/jit.h"
#include "sys/bpffs.h"
#include "sys/internal.h"

enum { TRACE_RING = 1 << 20 }; /* what bpf_trace_printk wrote and nobody has read yet */

static int claim(struct map *array, struct obj *prog)
{
	return prog_array_claim(array, prog_of(prog));
}

int sys_create(const struct skep_config *config, struct skep **out)
{
	struct skep *skep;
	int err = skep_base_create(config, &skep);

	if (err)
		return err;
	if (!skep->caller)
		skep->caller = &caller_self;
	skep->unprivileged_bpf_disabled = 2; /* what systems boot with */
	if (!skep->engine)
		skep->engine = &engine_jit;
	err = -ENOMEM;
	skep->sys = os_alloc(skep->os, sizeof(*skep->sys));
	if (!skep->sys)
		goto no_sys;
	pthread_mutex_init(&skep->sys->sweep_lock, NULL);
	pthread_mutex_init(&skep->sys->lock, NULL);
	pthread_mutex_init(&skep->sys->bind_lock, NULL);
	err = files_create(skep);
	if (err)
		goto no_files;
	err = bpffs_create(skep);
	if (err)
		goto no_bpffs;
	err = trace_create(skep->os, TRACE_RING, &skep->trace);
	if (err)
		goto no_trace;
	skep->fd_get = sys_obj_by_fd;
	skep->prog_array_claim = claim;
	*out = skep;
	return 0;

no_trace:
	output_orphan(skep);
	bpffs_destroy(skep);
no_bpffs:
	files_destroy(skep);
no_files:
	os_free(skep->os, skep->sys);
no_sys:
	skep_base_free(skep);
	return err;
}

/* Programs and prog arrays that hold each other let go, whoever was the last to hold them. */
static void part_maps(struct skep *skep)
{
	for (u32 id = obj_next_id(skep, OBJ_MAP, 0); id; id = obj_next_id(skep, OBJ_MAP, id)) {
		struct obj *obj = obj_by_id(skep, OBJ_MAP, id);

		if (obj) {
			users_gone(obj);
			obj_put(obj);
		}
	}
}

void sys_free(struct skep *skep)
{
	timers_stop(skep);
	output_orphan(skep);
	part_maps(skep);
	bpffs_destroy(skep);
	points_destroy(skep);
	files_destroy(skep);
	timers_free(skep);
	btf_kernel_free(skep);
	trace_free(skep->trace);
	pthread_mutex_destroy(&skep->sys->bind_lock);
	pthread_mutex_destroy(&skep->sys->lock);
	pthread_mutex_destroy(&skep->sys->sweep_lock);
	os_free(skep->os, skep->sys);
	skep->sys = NULL;
	skep_base_free(skep);
}
