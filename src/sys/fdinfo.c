/*
 * /proc/PID/fdinfo/FD of an object: the lines that Linux has there behind those that every file
 * has.  bpftool reads what a map costs, and which programs a prog array takes, there and nowhere
 * else.
 */
#include <errno.h>
#include <stdio.h>

#include "jit/jit.h"
#include "sys/attach.h"

enum { PAGE = 4096 };

static void tell_map(struct map *map, FILE *out)
{
	u32 owner;

	fprintf(out, "map_type:\t%u\nkey_size:\t%u\nvalue_size:\t%u\nmax_entries:\t%u\n", map->type,
		map->key_size, map->value_size, map->max_entries);
	fprintf(out,
		"map_flags:\t0x%x\nmap_extra:\t0x%llx\nmemlock:\t%llu\nmap_id:\t%u\nfrozen:\t%u\n",
		map->flags, (unsigned long long)map->extra, (unsigned long long)map_usage(map),
		map->obj.id, atomic_load_explicit(&map->frozen, memory_order_relaxed));
	if (prog_array_owner(map, &owner))
		fprintf(out, "owner_prog_type:\t%u\nowner_jited:\t%d\n", owner,
			map->obj.skep->engine == &engine_jit);
}

static void tell_tag(const struct bpf_prog_info *info, FILE *out)
{
	fprintf(out, "prog_tag:\t");
	for (u32 i = 0; i < BPF_TAG_SIZE; i++)
		fprintf(out, "%02x", info->tag[i]);
	fprintf(out, "\n");
}

/* Linux counts the pages of its own struct and the instructions. */
static u64 prog_usage(const struct prog *prog)
{
	enum { HEAD = 72 };

	return round_up_to(HEAD + (u64)prog->len * sizeof(struct bpf_insn), PAGE);
}

static void tell_prog(const struct prog *prog, FILE *out)
{
	struct bpf_prog_info info = {0};

	prog_info(prog, &info);
	fprintf(out, "prog_type:\t%u\nprog_jited:\t%u\n", info.type, info.jited_prog_len != 0);
	tell_tag(&info, out);
	fprintf(out, "memlock:\t%llu\nprog_id:\t%u\nrun_time_ns:\t%llu\nrun_cnt:\t%llu\n",
		(unsigned long long)prog_usage(prog), info.id, (unsigned long long)info.run_time_ns,
		(unsigned long long)info.run_cnt);
	fprintf(out, "recursion_misses:\t%llu\nverified_insns:\t%u\n",
		(unsigned long long)info.recursion_misses, info.verified_insns);
}

/* A detached link has no place any more. */
static u64 place(const struct link *link)
{
	return link->detached ? 0 : link->target.id;
}

static void tell_raw_tracepoint(const struct link *link, FILE *out)
{
	fprintf(out, "tp_name:\t%s\ncookie:\t%llu\n", link->tracepoint,
		(unsigned long long)link->cookie);
}

static void tell_cgroup(const struct link *link, FILE *out)
{
	fprintf(out, "cgroup_id:\t%llu\nattach_type:\t%u\n", (unsigned long long)place(link),
		link->attach_type);
}

static void tell_netns(const struct link *link, FILE *out)
{
	fprintf(out, "netns_ino:\t%u\nattach_type:\t%u\n", (u32)place(link), link->attach_type);
}

static void tell_xdp(const struct link *link, FILE *out)
{
	fprintf(out, "ifindex:\t%u\n", (u32)place(link));
}

static void tell_tcx(const struct link *link, FILE *out)
{
	fprintf(out, "ifindex:\t%u\nattach_type:\t%u (%s)\n", (u32)place(link), link->attach_type,
		link->attach_type == BPF_TCX_INGRESS ? "ingress" : "egress");
}

static void tell_netfilter(const struct link *link, FILE *out)
{
	fprintf(out, "pf:\t%u\thooknum:\t%u\tprio:\t%d\n", link->netfilter.pf,
		link->netfilter.hooknum, link->netfilter.priority);
}

static const struct {
	const char *name;
	void (*tell)(const struct link *link, FILE *out);
} link_rows[] = {
	[BPF_LINK_TYPE_RAW_TRACEPOINT] = {"raw_tracepoint", tell_raw_tracepoint},
	[BPF_LINK_TYPE_CGROUP] = {"cgroup", tell_cgroup},
	[BPF_LINK_TYPE_NETNS] = {"netns", tell_netns},
	[BPF_LINK_TYPE_XDP] = {"xdp", tell_xdp},
	[BPF_LINK_TYPE_NETFILTER] = {"netfilter", tell_netfilter},
	[BPF_LINK_TYPE_TCX] = {"tcx", tell_tcx},
};

static void tell_link(const struct link *link, FILE *out)
{
	pthread_mutex_t *lock = &link->obj.skep->sys->lock;
	struct bpf_prog_info info = {0};

	fprintf(out, "link_type:\t%s\nlink_id:\t%u\n", link_rows[link->type].name, link->obj.id);
	pthread_mutex_lock(lock);
	prog_info(link->prog, &info);
	pthread_mutex_unlock(lock);
	tell_tag(&info, out);
	fprintf(out, "prog_id:\t%u\n", info.id);
	link_rows[link->type].tell(link, out);
}

int sys_fdinfo(struct obj *obj, char *to, size_t room)
{
	FILE *out = fmemopen(to, room, "w");

	if (!out)
		return -ENOMEM;
	if (obj->kind == OBJ_MAP)
		tell_map(map_of(obj), out);
	else if (obj->kind == OBJ_PROG)
		tell_prog(prog_of(obj), out);
	else if (obj->kind == OBJ_LINK)
		tell_link(link_of(obj), out);
	else if (obj->kind == OBJ_BTF)
		fprintf(out, "btf_id:\t%u\n", obj->id);
	return fclose(out) ? -ENOSPC : 0;
}
