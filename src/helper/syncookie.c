/*
 * SYN cookies without a socket: bpf_tcp_raw_gen_syncookie_ipv4 and its three friends.  A cookie is
 * the sequence number of a SYN-ACK, from which the ACK that follows tells what the SYN had said:
 *
 *	cookie = A + sequence of the SYN + minute << 24 + (B(minute) + index of the MSS) % 2^24
 *
 * A and B are hashes of the addresses and ports; one that is older than two minutes is void.
 */
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <time.h>

#include "helper/internal.h"
#include "helper/siphash.h"

enum { MSS_SIZES = 4, MINUTES_VALID = 2, LOW_BITS = 24 };
#define LOW_MASK ((1u << LOW_BITS) - 1)
#define NS_PER_MINUTE 60000000000ull

/* What differs between the two versions of IP. */
struct family {
	u16 mss[MSS_SIZES]; /* that a cookie can tell, ascending */
	u16 mss_default;    /* of a SYN that does not say */
};
static const struct family family_ip4 = {{536, 1300, 1440, 1460}, 536};
static const struct family family_ip6 = {{1280 - 60, 1480 - 60, 1500 - 60, 9000 - 60}, 1280 - 60};

/* Both ends of a connection, as words to hash. */
struct ends {
	u64 word[6]; /* addresses, ports, and one for what else is hashed */
};

static struct ends ends_of(const void *addresses, u32 size, const struct tcphdr *th)
{
	struct ends ends = {{0}};

	memcpy(ends.word, addresses, size);
	ends.word[4] = (u64)th->source << 16 | th->dest;
	return ends;
}

static struct ends ends_ip4(const void *header, const struct tcphdr *th)
{
	return ends_of((const u8 *)header + offsetof(struct iphdr, saddr), 8, th);
}

static struct ends ends_ip6(const void *header, const struct tcphdr *th)
{
	return ends_of((const u8 *)header + offsetof(struct ip6_hdr, ip6_src), 32, th);
}

static u32 minute_now(const struct run *run)
{
	const struct os *os = run->skep->os;

	return (u32)(os->clock_ns(os, CLOCK_MONOTONIC) / NS_PER_MINUTE);
}

static u32 hash(const struct run *run, struct ends ends, u64 what)
{
	ends.word[5] = what;
	return (u32)siphash(run->skep->secret, ends.word, ARRAY_SIZE(ends.word));
}

/* A and B of the above: B differs from minute to minute. */
static u32 hash_a(const struct run *run, const struct ends *ends)
{
	return hash(run, *ends, 1ull << 32);
}

static u32 hash_b(const struct run *run, const struct ends *ends, u32 minute)
{
	return hash(run, *ends, 2ull << 32 | minute);
}

/* The MSS option's value; 0 when there is none, or options end before it. */
static u16 mss_option(const u8 *at, u32 len)
{
	u16 mss = 0;

	while (len) {
		u8 kind = at[0];
		u32 size = kind == TCPOPT_NOP ? 1 : len > 1 ? at[1] : 0;
		if (kind == TCPOPT_EOL || size > len || (size < 2 && kind != TCPOPT_NOP))
			break;
		if (kind == TCPOPT_MAXSEG && size == TCPOLEN_MAXSEG && (at[2] || at[3]))
			mss = (u16)(at[2] << 8 | at[3]);
		at += size;
		len -= size;
	}
	return mss;
}

/* A SYN's header: sound because `len` is what was checked, whatever doff may become. */
struct syn {
	const struct family *family;
	const struct tcphdr *th;
	u32 len; /* with its options */
};

/* The SYN's header has to be there as a whole. */
static int bad_header(const struct syn *syn)
{
	return syn->len < sizeof(*syn->th) || syn->len != syn->th->doff * 4u;
}

/* The cookie, and above it the MSS that it will tell. */
static u64 generate(const struct run *run, const struct syn *syn, const struct ends *ends)
{
	const struct family *family = syn->family;
	u16 mss = mss_option((const u8 *)(syn->th + 1), syn->len - (u32)sizeof(*syn->th));
	u32 index = MSS_SIZES - 1, minute = minute_now(run), cookie;

	if (!mss)
		mss = family->mss_default;
	while (index && mss < family->mss[index])
		index--;
	cookie = hash_a(run, ends) + ntohl(syn->th->seq) + (minute << LOW_BITS) +
		 ((hash_b(run, ends, minute) + index) & LOW_MASK);
	return (u64)family->mss[index] << 32 | cookie;
}

/* Does the ACK acknowledge a cookie of ours?  0 or -EACCES. */
static u64 check(const struct run *run, const struct ends *ends, const struct tcphdr *th)
{
	u32 rest = ntohl(th->ack_seq) - 1 - (ntohl(th->seq) - 1) - hash_a(run, ends);
	u32 minute = minute_now(run),
	    age = (minute - (rest >> LOW_BITS)) & (UINT32_MAX >> LOW_BITS);
	u32 index = (rest - hash_b(run, ends, minute - age)) & LOW_MASK;

	return age < MINUTES_VALID && index < MSS_SIZES ? 0 : (u64)-EACCES;
}

HELPER_FN(helper_tcp_raw_gen_syncookie_ipv4)
{
	const struct syn syn = {&family_ip4, u64_to_ptr(r2), (u32)r3};

	if (bad_header(&syn))
		return (u64)-EINVAL;
	struct ends ends = ends_ip4(u64_to_ptr(r1), syn.th);
	return generate(run, &syn, &ends);
}

HELPER_FN(helper_tcp_raw_gen_syncookie_ipv6)
{
	const struct syn syn = {&family_ip6, u64_to_ptr(r2), (u32)r3};

	if (bad_header(&syn))
		return (u64)-EINVAL;
	struct ends ends = ends_ip6(u64_to_ptr(r1), syn.th);
	return generate(run, &syn, &ends);
}

HELPER_FN(helper_tcp_raw_check_syncookie_ipv4)
{
	struct ends ends = ends_ip4(u64_to_ptr(r1), u64_to_ptr(r2));

	return check(run, &ends, u64_to_ptr(r2));
}

HELPER_FN(helper_tcp_raw_check_syncookie_ipv6)
{
	struct ends ends = ends_ip6(u64_to_ptr(r1), u64_to_ptr(r2));

	return check(run, &ends, u64_to_ptr(r2));
}
