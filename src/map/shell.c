/*
 * Maps of types that skep has no code for yet, in instances where nothing is ever run: programs
 * that use them are verified, and that is all.
 */
#include "map/internal.h"

static int check(const struct map_attr *attr)
{
	/* an arena's address is part of what is verified */
	return attr->type == BPF_MAP_TYPE_ARENA ? -EINVAL : 0;
}

static int create(struct skep *skep, const struct map_attr *attr, struct map **out)
{
	int err = map_alloc(skep, attr, sizeof(struct map), out);

	if (err)
		return err;
	(*out)->ops = &map_shell_ops;
	/* lookups lead to what the kernel itself reads */
	if (attr->type == BPF_MAP_TYPE_DEVMAP || attr->type == BPF_MAP_TYPE_DEVMAP_HASH)
		(*out)->flags |= BPF_F_RDONLY_PROG;
	return 0;
}

static void destroy(struct map *map)
{
	(void)map;
}

static const struct map_user_ops user_ops;

const struct map_ops map_shell_ops = {
	.check = check,
	.create = create,
	.free = destroy,
	.user = &user_ops,
};
