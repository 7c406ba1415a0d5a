/*
 * mmap(MAP_SHARED): of objects that Linux lets nobody map, what Linux says; the kernel does the
 * rest, because what may be mapped is in the file.
 */
#include <errno.h>

#include "exec/internal.h"
#include "map/map.h"

long serve_mmap(struct notice *n)
{
	struct obj *obj;
	long ret = NOTICE_CONTINUE;

	if (client_obj(n, (int)n->call.data.args[4], &obj))
		return NOTICE_CONTINUE;
	if (obj->kind != OBJ_MAP)
		ret = -ENODEV;
	else if (map_of(obj)->fd < 0)
		ret = -ENOTSUPP;
	obj_put(obj);
	return ret;
}
