/* The table of kfuncs: kfunc.def, expanded and searched. */
#include "helper/internal.h"

static const struct kfunc kfuncs[] = {
#define KFUNC(name, fn, proto, flags, since) {#name, fn, proto, flags, since},
#define KFUNC_LATER(name, proto, flags, since) KFUNC(name, NULL, proto, flags, since)
#include "helper/kfunc.def"
#undef KFUNC
#undef KFUNC_LATER
};

const struct kfunc *kfunc_by_index(u32 index)
{
	return index < ARRAY_SIZE(kfuncs) ? &kfuncs[index] : NULL;
}

/* sound because: the rows stand in the order of their names (a test looks) */
const struct kfunc *kfunc_by_name(const char *name)
{
	size_t low = 0, high = ARRAY_SIZE(kfuncs);

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = strcmp(name, kfuncs[middle].name);
		if (order == 0)
			return &kfuncs[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

/*
 * bpf_rcu_read_lock, bpf_preempt_disable and their ends: a run holds an epoch and its CPU slot from
 * entry to exit, which is what they ask for.
 */
HELPER_FN(kfunc_held_anyway)
{
	return 0;
}

/* Metadata that a driver would know; packets of ours come without one. */
HELPER_FN(kfunc_no_driver)
{
	return (u32)-EOPNOTSUPP;
}
