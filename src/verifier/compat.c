/* Which map types each helper takes: Linux 6.18's answers, a row a helper. */
#include <errno.h>

#include "verifier/internal.h"

#define T(type) (1ull << BPF_MAP_TYPE_##type)
#define P(type) (1ull << BPF_PROG_TYPE_##type)
#define HASHES (T(HASH) | T(PERCPU_HASH) | T(LRU_HASH) | T(LRU_PERCPU_HASH))
#define ARRAYS (T(ARRAY) | T(PERCPU_ARRAY))
#define SOCKETS (T(SOCKMAP) | T(SOCKHASH))
#define STORES (HASHES | ARRAYS | T(LPM_TRIE) | SOCKETS)
#define LOOKUPS                                                                                    \
	(STORES | T(ARRAY_OF_MAPS) | T(HASH_OF_MAPS) | T(DEVMAP) | T(DEVMAP_HASH) | T(XSKMAP))
#define QUEUES (T(QUEUE) | T(STACK))

static const struct {
	u32 helper;
	u64 types;
} rows[] = {
	{BPF_FUNC_map_lookup_elem, LOOKUPS},
	{BPF_FUNC_map_update_elem, STORES},
	{BPF_FUNC_map_delete_elem, STORES},
	{BPF_FUNC_perf_event_read, T(PERF_EVENT_ARRAY)},
	{BPF_FUNC_perf_event_output, T(PERF_EVENT_ARRAY)},
	{BPF_FUNC_perf_event_read_value, T(PERF_EVENT_ARRAY)},
	{BPF_FUNC_skb_output, T(PERF_EVENT_ARRAY)},
	{BPF_FUNC_xdp_output, T(PERF_EVENT_ARRAY)},
	{BPF_FUNC_get_stackid, T(STACK_TRACE)},
	{BPF_FUNC_skb_under_cgroup, T(CGROUP_ARRAY)},
	{BPF_FUNC_current_task_under_cgroup, T(CGROUP_ARRAY)},
	{BPF_FUNC_redirect_map, T(DEVMAP) | T(DEVMAP_HASH) | T(CPUMAP) | T(XSKMAP)},
	{BPF_FUNC_sk_redirect_map, T(SOCKMAP)},
	{BPF_FUNC_msg_redirect_map, T(SOCKMAP)},
	{BPF_FUNC_sock_map_update, T(SOCKMAP)},
	{BPF_FUNC_sk_redirect_hash, T(SOCKHASH)},
	{BPF_FUNC_msg_redirect_hash, T(SOCKHASH)},
	{BPF_FUNC_sock_hash_update, T(SOCKHASH)},
	{BPF_FUNC_get_local_storage, T(CGROUP_STORAGE) | T(PERCPU_CGROUP_STORAGE)},
	{BPF_FUNC_sk_select_reuseport, T(REUSEPORT_SOCKARRAY) | SOCKETS},
	{BPF_FUNC_map_push_elem, QUEUES | T(BLOOM_FILTER)},
	{BPF_FUNC_map_pop_elem, QUEUES},
	{BPF_FUNC_map_peek_elem, QUEUES | T(BLOOM_FILTER)},
	{BPF_FUNC_sk_storage_get, T(SK_STORAGE)},
	{BPF_FUNC_sk_storage_delete, T(SK_STORAGE)},
	{BPF_FUNC_inode_storage_get, T(INODE_STORAGE)},
	{BPF_FUNC_inode_storage_delete, T(INODE_STORAGE)},
	{BPF_FUNC_task_storage_get, T(TASK_STORAGE)},
	{BPF_FUNC_task_storage_delete, T(TASK_STORAGE)},
	{BPF_FUNC_cgrp_storage_get, T(CGRP_STORAGE)},
	{BPF_FUNC_cgrp_storage_delete, T(CGRP_STORAGE)},
	{BPF_FUNC_ringbuf_output, T(RINGBUF)},
	{BPF_FUNC_ringbuf_reserve, T(RINGBUF)},
	{BPF_FUNC_ringbuf_query, T(RINGBUF)},
	{BPF_FUNC_ringbuf_reserve_dynptr, T(RINGBUF)},
	{BPF_FUNC_user_ringbuf_drain, T(USER_RINGBUF)},
	{BPF_FUNC_for_each_map_elem, HASHES | ARRAYS},
	{BPF_FUNC_map_lookup_percpu_elem, T(PERCPU_ARRAY) | T(PERCPU_HASH) | T(LRU_PERCPU_HASH)},
};

static int writes(u32 helper)
{
	return helper == BPF_FUNC_map_update_elem || helper == BPF_FUNC_map_delete_elem ||
	       helper == BPF_FUNC_map_push_elem || helper == BPF_FUNC_map_pop_elem;
}

/* Programs that can be sure of not holding a socket's lock. */
static int may_change_sockets(const struct env *env, u32 helper)
{
	static const u64 types = P(SOCKET_FILTER) | P(SCHED_CLS) | P(SCHED_ACT) | P(XDP) |
				 P(SK_REUSEPORT) | P(FLOW_DISSECTOR) | P(SK_LOOKUP);
	u32 type = env->prog->type->id;

	if (types >> type & 1)
		return 1;
	if (type == BPF_PROG_TYPE_TRACING)
		return env->prog->expected_attach_type == BPF_TRACE_ITER;
	return type == BPF_PROG_TYPE_SOCK_OPS && helper == BPF_FUNC_map_delete_elem;
}

static int check_sockets(struct env *env, const struct helper *helper, const struct map *map)
{
	if (!(SOCKETS >> map->type & 1) ||
	    (helper->id != BPF_FUNC_map_update_elem && helper->id != BPF_FUNC_map_delete_elem) ||
	    may_change_sockets(env, helper->id))
		return 0;
	reject(env, -EINVAL, "cannot update sockmap in this context");
	return reject(env, -EINVAL, "cannot pass map_type %u into func bpf_%s#%u", map->type,
		      helper->name, helper->id);
}

int compat_check(struct env *env, const struct helper *helper, const struct map *map)
{
	if (map->flags & BPF_F_RDONLY_PROG && writes(helper->id))
		return reject(env, -EACCES, "write into map forbidden");
	if (helper->id == BPF_FUNC_tail_call && map->type != BPF_MAP_TYPE_PROG_ARRAY) {
		/* Linux's has no newline either */
		log_printf(env->log, "expected prog array map for tail call");
		return -EINVAL;
	}
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].helper == helper->id && !(rows[i].types >> map->type & 1))
			return reject(env, -EINVAL, "cannot pass map_type %u into func bpf_%s#%u",
				      map->type, helper->name, helper->id);
	return check_sockets(env, helper, map);
}
