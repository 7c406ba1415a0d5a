/* BPF_F_SLEEPABLE: for the program types that may sleep, and those that always do. */
#include <errno.h>

#include "verifier/internal.h"

int pass_sleepable(struct env *env)
{
	const struct progtype_variant *v =
		progtype_variant(env->prog->type, env->prog->expected_attach_type);
	u32 wants = env->prog->prog_flags & BPF_F_SLEEPABLE;

	if (!v)
		return 0;
	if (v->sleepable == SLEEPABLE_MUST && !wants)
		return reject(env, -EINVAL, "Syscall programs can only be sleepable");
	if (v->sleepable == SLEEPABLE_NO && wants)
		return reject(env, -EINVAL,
			      "Only fentry/fexit/fmod_ret, lsm, iter, uprobe, and struct_ops "
			      "programs can be sleepable");
	return 0;
}
