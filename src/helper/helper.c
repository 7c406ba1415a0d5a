/* The table of helpers: helper.def and helper_variant.def, expanded and searched. */
#include "helper/helper.h"
#include "helper/internal.h"

#define HELPER_ARGS(...)                                                                           \
	{                                                                                          \
		__VA_ARGS__                                                                        \
	}

static const struct helper helpers[] = {
#define HELPER(n, name, fn, ret, args, flags, since)                                               \
	[n] = {#name, fn, n, ret, HELPER_ARGS args, flags, since},
#define HELPER_LATER(n, name, ret, args, flags, since)                                             \
	HELPER(n, name, NULL, ret, args, flags, since)
#include "helper/helper.def"
#undef HELPER
#undef HELPER_LATER
};

_Static_assert(ARRAY_SIZE(helpers) == BPF_FUNC_cgrp_storage_delete + 1, "one row a helper");

/* Sets of program types, as bits. */
#define TYPE(name) (1ull << BPF_PROG_TYPE_##name)
#define TYPES_SKB                                                                                  \
	(TYPE(SOCKET_FILTER) | TYPE(SCHED_CLS) | TYPE(SCHED_ACT) | TYPE(CGROUP_SKB) |              \
	 TYPE(LWT_IN) | TYPE(LWT_OUT) | TYPE(LWT_XMIT) | TYPE(LWT_SEG6LOCAL) | TYPE(SK_SKB))
#define TYPES_SOCK (TYPE(CGROUP_SOCK) | TYPE(CGROUP_SOCK_ADDR) | TYPE(SOCK_OPS))

static const struct variant {
	u64 types;
	struct helper row;
} variants[] = {
#define HELPER_VARIANT(types, n, name, fn, ret, args, flags, since)                                \
	{types, {#name, fn, n, ret, HELPER_ARGS args, flags, since}},
#define HELPER_VARIANT_LATER(types, n, name, ret, args, flags, since)                              \
	HELPER_VARIANT(types, n, name, NULL, ret, args, flags, since)
#include "helper/helper_variant.def"
#undef HELPER_VARIANT
#undef HELPER_VARIANT_LATER
};

static const char *const btf_names[] = {
#define X(name) [HELPER_BTF_##name] = #name,
	HELPER_BTF_TYPES(X)
#undef X
};

const struct helper *helper_by_id(u32 id)
{
	return id < ARRAY_SIZE(helpers) && helpers[id].name ? &helpers[id] : NULL;
}

const struct helper *helper_for(u32 id, u32 prog_type)
{
	for (size_t i = 0; i < ARRAY_SIZE(variants) && prog_type < 64; i++)
		if (variants[i].row.id == id && variants[i].types >> prog_type & 1)
			return &variants[i].row;
	return helper_by_id(id);
}

const char *helper_btf_name(enum helper_btf type)
{
	return type < ARRAY_SIZE(btf_names) ? btf_names[type] : NULL;
}
