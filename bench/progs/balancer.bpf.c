/* A load balancer: pick a server by the flow's hash, put an IPv4 header in front, mend checksums. */
#include "bench.h"

struct server {
	__u32 address;
	__u32 pad;
	__u64 packets;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, struct server);
} servers SEC(".maps");

struct ipv4 {
	__u8 version, tos;
	__u16 length, id, fragment;
	__u8 ttl, protocol;
	__u16 check;
	__u32 source, destination;
};

static __always_inline __u16 fold(__u64 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

PROGRAM(balancer)
{
	struct server *server;
	struct ipv4 *ip;
	__u32 hash, key, length;
	__u64 sum = 0;

	if (data + 38 > end)
		return 1;
	hash = *(__u32 *)(data + 26) ^ *(__u32 *)(data + 30) ^ *(__u32 *)(data + 34);
	hash *= 2654435761u;
	key = hash >> 26;
	server = bpf_map_lookup_elem(&servers, &key);
	if (!server)
		return 1;
	length = end - data - 14 + 20;
	if (bpf_xdp_adjust_head(ctx, -20))
		return 1;
	data = (void *)(long)ctx->data;
	end = (void *)(long)ctx->data_end;
	if (data + 54 > end)
		return 1;
	__builtin_memmove(data, data + 20, 14);
	ip = (struct ipv4 *)(data + 14);
	ip->version = 0x45;
	ip->tos = 0;
	ip->length = __builtin_bswap16(length);
	ip->id = 0;
	ip->fragment = 0;
	ip->ttl = 64;
	ip->protocol = 4;
	ip->check = 0;
	ip->source = 0x010200c0;
	ip->destination = server->address;
#pragma unroll
	for (int i = 0; i < 10; i++)
		sum += *(__u16 *)(data + 14 + i * 2);
	ip->check = fold(sum);
	server->packets++;
	/* Linux runs the same packet again and again, so it is put back as it was. */
	return bpf_xdp_adjust_head(ctx, 20) ? 1 : 3;
}

LICENSE;
