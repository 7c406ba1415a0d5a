/* Which helper may be called by which program type: allow.def as a table of masks. */
#include "progtype/internal.h"

_Static_assert(CALLERS <= 64, "callers are bits of a u64");

/* The callers as bits, and the groups that allow.def names. */
enum {
#define CALLER(name) name = 1ull << CALLER_##name,
#include "progtype/caller.def"
	EVERYONE = (1ull << CALLERS) - 1 - (1ull << CALLER_NOBODY),
	ADDRS = ADDR | ADDR_CONNECT | ADDR_NAME,
	LWT = LWT_IN | LWT_OUT | LWT_XMIT | LWT_SEG6,
	SOCKOPT = GETSOCKOPT | SETSOCKOPT,
	TRAMPOLINE = FENTRY | FEXIT | LSM | LSM_CGROUP,
	TRACING = TRAMPOLINE | RAW_TP | ITER,
	KERNEL = TRACING | SYSCALL,
	PROBES = KERNEL | PROBE | PERF_EVENT,
	LOOKUP = TC | XDP | CGROUP_SKB | SK_SKB | ADDRS,
	SOCKET_CASTS = KERNEL | LOOKUP | LWT | SOCKET_FILTER | SOCK_OPS | SK_MSG | FLOW | SK_LOOKUP,
};

#define ALLOW(helper, callers) [BPF_FUNC_##helper] = callers,
static const u64 allowed[__BPF_FUNC_MAX_ID] = {
#include "progtype/allow.def"
};

int progtype_allows_helper(const struct progtype *type, u32 expected_attach_type, u32 id)
{
	const struct progtype_variant *v = progtype_variant(type, expected_attach_type);

	return v && id < ARRAY_SIZE(allowed) && (allowed[id] & 1ull << v->caller);
}
