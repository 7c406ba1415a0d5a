/* Making maps, and the way from a call to the type that does it. */
#include <fcntl.h>
#include <net/if.h>
#include <sys/mman.h>
#include <unistd.h>

#include "btf/btf.h"
#include "map/internal.h"
#include "map/timer.h"

#define VERSION(major, minor) ((major) << 16 | (minor) << 8)

static const struct map_type types[] = {
#define MAP_ROW(number, name, ops, cap, major, minor)                                              \
	[number] = {"BPF_MAP_TYPE_" #name, ops, #major "." #minor, VERSION(major, minor),          \
		    CAP_FLAG_##cap},
#include "map/map.def"
#undef MAP_ROW
};

const struct map_type *map_type_by_id(u32 type)
{
	return type < ARRAY_SIZE(types) && types[type].name ? &types[type] : NULL;
}

int map_check_flags(const struct map_attr *attr, u32 allowed)
{
	if (attr->flags & allowed & BPF_F_ZERO_SEED && attr->lacks & CAP_FLAG_SYS_ADMIN)
		return -EPERM;
	if (attr->flags & ~allowed)
		return -EINVAL;
	return (attr->flags & PROG_FLAGS) == PROG_FLAGS ? -EINVAL : 0;
}

int map_check_no_node(const struct map_attr *attr)
{
	return attr->flags & BPF_F_NUMA_NODE && attr->numa_node != UINT32_MAX ? -EINVAL : 0;
}

/* Programs run in this process: no device takes a map, as on hosts without such hardware. */
static int check_device(const struct map_attr *attr)
{
	char name[IF_NAMESIZE];

	if (!attr->ifindex)
		return 0;
	if (attr->type != BPF_MAP_TYPE_ARRAY && attr->type != BPF_MAP_TYPE_HASH)
		return -EINVAL;
	return if_indextoname(attr->ifindex, name) ? -EOPNOTSUPP : -EINVAL;
}

/* An instance is one NUMA node. */
static int check_common(const struct map_attr *attr)
{
	if (attr->extra && attr->type != BPF_MAP_TYPE_BLOOM_FILTER &&
	    attr->type != BPF_MAP_TYPE_ARENA)
		return -EINVAL;
	if ((attr->flags & FD_FLAGS) == FD_FLAGS)
		return -EINVAL;
	if (attr->flags & BPF_F_NUMA_NODE && attr->numa_node && attr->numa_node != UINT32_MAX)
		return -EINVAL;
	return 0;
}

int map_create(struct skep *skep, const struct map_attr *attr, struct map **out)
{
	const struct map_type *type = map_type_by_id(attr->type);
	const struct map_ops *ops;
	int err = check_common(attr);

	if (err)
		return err;
	if (!type || type->version > skep->kernel_version)
		return -EINVAL;
	ops = type->ops ? type->ops : skep->verify_only ? &map_shell_ops : NULL;
	if (!ops)
		return -EINVAL;
	err = ops->check(attr);
	if (err)
		return err;
	err = check_device(attr);
	if (err)
		return err;
	if (attr->lacks & (type->cap | CAP_FLAG_ANY))
		return -EPERM;
	return ops->create(skep, attr, out);
}

void map_dealloc(struct map *map)
{
	if (map->fd >= 0)
		close(map->fd);
	if (map->btf)
		obj_put(&map->btf->obj);
	os_free(map->obj.skep->os, map);
}

static void map_free(struct obj *obj)
{
	struct map *map = map_of(obj);

	timers_leave_map(map);
	map->ops->free(map);
	map_dealloc(map);
}

int map_alloc(struct skep *skep, const struct map_attr *attr, size_t size, struct map **out)
{
	struct map *map = os_alloc(skep->os, size);

	if (!map)
		return -ENOMEM;
	obj_init(&map->obj, skep, OBJ_MAP, map_free);
	map->ops = types[attr->type].ops;
	map->type = attr->type;
	map->key_size = attr->key_size;
	map->value_size = attr->value_size;
	map->max_entries = attr->max_entries;
	map->flags = attr->flags & ~(u32)FD_FLAGS; /* those are the fd's */
	map->extra = attr->extra;
	memcpy(map->name, attr->name, sizeof(map->name));
	map->fd = -1;
	*out = map;
	return 0;
}

int map_file_create(u64 size)
{
	int fd = memfd_create("bpf-map", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return -errno;
	if (ftruncate(fd, (off_t)size) || fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW)) {
		int err = -errno;

		close(fd);
		return err;
	}
	return fd;
}

static void *lookup_nothing(struct map *map, const void *key, u64 r3, u64 r4, u64 r5,
			    struct run *run)
{
	(void)map, (void)key, (void)r3, (void)r4, (void)r5, (void)run;
	return NULL;
}

map_lookup_fn map_lookup_fn_of(const struct map *map)
{
	return map->lookup ? map->lookup : lookup_nothing;
}

void *map_lookup(struct map *map, const void *key, struct run *run)
{
	return map_lookup_fn_of(map)(map, key, 0, 0, 0, run);
}

long map_update(struct map *map, const void *key, const void *value, u64 flags, struct run *run)
{
	return map->ops->update ? map->ops->update(map, key, value, flags, run) : -EOPNOTSUPP;
}

long map_delete(struct map *map, const void *key)
{
	return map->ops->delete ? map->ops->delete (map, key) : -EOPNOTSUPP;
}

int map_next_key(struct map *map, const void *key, void *next)
{
	return map->ops->next_key ? map->ops->next_key(map, key, next) : -ENOTSUPP;
}

long map_for_each(struct map *map, u64 callback, u64 ctx, struct run *run)
{
	if (!map->ops->more || !map->ops->more->for_each)
		return -EINVAL;
	return map->ops->more->for_each(map, callback, ctx, run);
}

void *map_lookup_cpu(struct map *map, const void *key, u32 cpu)
{
	if (!map->ops->more || !map->ops->more->lookup_cpu || cpu >= map_cpus(map))
		return NULL;
	return map->ops->more->lookup_cpu(map, key, cpu);
}

long map_push(struct map *map, const void *value, u64 flags)
{
	if (!map->ops->more || !map->ops->more->push)
		return -EOPNOTSUPP;
	return map->ops->more->push(map, value, flags);
}

long map_pop(struct map *map, void *value)
{
	return map->ops->more && map->ops->more->pop ? map->ops->more->pop(map, value)
						     : -EOPNOTSUPP;
}

long map_peek(struct map *map, void *value)
{
	return map->ops->more && map->ops->more->peek ? map->ops->more->peek(map, value)
						      : -EOPNOTSUPP;
}

int map_inline_of(const struct map *map, struct map_inline *out)
{
	*out = (struct map_inline){.kind = MAP_INLINE_NONE};
	if (map->ops->more && map->ops->more->inlined)
		map->ops->more->inlined(map, out);
	return out->kind != MAP_INLINE_NONE;
}

int map_value_addr(struct map *map, u32 off, u64 *addr)
{
	return map->ops->value_addr ? map->ops->value_addr(map, off, addr) : -ENOTSUPP;
}

int map_contains(struct map *map, u64 addr, u32 size)
{
	return map->ops->contains && map->ops->contains(map, addr, size);
}

static int check_lock(const struct map *map, u64 flags)
{
	return flags & BPF_F_LOCK && !map_value_has_lock(map) ? -EINVAL : 0;
}

static int check_lookup_flags(const struct map *map, u64 flags)
{
	return flags & ~(u64)BPF_F_LOCK ? -EINVAL : check_lock(map, flags);
}

int map_check_update_flags(const struct map *map, u64 flags)
{
	return (flags & ~(u64)BPF_F_LOCK) > BPF_EXIST ? -EINVAL : check_lock(map, flags);
}

u32 map_user_value_size(const struct map *map)
{
	return map->ops->user->value_size(map);
}

int map_user_lookup(struct map *map, const void *key, void *value, u64 flags)
{
	int err = check_lookup_flags(map, flags);

	if (err)
		return err;
	return map->ops->user->lookup ? map->ops->user->lookup(map, key, value, flags) : -ENOTSUPP;
}

int map_user_update(struct map *map, const void *key, const void *value, u64 flags)
{
	int err = check_lock(map, flags);

	if (err)
		return err;
	return map->ops->user->update ? map->ops->user->update(map, key, value, flags) : -ENOTSUPP;
}

int map_user_delete(struct map *map, const void *key)
{
	return map->ops->user->delete ? map->ops->user->delete (map, key) : -ENOTSUPP;
}

int map_user_lookup_and_delete(struct map *map, const void *key, void *value, u64 flags)
{
	int err = check_lookup_flags(map, flags);

	if (err)
		return err;
	if (!map->ops->user->lookup_and_delete)
		return -ENOTSUPP;
	return map->ops->user->lookup_and_delete(map, key, value, flags);
}

/* What clients have mapped for writing stays writable; new mappings will not be. */
int map_user_freeze(struct map *map)
{
	u32 thawed = 0;

	if (map->record)
		return -ENOTSUPP;
	if (!atomic_compare_exchange_strong(&map->frozen, &thawed, 1))
		return -EPERM;
	if (map->fd >= 0)
		fcntl(map->fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE);
	return 0;
}

void map_user_gone(struct map *map)
{
	timers_leave_map(map);
	if (map->ops->user->gone)
		map->ops->user->gone(map);
}

int map_pending(struct map *map)
{
	const struct map_user_ops *user = map->ops->user;

	return user && user->pending ? user->pending(map) : -EOPNOTSUPP;
}

u32 map_value_size_plain(const struct map *map)
{
	return map->value_size;
}

u32 map_value_size_percpu(const struct map *map)
{
	return (u32)round_up_to(map->value_size, 8) * map_cpus(map);
}

u32 map_value_size_id(const struct map *map)
{
	(void)map;
	return sizeof(u32);
}

int map_index_next_key(struct map *map, const void *key, void *next)
{
	u32 index = key ? map_index(key) : UINT32_MAX;

	if (index == map->max_entries - 1)
		return -ENOENT;
	index = index < map->max_entries ? index + 1 : 0;
	memcpy(next, &index, sizeof(index));
	return 0;
}

u32 map_cpu_hint(const struct map *map, const struct run *run)
{
	if (run)
		return run->cpu;
	int cpu = sched_getcpu();

	return cpu < 0 ? 0 : (u32)cpu % map_cpus(map);
}
