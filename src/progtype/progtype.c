/* The table of program types, and what it says about attach types. */
#include <errno.h>

#include "progtype/internal.h"

/* clang-format off */
#define FREE 0, 0, 0
#define IN(min, max) 1, min, max
#define VARIANT(at, view, caller, r0, sleep)                                                       \
	{BPF_##at, view, CALLER_##caller, SLEEPABLE_##sleep, r0},
#define ANY(view, caller, r0, sleep) {ATTACH_ANY, view, CALLER_##caller, SLEEPABLE_##sleep, r0},
#define BEGIN(name) static const struct progtype_variant name##_variants[] = {
#define END };
#include "progtype/variant.def"
/* clang-format on */

#define PROGTYPE(type, introduced, layout, packet_flags, variant, capabilities, type_flags, run)   \
	[BPF_PROG_TYPE_##type] = {                                                                 \
		.name = "BPF_PROG_TYPE_" #type,                                                    \
		.id = BPF_PROG_TYPE_##type,                                                        \
		.since = introduced,                                                               \
		.ctx = &ctx_layouts[CTX_##layout],                                                 \
		.packet = packet_flags,                                                            \
		.variants = variant##_variants,                                                    \
		.nr_variants = ARRAY_SIZE(variant##_variants),                                     \
		.caps = capabilities,                                                              \
		.flags = type_flags,                                                               \
		.test_run = test_run_##run,                                                        \
	},
static const struct progtype types[__MAX_BPF_PROG_TYPE] = {
#include "progtype/progtype.def"
};

const struct progtype *progtype_by_id(u32 id)
{
	return id < ARRAY_SIZE(types) && types[id].name ? &types[id] : NULL;
}

const struct progtype_variant *progtype_variant(const struct progtype *type,
						u32 expected_attach_type)
{
	for (u32 i = 0; i < type->nr_variants; i++) {
		const struct progtype_variant *v = &type->variants[i];

		if (v->attach == ATTACH_ANY || (u32)v->attach == expected_attach_type)
			return v;
	}
	return NULL;
}

int progtype_check_attach(const struct progtype *type, u32 expected_attach_type)
{
	return progtype_variant(type, expected_attach_type) ? 0 : -EINVAL;
}
